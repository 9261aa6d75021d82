"""Use case: how the service stands now, for whoever watches it; read at each scrape of `/metrics`.

Postgres knows the work and the money, Redis the breakers, endpoints, machines and living processes. What cannot be read
at the moment is left out and said so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.errors import DependencyError
from app.observability.machine_board import MachineBoard, Machines
from app.observability.shared_counts import ProcessState, SharedCounts
from app.pipeline.client_control import ClientControl, EndpointView
from app.routing.clients import Client
from app.storage import service_state as storage
from app.storage import webhook_deliveries
from app.storage.budgets import Period
from app.storage.engine import Database
from app.storage.service_state import MachineBill, QueueState
from app.storage.webhook_deliveries import Backlog

_PERIODS: tuple[Period, ...] = ("day", "month")


@dataclass(frozen=True, slots=True)
class WorkState:
    """From Postgres. `budget_spent_usd` is that of the tenant who spent most, for the periods that have a limit."""

    queues: Sequence[QueueState]
    resumes: Mapping[str, int]
    degraded: int
    budget_spent_usd: Mapping[Period, Decimal]
    machine_bills: Sequence[MachineBill]
    webhook_backlog: Sequence[Backlog] = ()


@dataclass(frozen=True, slots=True)
class ClientState:
    client: Client
    endpoints: Sequence[EndpointView]


@dataclass(frozen=True, slots=True)
class LiveState:
    """From Redis."""

    clients: Sequence[ClientState] = ()
    machines: Machines = field(default_factory=Machines)
    processes: Sequence[ProcessState] = ()


def read_work_state(database: Database, limits: Mapping[Period, Decimal]) -> WorkState | None:
    """None while Postgres does not answer, or takes longer than monitoring may."""
    try:
        with database.reading() as tx:
            storage.limit_time(tx)
            resumes, degraded = storage.count_results(tx)
            return WorkState(
                queues=storage.list_queues(tx),
                resumes=resumes,
                degraded=degraded,
                budget_spent_usd={period: storage.highest_spending(tx, period) for period in limits},
                machine_bills=[bill for period in _PERIODS for bill in storage.list_machine_bills(tx, period)],
                webhook_backlog=webhook_deliveries.count_backlog(tx),
            )
    except DependencyError:
        return None


def read_live_state(control: ClientControl, board: MachineBoard, counts: SharedCounts) -> LiveState:
    return LiveState(
        clients=[ClientState(client, control.endpoints(name)) for name, client in control.clients.items()],
        machines=board.read(),
        processes=counts.processes(),
    )
