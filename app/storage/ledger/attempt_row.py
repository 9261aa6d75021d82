"""The ledger row, one per attempt to call a model, that `attempts` writes and reads.

Separate from the queries because `cost_rollup` needs it too.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

# The outcomes of attempts whose answer is used; `app.routing.attempt` has the same set (a test compares them).
ANSWERED = ("ok", "partial")


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One ledger row. Exact amounts in USD; prices in USD per 10^6 tokens; `cost_usd` None means unpriced."""

    number: int
    function: str
    client: str
    model: str | None
    location: str
    billing: str
    prompt_version: str | None
    outcome: str
    http_status: int | None
    error: str | None
    started_at: datetime
    latency_ms: int | None  # None if unknown: batch requests, or the worker died
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    tokens_estimated: bool
    input_usd_per_million: Decimal | None
    cached_input_usd_per_million: Decimal | None
    output_usd_per_million: Decimal | None
    price_source: str | None
    cost_usd: Decimal | None
    cost_basis: str
    service_tier: str = "standard"
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_usd_per_million: Decimal | None = None
