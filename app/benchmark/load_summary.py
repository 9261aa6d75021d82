"""Summarizes the samples of a stage: percentiles, rates, goodput, errors by kind, achieved concurrency. Pure.

The definitions match `vllm bench serve`, so results can be compared: first token and latency count from the moment the
request was sent (in an open loop: was due), rates cover the time from the first request to the end of the last, and
percentiles are interpolated linearly.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from app.benchmark.drive import Measured


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for a response to count towards goodput, in seconds; None means no limit."""

    latency_seconds: float | None = None
    first_token_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Statistics in seconds. `of` returns None if there are no values."""

    mean: float
    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread | None":
        if not values:
            return None
        ordered = sorted(values)
        return cls(
            mean=math.fsum(ordered) / len(ordered),
            p50=percentile(ordered, 50),
            p95=percentile(ordered, 95),
            p99=percentile(ordered, 99),
            most=ordered[-1],
        )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Percentile of values in ascending order, interpolated linearly between the two nearest (as in numpy)."""
    if not ordered:
        raise ValueError("no values")
    at = (len(ordered) - 1) * percent / 100
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


@dataclass(slots=True, kw_only=True)
class StageSummary:
    """One row of the results table. Rates are per second; only `ok` requests count in rates, tokens and times."""

    name: str
    concurrency: int | None
    rate: float | None
    arrivals: str | None
    requests: int
    ok: int
    errors: dict[str, int]
    seconds: float
    requests_per_second: float
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    output_tokens_per_second: float
    tokens_estimated: bool
    first_token: Spread | None
    latency: Spread | None
    goodput_per_second: float | None
    good_share: float | None
    concurrency_achieved: float
    most_in_flight: int
    late_start_p99_seconds: float  # how late requests were sent
    generator_cpu_share: float  # share of one core
    answered_by: dict[str, int]
    interrupted: bool
    cost_usd: Decimal | None = None
    cost_basis: str | None = None
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(measured: Measured, limits: Limits) -> StageSummary:
    stage = measured.stage
    good = [sample for sample in measured.samples if sample.ok]
    seconds = max(measured.seconds, 1e-9)
    within = [
        sample
        for sample in good
        if (limits.latency_seconds is None or sample.latency_seconds <= limits.latency_seconds)
        and (
            limits.first_token_seconds is None
            or (sample.first_token_seconds is not None and sample.first_token_seconds <= limits.first_token_seconds)
        )
    ]
    limited = limits != Limits()
    late = sorted(max(0.0, sample.started_at - sample.scheduled_at) for sample in measured.samples)
    first = [sample.first_token_seconds for sample in good if sample.first_token_seconds is not None]
    return StageSummary(
        name=stage.name,
        concurrency=stage.concurrency,
        rate=stage.rate,
        arrivals=stage.arrivals if stage.rate is not None else None,
        requests=len(measured.samples),
        ok=len(good),
        errors=dict(Counter(sample.outcome for sample in measured.samples if not sample.ok).most_common()),
        seconds=measured.seconds,
        requests_per_second=len(good) / seconds,
        input_tokens=sum(sample.input_tokens for sample in good),
        cached_tokens=sum(sample.cached_tokens for sample in good),
        output_tokens=sum(sample.output_tokens for sample in good),
        output_tokens_per_second=sum(sample.output_tokens for sample in good) / seconds,
        tokens_estimated=any(sample.tokens_estimated for sample in good),
        first_token=Spread.of(first),
        latency=Spread.of([sample.latency_seconds for sample in good]),
        goodput_per_second=len(within) / seconds if limited else None,
        good_share=len(within) / len(measured.samples) if limited and measured.samples else None,
        # Little's law, over all requests regardless of outcome.
        concurrency_achieved=math.fsum(s.ended_at - s.started_at for s in measured.samples) / seconds,
        most_in_flight=measured.most_in_flight,
        late_start_p99_seconds=percentile(late, 99) if late else 0.0,
        generator_cpu_share=measured.cpu_seconds / seconds,
        answered_by=dict(Counter(s.answered_by for s in good if s.answered_by).most_common()),
        interrupted=measured.interrupted,
    )
