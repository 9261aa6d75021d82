"""What one request uses: input, cached and output tokens. Called by everything that plans with a cost per request."""

from dataclasses import dataclass
from decimal import Decimal

from app.ledger.amounts import quotient
from app.ledger.prices import UnitPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenProfile:
    """Average tokens of one request; `cached_tokens` is part of `input_tokens`. `source` says where they come from."""

    input_tokens: Decimal
    output_tokens: Decimal
    cached_tokens: Decimal = Decimal(0)
    source: str = "assumed"

    def __post_init__(self) -> None:
        if not 0 <= self.cached_tokens <= self.input_tokens or self.output_tokens < 0:
            raise ValueError("impossible token counts: cached <= input, none negative")

    def scaled(self, factor: Decimal) -> "TokenProfile":
        return TokenProfile(
            input_tokens=self.input_tokens * factor,
            output_tokens=self.output_tokens * factor,
            cached_tokens=self.cached_tokens * factor,
            source=f"{self.source} x {factor}",
        )


# A short resume and a compact answer: 700 tokens in, 100 out. Used only until there are measurements.
ASSUMED_PROFILE = TokenProfile(
    input_tokens=Decimal(700), output_tokens=Decimal(100), source="assumed: 700 in, 100 out; nothing measured yet"
)


def request_cost_usd(prices: UnitPrices, profile: TokenProfile) -> Decimal:
    """Cost of one average request: (input - cached) x input price + cached x cached price + output x output price."""
    total = (
        (profile.input_tokens - profile.cached_tokens) * prices.input_usd_per_million
        + profile.cached_tokens * prices.cached_input_usd_per_million
        + profile.output_tokens * prices.output_usd_per_million
    )
    return total.scaleb(-6)


def measured_profile(requests: int, input_tokens: int, cached_tokens: int, output_tokens: int) -> TokenProfile | None:
    """Averages over measured requests; None when there were none with tokens."""
    if requests == 0 or input_tokens == 0:
        return None
    count = Decimal(requests)
    return TokenProfile(
        input_tokens=quotient(Decimal(input_tokens), count).quantize(Decimal("0.001")),
        output_tokens=quotient(Decimal(output_tokens), count).quantize(Decimal("0.001")),
        cached_tokens=quotient(Decimal(cached_tokens), count).quantize(Decimal("0.001")),
        source=f"measured over {requests:,} successful requests",
    )
