"""The price of tokens: prices entered in the database, else your own prices in the settings, else genai-prices
(offline).

Called by `app.ledger.entries` for each attempt and by everything that plans. Prices are exact decimals in USD per 10^6
tokens. A model or tier without a price is None, never 0 and never the standard price: it is shown as unpriced.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Literal, get_args

from genai_prices import Usage, calc_price
from genai_prices.types import ModelInfo, TieredPrices

ServiceTier = Literal["standard", "flex", "priority", "batch"]
SERVICE_TIERS: tuple[ServiceTier, ...] = get_args(ServiceTier)

# The price list's name for a tier. Standard is no variant: it is the model's price itself.
_LIST_CONTEXT = {
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "batch": {"processing": "batch"},
}
# A model requested by its id or by a dated snapshot of it ("-2024-08-06", "-20241022", "@20241022", "-latest").
_SNAPSHOT = re.compile(r"^(?:[-@]\d{4}-?\d{2}-?\d{2}|-latest)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedModel:
    """What is needed to price a client's calls. Prices in the settings are for the standard tier."""

    model: str | None
    price_provider: str
    billing: Literal["per_token", "self_hosted"]
    input_usd_per_million: Decimal | None = None
    cached_input_usd_per_million: Decimal | None = None
    output_usd_per_million: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrices:
    """USD per 10^6 tokens. `source` names the layer they come from, for the ledger row.

    `cache_write_usd_per_million` None: unknown; a call that wrote to the cache is then unpriced.
    """

    input_usd_per_million: Decimal
    cached_input_usd_per_million: Decimal
    output_usd_per_million: Decimal
    source: str
    own: bool = False
    cache_write_usd_per_million: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredPrice:
    """A price entered by a person, valid from `starts_at` until `ends_at` (exclusive; None: no end)."""

    provider: str
    model: str
    service_tier: ServiceTier
    input_usd_per_million: Decimal
    cached_input_usd_per_million: Decimal | None
    cache_write_usd_per_million: Decimal | None
    output_usd_per_million: Decimal
    starts_at: datetime
    ends_at: datetime | None
    note: str

    def holds_at(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All prices ever entered, in the order of entry: of those valid at a moment the last one counts."""

    entries: Sequence[EnteredPrice] = ()

    def find(self, provider: str, model: str, tier: str, at: datetime) -> EnteredPrice | None:
        """For exactly that model, or for the model it is a dated snapshot of."""
        fitting = [
            entry
            for entry in self.entries
            if entry.provider == provider
            and entry.service_tier == tier
            and entry.holds_at(at)
            and _is_same_model(model, entry.model)
        ]
        # The longest name is the most specific one; among equals `max` would keep the first, and the last one counts.
        return max(reversed(fitting), key=lambda entry: len(entry.model), default=None)


NO_ENTERED_PRICES = PriceBook()


def unit_prices(
    priced: PricedModel,
    at: datetime,
    *,
    tier: str = "standard",
    input_tokens: int = 0,
    book: PriceBook = NO_ENTERED_PRICES,
) -> UnitPrices | None:
    """The prices valid at a moment for a service tier; None when there is none to be trusted.

    `input_tokens` is the size of the call: some models cost more per token above a threshold. Cached input without its
    own price costs what other input of that tier costs; `source` says so.
    """
    entered = book.find(priced.price_provider, priced.model, tier, at) if priced.model else None
    if entered is not None:
        return _from_entry(entered, tier)
    listed = _list_prices(priced.price_provider, priced.model, at, tier, input_tokens) if priced.model else None
    return _with_settings(priced, listed) if tier == "standard" else listed


def _from_entry(entry: EnteredPrice, tier: str) -> UnitPrices:
    cached = entry.cached_input_usd_per_million
    return UnitPrices(
        input_usd_per_million=entry.input_usd_per_million,
        cached_input_usd_per_million=entry.input_usd_per_million if cached is None else cached,
        output_usd_per_million=entry.output_usd_per_million,
        source=_source(
            f"database: {entry.provider}/{entry.model} from {entry.starts_at:%Y-%m-%d}",
            tier,
            cached_known=cached is not None,
        ),
        own=True,
        cache_write_usd_per_million=entry.cache_write_usd_per_million,
    )


def _with_settings(priced: PricedModel, listed: UnitPrices | None) -> UnitPrices | None:
    """Each price of the settings overrides the list's, one by one."""
    own_input, own_output = priced.input_usd_per_million, priced.output_usd_per_million
    own_cached = priced.cached_input_usd_per_million
    if own_input is not None and own_output is not None:
        return UnitPrices(
            input_usd_per_million=own_input,
            cached_input_usd_per_million=own_input if own_cached is None else own_cached,
            output_usd_per_million=own_output,
            source="settings",
            own=True,
        )
    if listed is None or (own_input is None and own_cached is None and own_output is None):
        return listed
    cached_default = listed.cached_input_usd_per_million if own_input is None else own_input
    return UnitPrices(
        input_usd_per_million=listed.input_usd_per_million if own_input is None else own_input,
        cached_input_usd_per_million=cached_default if own_cached is None else own_cached,
        output_usd_per_million=listed.output_usd_per_million if own_output is None else own_output,
        source=f"settings; {listed.source}",
        own=True,
        cache_write_usd_per_million=listed.cache_write_usd_per_million if own_input is None else None,
    )


def _list_prices(provider: str, model: str, at: datetime, tier: str, input_tokens: int) -> UnitPrices | None:
    listed = _find_listed(provider, model)
    if listed is None:
        return None
    prices = listed.get_prices(at) if tier == "standard" else _variant_prices(listed, at, tier)
    if prices is None:
        return None
    input_price = _at_size(prices.input_mtok, input_tokens)
    output_price = _at_size(prices.output_mtok, input_tokens)
    if input_price is None or output_price is None:
        return None
    cached_price = _at_size(prices.cache_read_mtok, input_tokens)
    name = f"genai-prices {version('genai-prices')}: {provider}/{listed.id}"
    return UnitPrices(
        input_usd_per_million=input_price,
        cached_input_usd_per_million=input_price if cached_price is None else cached_price,
        output_usd_per_million=output_price,
        source=_source(name, tier, cached_known=cached_price is not None),
        cache_write_usd_per_million=_at_size(prices.cache_write_mtok, input_tokens),
    )


def _source(name: str, tier: str, *, cached_known: bool) -> str:
    notes = [*([tier] if tier != "standard" else []), *([] if cached_known else ["cached as input"])]
    return f"{name} ({', '.join(notes)})" if notes else name


@lru_cache(maxsize=1024)
def _find_listed(provider: str, model: str) -> ModelInfo | None:
    try:
        found = calc_price(Usage(input_tokens=0, output_tokens=0), model, provider_id=provider)
    except (LookupError, ValueError):
        return None
    # The list may return another provider's model, or the family that a name begins with.
    if found.provider.id != provider or not _is_same_model(model, found.model.id):
        return None
    return found.model


class _VariantPrices:
    """The prices that the list states for a tier; None for what it leaves open."""

    def __init__(self, stated: dict[str, Any]) -> None:
        self.input_mtok: Decimal | TieredPrices | None = stated.get("input_mtok")
        self.output_mtok: Decimal | TieredPrices | None = stated.get("output_mtok")
        self.cache_read_mtok: Decimal | TieredPrices | None = stated.get("cache_read_mtok")
        self.cache_write_mtok: Decimal | TieredPrices | None = stated.get("cache_write_mtok")


def _variant_prices(model: ModelInfo, at: datetime, tier: str) -> _VariantPrices | None:
    """What the list itself states for the tier. Its own lookup would silently fill gaps with standard prices."""
    wanted = _LIST_CONTEXT.get(tier)
    stated: dict[str, Any] = {}
    for variant in model.price_variants or ():
        if variant.when == wanted and (variant.constraint is None or variant.constraint.active(at)):
            for key, price in vars(variant.prices).items():
                if price is not None:
                    stated.setdefault(key, price)
    return _VariantPrices(stated) if stated else None


def _is_same_model(asked: str, found: str) -> bool:
    name, known = asked.lower(), found.lower()
    return name.startswith(known) and _SNAPSHOT.match(name[len(known) :]) is not None


def _at_size(price: Decimal | TieredPrices | None, input_tokens: int) -> Decimal | None:
    """The price for a call of that size; the highest threshold below it counts for all of its tokens."""
    if not isinstance(price, TieredPrices):
        return price
    reached = [step.price for step in price.tiers if input_tokens > step.start]
    return reached[-1] if reached else price.base
