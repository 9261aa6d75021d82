"""Prices one attempt: unit prices, exact cost, and on what basis. Called by the pipeline before the row is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from app.ledger.prices import PricedModel, Tier, UnitPrices, unit_prices

CostBasis = Literal[
    "list_price",  # tokens x the price list
    "own_price",  # tokens x prices from the settings
    "self_hosted_pending",  # a share of the machine's bill, not allocated yet: cost is None until it is
    "self_hosted_provisional",  # a share of the machine's bill that may still change
    "self_hosted_allocated",  # its share of the machine's bill for a closed hour
    "cache",  # an earlier answer was reused
    "nothing_sent",  # no connection came about
    "not_billed",  # the provider refused the request before working on it
    "unpriced",  # tokens were used, and no price is known
]


class PriceableAttempt(Protocol):
    """What is read of an attempt; the router's `Attempt` has it all."""

    @property
    def client(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def input_tokens(self) -> int: ...
    @property
    def cached_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def started_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """`cost_usd` is exact, never rounded; None means not known (yet), as `cost_basis` says. It is never 0 for that."""

    cost_usd: Decimal | None
    cost_basis: CostBasis
    input_usd_per_million: Decimal | None = None
    cached_input_usd_per_million: Decimal | None = None
    output_usd_per_million: Decimal | None = None
    price_source: str | None = None


class PriceAttempt:
    """Prices attempts of the configured clients."""

    def __init__(self, clients: Mapping[str, PricedModel], *, tier: Tier = "standard") -> None:
        self._clients = clients
        self._tier: Tier = tier

    def __call__(self, attempt: PriceableAttempt) -> LedgerEntry:
        priced = self._clients.get(attempt.client)
        if priced is None:
            return price_attempt(attempt, None, billing="per_token")
        prices = None
        if priced.billing == "per_token":
            day = attempt.started_at.date()
            prices = unit_prices(priced, day, tier=self._tier, input_tokens=attempt.input_tokens)
        return price_attempt(attempt, prices, billing=priced.billing)


def price_attempt(
    attempt: PriceableAttempt, prices: UnitPrices | None, *, billing: Literal["per_token", "self_hosted"]
) -> LedgerEntry:
    """The entry of one attempt. Failed ones cost too, if the model may have worked."""
    if attempt.outcome == "unreachable":
        return LedgerEntry(Decimal(0), "nothing_sent")
    if attempt.outcome != "ok" and attempt.input_tokens == 0 and attempt.output_tokens == 0:
        return LedgerEntry(Decimal(0), "not_billed")
    if billing == "self_hosted":
        return LedgerEntry(None, "self_hosted_pending")
    if prices is None:
        return LedgerEntry(None, "unpriced")
    return LedgerEntry(
        token_cost_usd(prices, attempt.input_tokens, attempt.cached_tokens, attempt.output_tokens),
        "own_price" if prices.own else "list_price",
        prices.input_usd_per_million,
        prices.cached_input_usd_per_million,
        prices.output_usd_per_million,
        prices.source,
    )


def token_cost_usd(prices: UnitPrices, input_tokens: int, cached_tokens: int, output_tokens: int) -> Decimal:
    """(input - cached) x input price + cached x cached price + output x output price, per 10^6 tokens; exact.

    Cached tokens are part of the input tokens, as providers report them.
    """
    total = (
        (input_tokens - cached_tokens) * prices.input_usd_per_million
        + cached_tokens * prices.cached_input_usd_per_million
        + output_tokens * prices.output_usd_per_million
    )
    return total.scaleb(-6)
