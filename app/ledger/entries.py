"""Prices one attempt: unit prices, exact cost, and its basis. Called by the pipeline before the row is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from app.ledger.prices import NO_ENTERED_PRICES, PriceBook, PricedModel, UnitPrices, unit_prices

CostBasis = Literal[
    "list_price",  # tokens x the price list
    "own_price",  # tokens x prices from the settings
    "self_hosted_pending",  # a share of the GPU server's bill, not allocated yet: cost is None until then
    "self_hosted_provisional",  # a share of the GPU server's bill that may still change
    "self_hosted_allocated",  # its share of the GPU server's bill for a closed hour
    "cache",  # an earlier answer was reused
    "nothing_sent",  # no connection was made
    "not_billed",  # the provider refused the request before working on it
    "unpriced",  # tokens were used, and no price is known
]


class PriceableAttempt(Protocol):
    """The fields of an attempt that pricing needs; the router's `Attempt` has them all."""

    @property
    def client(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def input_tokens(self) -> int: ...
    @property
    def cached_tokens(self) -> int: ...
    @property
    def cache_write_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def service_tier(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenAttempt:
    """An attempt whose end was not observed: only planned, or its worker died. Tokens are estimates."""

    client: str
    outcome: Literal["ok", "lost"]
    input_tokens: int
    output_tokens: int
    started_at: datetime
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    service_tier: str = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """`cost_usd` is exact, never rounded; None means not known (yet), see `cost_basis`. It is never 0 instead."""

    cost_usd: Decimal | None
    cost_basis: CostBasis
    input_usd_per_million: Decimal | None = None
    cached_input_usd_per_million: Decimal | None = None
    output_usd_per_million: Decimal | None = None
    price_source: str | None = None
    cache_write_usd_per_million: Decimal | None = None


class PriceAttempt:
    """Prices attempts of the configured clients; `book` supplies the prices entered in the database."""

    def __init__(
        self, clients: Mapping[str, PricedModel], *, book: Callable[[], PriceBook] = lambda: NO_ENTERED_PRICES
    ) -> None:
        self._clients = clients
        self._book = book

    def __call__(self, attempt: PriceableAttempt) -> LedgerEntry:
        priced = self._clients.get(attempt.client)
        if priced is None:
            return price_attempt(attempt, None, billing="per_token")
        prices = None
        if priced.billing == "per_token":
            prices = unit_prices(
                priced,
                attempt.started_at,
                tier=attempt.service_tier,
                input_tokens=attempt.input_tokens,
                book=self._book(),
            )
        return price_attempt(attempt, prices, billing=priced.billing)


def price_attempt(
    attempt: PriceableAttempt, prices: UnitPrices | None, *, billing: Literal["per_token", "self_hosted"]
) -> LedgerEntry:
    """The ledger entry of one attempt. Failed attempts cost money, too, if the model may have worked."""
    if attempt.outcome == "unreachable":
        return LedgerEntry(cost_usd=Decimal(0), cost_basis="nothing_sent")
    if attempt.outcome != "ok" and attempt.input_tokens == 0 and attempt.output_tokens == 0:
        return LedgerEntry(cost_usd=Decimal(0), cost_basis="not_billed")
    if billing == "self_hosted":
        return LedgerEntry(cost_usd=None, cost_basis="self_hosted_pending")
    if prices is None:
        return LedgerEntry(cost_usd=None, cost_basis="unpriced")
    cost = token_cost_usd(
        prices, attempt.input_tokens, attempt.cached_tokens, attempt.output_tokens, attempt.cache_write_tokens
    )
    return LedgerEntry(
        cost_usd=cost,
        cost_basis="unpriced" if cost is None else "own_price" if prices.own else "list_price",
        input_usd_per_million=prices.input_usd_per_million,
        cached_input_usd_per_million=prices.cached_input_usd_per_million,
        output_usd_per_million=prices.output_usd_per_million,
        price_source=prices.source if cost is not None else f"{prices.source}; no price for cache writes",
        cache_write_usd_per_million=prices.cache_write_usd_per_million,
    )


def token_cost_usd(
    prices: UnitPrices, input_tokens: int, cached_tokens: int, output_tokens: int, cache_write_tokens: int = 0
) -> Decimal | None:
    """Tokens x prices per 10^6, exact; None when tokens were written to a cache and no price is known for that.

    Cached and cache-write tokens are part of the input, reasoning tokens part of the output, as providers report them.
    """
    write_price = prices.cache_write_usd_per_million
    if write_price is None:
        if cache_write_tokens:
            return None
        write_price = Decimal(0)
    total = (
        (input_tokens - cached_tokens - cache_write_tokens) * prices.input_usd_per_million
        + cached_tokens * prices.cached_input_usd_per_million
        + cache_write_tokens * write_price
        + output_tokens * prices.output_usd_per_million
    )
    return total.scaleb(-6)
