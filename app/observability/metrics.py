"""All counters and histograms of the service, and the tally each process keeps until it is flushed to Redis.

Names, help texts and labels are defined only here. Labels are functions, clients, stages and outcomes, never an id or a
tenant. Counting takes about two microseconds and never fails. `app.observability.shared_counts` adds up the tallies of
all processes; `/metrics` shows the sums.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

# Seconds. API requests: an upload takes about 10 ms; the tail covers an unavailable database (15 s).
_HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Stages and model calls: from reading a stored row (5 ms) through a model response (1-5 s) to a stuck queue (an hour).
_STAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 30, 60, 120, 300, 900, 3600)
_CALL_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 30, 60, 120)
_FIRST_TOKEN_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 3, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class Counter:
    """Only ever increases. The name ends in `_total`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    """Seconds, sorted into `buckets` (upper limits, ascending)."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]


HTTP_REQUESTS = Counter("vitae_http_requests_total", "API requests handled.", ("method", "route", "status"))
HTTP_SECONDS = Histogram(
    "vitae_http_request_seconds",
    "Time from the request headers to the response headers, including the upload; event streams are excluded.",
    ("method", "route"),
    _HTTP_BUCKETS,
)
FILES = Counter("vitae_files_total", "Files received, by outcome: accepted, or the problem code.", ("outcome",))
STAGE_SECONDS = Histogram(
    "vitae_stage_seconds",
    "Time in each stage of an analysis: intake, wait_extraction, extraction, wait_analysis, analysis, store; "
    "`total` is from creation to result.",
    ("stage",),
    _STAGE_BUCKETS,
)
STAGES = ("intake", "wait_extraction", "extraction", "wait_analysis", "analysis", "store", "total")
ANALYSES = Counter(
    "vitae_analyses_total",
    "Finished analyses, by client. Tier: first (in the order), fallback (a later client), reused (same document), "
    "older_answer (cached, no model responded), stand_in (built-in parser, no model responded), "
    "builtin (built-in parser, as configured or because no model is connected).",
    ("client", "location", "tier"),
)
ANALYSES_FAILED = Counter("vitae_analyses_failed_total", "Analyses that failed, by problem code.", ("stage", "problem"))
MODEL_REQUESTS = Counter(
    "vitae_model_requests_total",
    "Model requests by the client that responded and its tier; client `none` and tier `unanswered` if none did.",
    ("function", "client", "location", "tier"),
)
MODEL_ATTEMPTS = Counter(
    "vitae_model_attempts_total",
    "Calls to model clients; each is one row in the ledger.",
    ("function", "client", "outcome"),
)
MODEL_CALL_SECONDS = Histogram(
    "vitae_model_call_seconds", "Duration of one call to a model client.", ("client", "result"), _CALL_BUCKETS
)
CALL_RESULTS = ("ok", "failed")
FIRST_TOKEN_SECONDS = Histogram(
    "vitae_first_token_seconds", "Time to the first token of a streamed response.", ("client",), _FIRST_TOKEN_BUCKETS
)
MODEL_TOKENS = Counter(
    "vitae_model_tokens_total", "Tokens as billed; input includes cached tokens.", ("client", "kind")
)
TOKEN_KINDS = ("input", "cached", "output")
COST_USD = Counter(
    "vitae_cost_usd_total",
    "Cost of calls when they were made, by cost basis. Self-hosted servers are billed by the hour: "
    "see `vitae_machine_usd`.",
    ("client", "basis"),
)
WASTED_USD = Counter("vitae_wasted_usd_total", "Cost of calls without a usable response.", ("client",))
PRICED_ATTEMPTS = Counter(
    "vitae_priced_attempts_total",
    "Ledger rows by cost basis, including unpriced ones.",
    ("client", "basis"),
)
BREAKER_TRANSITIONS = Counter(
    "vitae_breaker_transitions_total", "Number of times a client's circuit breaker opened or closed.", ("client", "to")
)
LEASES_LOST = Counter(
    "vitae_leases_lost_total", "Analyses taken over from a worker that stopped responding.", ("stage",)
)
RESULTS_DISCARDED = Counter(
    "vitae_results_discarded_total",
    "Results discarded because the lease was lost or the resume was erased.",
    ("stage",),
)
REQUEUED = Counter(
    "vitae_requeued_total",
    "Analyses queued again, because of a lost message or a degraded result.",
    ("reason",),
)
REQUEUE_REASONS = ("lost_message", "degraded")
PARTIAL_PROFILES = Counter(
    "vitae_partial_profiles_total",
    "Partial profiles shown while the model was still generating: shown, failed (the analysis continued).",
    ("outcome",),
)
PARTIAL_PROFILE_OUTCOMES = ("shown", "failed")
WEBHOOK_CALLS = Counter(
    "vitae_webhook_calls_total",
    "Webhook deliveries: delivered, failed (will be retried), given_up.",
    ("outcome",),
)
WEBHOOK_OUTCOMES = ("delivered", "failed", "given_up")
PROCESS_CPU_SECONDS = Counter("vitae_process_cpu_seconds_total", "CPU time by kind of process.", ("process",))

ALL: tuple[Counter | Histogram, ...] = (
    HTTP_REQUESTS,
    HTTP_SECONDS,
    FILES,
    STAGE_SECONDS,
    ANALYSES,
    ANALYSES_FAILED,
    MODEL_REQUESTS,
    MODEL_ATTEMPTS,
    MODEL_CALL_SECONDS,
    FIRST_TOKEN_SECONDS,
    MODEL_TOKENS,
    COST_USD,
    WASTED_USD,
    PRICED_ATTEMPTS,
    BREAKER_TRANSITIONS,
    LEASES_LOST,
    RESULTS_DISCARDED,
    REQUEUED,
    PARTIAL_PROFILES,
    WEBHOOK_CALLS,
    PROCESS_CPU_SECONDS,
)

# (name, label values, part): a counter's part is ""; a histogram's is the index of its bucket, or "sum".
Cell = tuple[str, tuple[str, ...], str]


class Tally:
    """The counts of one process since the last `take`. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cells: dict[Cell, float] = {}

    def count(self, counter: Counter, *labels: str, by: float = 1) -> None:
        cell = (counter.name, labels, "")
        with self._lock:
            self._cells[cell] = self._cells.get(cell, 0) + by

    def observe(self, histogram: Histogram, *labels: str, seconds: float) -> None:
        bucket = (histogram.name, labels, str(bisect_left(histogram.buckets, seconds)))
        total = (histogram.name, labels, "sum")
        with self._lock:
            self._cells[bucket] = self._cells.get(bucket, 0) + 1
            self._cells[total] = self._cells.get(total, 0) + max(seconds, 0.0)

    @contextmanager
    def timing(self, histogram: Histogram, *labels: str) -> Generator[None]:
        """Observe the duration of the block, even if it raises an exception."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(histogram, *labels, seconds=time.perf_counter() - began)

    def take(self) -> dict[Cell, float]:
        """Return the counts and reset them."""
        with self._lock:
            cells, self._cells = self._cells, {}
        return cells
