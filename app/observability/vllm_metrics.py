"""Reads a model server's own metrics under one set of names, for any version of vLLM.

Called by `app.observability.health`. Values are summed over the engines and models of one server.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_SAMPLE = re.compile(r"^(vllm:\w+)(?:\{([^}]*)\})?\s+([-+.\deE]+|NaN)\s*\d*$")
_STARTED = re.compile(r"^process_start_time_seconds\s+([\d.eE+]+)$", re.MULTILINE)
_REASON = re.compile(r'finished_reason="(\w+)"')

# Our name, then vLLM's names, the current one first.
_GAUGES = {
    "requests_running": ("num_requests_running",),
    "requests_waiting": ("num_requests_waiting",),
}
_KV_CACHE = ("kv_cache_usage_perc", "gpu_cache_usage_perc")
_COUNTERS = {
    "prefix_cache_queries": ("prefix_cache_queries_total", "gpu_prefix_cache_queries_total"),
    "prefix_cache_hits": ("prefix_cache_hits_total", "gpu_prefix_cache_hits_total"),
    "preemptions": ("num_preemptions_total",),
    "prompt_tokens": ("prompt_tokens_total",),
    "generation_tokens": ("generation_tokens_total",),
}
_DURATIONS = {
    "first_token": ("time_to_first_token_seconds",),
    "inter_token": ("inter_token_latency_seconds", "time_per_output_token_seconds"),
    "queue": ("request_queue_time_seconds",),
    "request": ("e2e_request_latency_seconds",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMetrics:
    """Gauges and counters by our names; `durations` are (count, sum in seconds); `finished` is by finish reason."""

    gauges: dict[str, float] = field(default_factory=dict[str, float])
    counters: dict[str, float] = field(default_factory=dict[str, float])
    durations: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    finished: dict[str, float] = field(default_factory=dict[str, float])
    kv_cache_ratio: float | None = None  # of the fullest engine
    started_at: float | None = None  # Unix time; changes with a restart


def read_server_metrics(text: str) -> ServerMetrics:
    """Empty for a server that is not vLLM. Unparsable lines are skipped."""
    sums: dict[str, float] = {}
    highest: dict[str, float] = {}
    finished: dict[str, float] = {}
    for name, labels, value in _samples(text):
        sums[name] = sums.get(name, 0.0) + value
        highest[name] = max(highest.get(name, value), value)
        if name == "request_success_total" and (reason := _REASON.search(labels)):
            finished[reason[1]] = finished.get(reason[1], 0.0) + value
    started = _STARTED.search(text)
    durations: dict[str, tuple[float, float]] = {}
    for ours, theirs in _DURATIONS.items():
        count = _first(sums, tuple(f"{name}_count" for name in theirs))
        total = _first(sums, tuple(f"{name}_sum" for name in theirs))
        if count is not None and total is not None:
            durations[ours] = (count, total)
    return ServerMetrics(
        gauges=_known(sums, _GAUGES),
        counters=_known(sums, _COUNTERS),
        durations=durations,
        finished=finished,
        kv_cache_ratio=_first(highest, _KV_CACHE),
        started_at=float(started[1]) if started else None,
    )


def _samples(text: str) -> Iterator[tuple[str, str, float]]:
    for line in text.splitlines():
        found = _SAMPLE.match(line)
        if found is None:
            continue
        try:
            value = float(found[3])
        except ValueError:
            continue
        if value == value:  # NaN says nothing  # noqa: PLR0124
            yield found[1].removeprefix("vllm:"), found[2] or "", value


def _known(sums: Mapping[str, float], names: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    found = {ours: _first(sums, theirs) for ours, theirs in names.items()}
    return {ours: value for ours, value in found.items() if value is not None}


def _first(values: Mapping[str, float], names: tuple[str, ...]) -> float | None:
    return next((values[name] for name in names if name in values), None)
