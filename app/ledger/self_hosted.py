"""Divides the bill of a GPU server among the attempts of one hour. Pure; called when an hour is closed.

work_i = uncached input tokens / P + output tokens / D seconds, with P and D the server's saturated rates.
Two views of the same hour are computed:
- allocated_i = C x work_i / sum(work): adds up to the hour's cost C exactly, idle time included
- usage_i = C x work_i / 3600: what the work itself took; C - sum(usage) is idle
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.ledger.amounts import quotient, split_exactly

_HOUR_SECONDS = Decimal(3600)
_WORK_STEP = Decimal("1E-9")


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens per second of the saturated server, over all its requests together, and the source of the figures."""

    prefill_tokens_per_second: Decimal
    decode_tokens_per_second: Decimal
    source: str

    def __post_init__(self) -> None:
        if self.prefill_tokens_per_second <= 0 or self.decode_tokens_per_second <= 0:
            raise ValueError("rates must be above 0 tokens per second")


# 20 requests per second of 700 + 100 tokens, the lower end of what is expected of a 7B model on 24 GB at 2048 tokens,
# with half the time for prefill and half for decode. Only the ratio matters for the allocation.
EXPECTED_RATES = Rates(Decimal(28_000), Decimal(4_000), "expected of a 7B model on 24 GB, not measured")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The work of one attempt. `wasted` when it produced no usable answer."""

    attempt_id: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    wasted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    attempt_id: str
    work_seconds: Decimal
    allocated_usd: Decimal
    usage_usd: Decimal
    wasted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HourAllocation:
    """`sum(allocated) + unused` is the cost, and so is `sum(usage) + idle`; both exactly."""

    cost_usd: Decimal
    shares: tuple[Share, ...]
    unused_usd: Decimal  # the whole cost of an hour without any work, otherwise 0
    idle_usd: Decimal
    waste_usd: Decimal  # the allocated part of attempts without a usable answer


def work_seconds(input_tokens: int, cached_tokens: int, output_tokens: int, rates: Rates) -> Decimal:
    """The server's time for these tokens; linear, so that sums of tokens give sums of seconds."""
    return (
        quotient(Decimal(input_tokens - cached_tokens), rates.prefill_tokens_per_second)
        + quotient(Decimal(output_tokens), rates.decode_tokens_per_second)
    ).quantize(_WORK_STEP)


def allocate_hour(cost_usd: Decimal, works: Sequence[Work], rates: Rates) -> HourAllocation:
    """Divides the hour's cost among its attempts. The result does not depend on the order of `works`."""
    # Ties between equal works are broken by the attempt's id: the same attempt gets the same share in any order.
    ordered = sorted(works, key=lambda work: work.attempt_id)
    seconds = [work_seconds(w.input_tokens, w.cached_tokens, w.output_tokens, rates) for w in ordered]
    busy = sum(seconds, Decimal(0))
    if busy == 0:
        none = tuple(
            Share(
                attempt_id=work.attempt_id,
                work_seconds=Decimal(0),
                allocated_usd=Decimal(0),
                usage_usd=Decimal(0),
                wasted=work.wasted,
            )
            for work in ordered
        )
        return HourAllocation(
            cost_usd=cost_usd, shares=none, unused_usd=cost_usd, idle_usd=cost_usd, waste_usd=Decimal(0)
        )
    allocated = split_exactly(cost_usd, seconds)
    # With rates that were estimated too low, the work may seem to take longer than the hour: then nothing was idle.
    idle_seconds = max(Decimal(0), _HOUR_SECONDS - busy)
    *usage, idle = split_exactly(cost_usd, [*seconds, idle_seconds])
    shares = tuple(
        Share(attempt_id=work.attempt_id, work_seconds=second, allocated_usd=whole, usage_usd=used, wasted=work.wasted)
        for work, second, whole, used in zip(ordered, seconds, allocated, usage, strict=True)
    )
    waste = sum((share.allocated_usd for share in shares if share.wasted), Decimal(0))
    return HourAllocation(cost_usd=cost_usd, shares=shares, unused_usd=Decimal(0), idle_usd=idle, waste_usd=waste)


def provisional_usd(cost_usd: Decimal, own_seconds: Decimal, all_seconds: Decimal) -> Decimal | None:
    """An attempt's share of an hour that is not over, if nothing else arrived; None without any work."""
    if all_seconds <= 0:
        return None
    return quotient(cost_usd * min(own_seconds, all_seconds), all_seconds).quantize(Decimal("1E-8"))
