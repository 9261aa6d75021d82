"""Use case: report the state of the service for monitoring; runs at each scrape of `/metrics`.

Postgres holds the work and the money, Redis the breakers, endpoints, machines and living processes. What cannot be read
at the moment is left out, and the report says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from app.errors import DependencyError
from app.observability.machine_board import MachineBoard, Machines
from app.observability.shared_counts import ProcessState, SharedCounts
from app.pipeline.operations.client_control import ClientControl, EndpointView
from app.routing.clients import Client
from app.storage import endpoint_states, webhook_deliveries
from app.storage import service_state as storage
from app.storage.engine import Database, Transaction
from app.storage.ledger.budgets import Period
from app.storage.service_state import MachineBill, QueueState
from app.storage.webhook_deliveries import Backlog

T = TypeVar("T")
_PERIODS: tuple[Period, ...] = ("day", "month")


@dataclass(frozen=True, slots=True)
class WorkState:
    """Read from Postgres. `budget_spent_usd` is the tenant with the highest spending, for the periods that have a
    limit.

        `results` (resumes by status, and how many hold a fallback result) and `webhook_backlog` are None when counting
        them took too long.
    """

    queues: Sequence[QueueState]
    results: tuple[Mapping[str, int], int] | None
    budget_spent_usd: Mapping[Period, Decimal]
    machine_bills: Sequence[MachineBill]
    webhook_backlog: Sequence[Backlog] | None = ()
    endpoints_seen_up: Sequence[str] = ()  # at least once


@dataclass(frozen=True, slots=True)
class ClientState:
    client: Client
    endpoints: Sequence[EndpointView]


@dataclass(frozen=True, slots=True)
class LiveState:
    """Read from Redis."""

    clients: Sequence[ClientState] = ()
    machines: Machines = field(default_factory=Machines)
    processes: Sequence[ProcessState] = ()


def read_work_state(database: Database, limits: Mapping[Period, Decimal]) -> WorkState | None:
    """None while Postgres does not respond, or takes longer than monitoring allows for a query that should be fast.

    Counts that grow with the number of rows run apart: when they take too long, Postgres still counts as up.
    """

    def read_bounded(tx: Transaction) -> WorkState:
        return WorkState(
            queues=storage.list_queues(tx),
            results=None,
            budget_spent_usd={period: storage.highest_spending(tx, period) for period in limits},
            machine_bills=[bill for period in _PERIODS for bill in storage.list_machine_bills(tx, period)],
            endpoints_seen_up=endpoint_states.list_seen_up(tx),
        )

    state = _in_time(database, read_bounded)
    if state is None:
        return None
    return replace(
        state,
        results=_in_time(database, storage.count_results),
        webhook_backlog=_in_time(database, webhook_deliveries.count_backlog),
    )


def _in_time(database: Database, read: Callable[[Transaction], T]) -> T | None:
    try:
        with database.reading() as tx:
            storage.limit_time(tx)
            return read(tx)
    except DependencyError:
        return None


def read_live_state(control: ClientControl, board: MachineBoard, counts: SharedCounts) -> LiveState:
    return LiveState(
        clients=[ClientState(client, control.endpoints(name)) for name, client in control.clients.items()],
        machines=board.read(),
        processes=counts.processes(),
    )
