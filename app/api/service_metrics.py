"""The content of `/metrics`: the counts of all processes and the state of the service, from any API process.

`app.api.health_routes` serves it. A scrape costs one Redis hash and a few bounded queries. However often it is
requested, it is computed again only after twenty times the time it took, so that monitoring never loads the service.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.api.state_families import live_families, work_families
from app.errors import ConfigurationError, DocumentError, VitaeError
from app.ledger.entries import CostBasis
from app.observability import metrics
from app.observability.exposition import Foreseen, count_families
from app.observability.machine_board import MachineBoard
from app.observability.shared_counts import SharedCounts
from app.pipeline.mechanisms.metric_counts import NOBODY
from app.pipeline.operations.client_control import ClientControl
from app.pipeline.operations.report_service_state import read_live_state, read_work_state
from app.routing.attempt import Outcome
from app.routing.clients import Client
from app.settings import BUILTIN
from app.storage.engine import Database
from app.storage.ledger.budgets import Period

_REST_FACTOR = 20


class Scrape:
    """`control` is called at each scrape: a wrong client name loses the client metrics, not the others."""

    def __init__(
        self,
        database: Database,
        counts: SharedCounts,
        board: MachineBoard,
        control: Callable[[], ClientControl],
        functions: list[str],
        limits: dict[Period, Decimal],
    ) -> None:
        self._database = database
        self._counts = counts
        self._board = board
        self._control = control
        self._functions = functions
        self._limits = limits
        self._lock = threading.Lock()
        self._text = b""
        self._fresh_until = 0.0

    def text(self) -> bytes:
        with self._lock:
            began = time.monotonic()
            if began >= self._fresh_until:
                registry = CollectorRegistry()
                registry.register(_Families(list(self._families())))
                self._text = generate_latest(registry)
                ended = time.monotonic()
                self._fresh_until = ended + _REST_FACTOR * (ended - began)
            return self._text

    def _families(self) -> Iterator[Metric]:
        try:
            control = self._control()
        except ConfigurationError:
            control = None
        work = read_work_state(self._database, self._limits)
        yield GaugeMetricFamily(
            "vitae_database_up", "1 when Postgres responded to this scrape.", value=int(work is not None)
        )
        if work is not None:
            yield from work_families(work, self._limits, list(control.clients.values()) if control else [])
        self._counts.flush()
        sums = self._counts.sums()
        yield GaugeMetricFamily("vitae_redis_up", "1 when Redis responded to this scrape.", value=int(sums is not None))
        if sums is not None:
            clients = list(control.clients.values()) if control else []
            yield from count_families(sums, foreseen(self._functions, clients))
            if control is not None:
                yield from live_families(read_live_state(control, self._board, self._counts))


class _Families(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def foreseen(functions: list[str], clients: list[Client]) -> Foreseen:
    """The label sets that are present from the start."""
    names = [client.name for client in clients]
    bases = get_args(CostBasis)
    answers = [(client.name, client.location, tier) for client in clients for tier in ("first", "fallback", "reused")]
    answers += [(client.name, client.location, "older_answer") for client in clients]
    return {
        metrics.FILES: [(outcome,) for outcome in ("accepted", *_codes(DocumentError))],
        metrics.STAGE_SECONDS: [(stage,) for stage in metrics.STAGES],
        metrics.ANALYSES: [*answers, *((BUILTIN, NOBODY, tier) for tier in ("stand_in", "builtin", "reused"))],
        metrics.ANALYSES_FAILED: [
            (stage, code)
            for stage in ("extraction", "analysis")
            for code in (*_codes(DocumentError), "analysis_exhausted")
        ],
        metrics.MODEL_REQUESTS: [
            *((f, c.name, c.location, tier) for f in functions for c in clients for tier in ("first", "fallback")),
            *((function, NOBODY, NOBODY, "unanswered") for function in functions),
        ],
        metrics.MODEL_ATTEMPTS: [
            (f, name, outcome) for f in functions for name in names for outcome in get_args(Outcome)
        ],
        metrics.MODEL_CALL_SECONDS: [(name, result) for name in names for result in metrics.CALL_RESULTS],
        metrics.FIRST_TOKEN_SECONDS: [(name,) for name in names],
        metrics.MODEL_TOKENS: [(name, kind) for name in names for kind in metrics.TOKEN_KINDS],
        metrics.COST_USD: [(name, basis) for name in names for basis in bases],
        metrics.WASTED_USD: [(name,) for name in names],
        metrics.PRICED_ATTEMPTS: [(name, basis) for name in names for basis in bases],
        metrics.BREAKER_TRANSITIONS: [(name, to) for name in names for to in ("open", "closed")],
        metrics.LEASES_LOST: [("extraction",), ("analysis",)],
        metrics.RESULTS_DISCARDED: [("extraction",), ("analysis",)],
        metrics.REQUEUED: [(reason,) for reason in metrics.REQUEUE_REASONS],
        metrics.PARTIAL_PROFILES: [(outcome,) for outcome in metrics.PARTIAL_PROFILE_OUTCOMES],
        metrics.WEBHOOK_CALLS: [(outcome,) for outcome in metrics.WEBHOOK_OUTCOMES],
        metrics.PROCESS_CPU_SECONDS: [(kind,) for kind in ("api", "extraction", "analysis", "scheduler")],
    }


def _codes(kind: type[VitaeError]) -> list[str]:
    """The problem itself and all its subclasses."""
    return sorted({kind.code}.union(*(_codes(one) for one in kind.__subclasses__())))
