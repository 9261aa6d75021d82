"""What tokens cost: own prices from the settings, otherwise the price list that ships with genai-prices (offline).

Called by `app.ledger.entries` for each attempt. Prices are USD per 10^6 tokens, exact decimals. A model without a
price is None, never 0: its cost is shown as unpriced.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Literal

from genai_prices import Usage, calc_price
from genai_prices.types import TieredPrices

Tier = Literal["standard", "batch"]

# A model asked for by its id, or by a dated snapshot of it ("-2024-08-06", "-20241022", "@20241022", "-latest").
_SNAPSHOT = re.compile(r"^(?:[-@]\d{4}-?\d{2}-?\d{2}|-latest)?$")


@dataclass(frozen=True, slots=True)
class PricedModel:
    """What is needed to price a client's calls. Own prices win over the list, each for itself."""

    model: str | None
    price_provider: str
    billing: Literal["per_token", "self_hosted"]
    input_usd_per_million: Decimal | None = None
    cached_input_usd_per_million: Decimal | None = None
    output_usd_per_million: Decimal | None = None


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """USD per 10^6 tokens. `source` says where they come from, for the ledger row."""

    input_usd_per_million: Decimal
    cached_input_usd_per_million: Decimal
    output_usd_per_million: Decimal
    source: str
    own: bool = False


def unit_prices(priced: PricedModel, at: date, *, tier: Tier = "standard", input_tokens: int = 0) -> UnitPrices | None:
    """Prices in force on a day; None when there is none to be trusted.

    `input_tokens` is the size of the call: some models cost more per token above a threshold. Cached input without a
    price of its own costs what other input costs. Own prices hold for every tier.
    """
    own_input, own_output = priced.input_usd_per_million, priced.output_usd_per_million
    own_cached = priced.cached_input_usd_per_million
    if own_input is not None and own_output is not None:
        return UnitPrices(own_input, own_input if own_cached is None else own_cached, own_output, "settings", own=True)
    listed = _list_prices(priced.price_provider, priced.model, at, tier, input_tokens) if priced.model else None
    if listed is None:
        return None
    if own_input is None and own_cached is None and own_output is None:
        return listed
    cached_default = listed.cached_input_usd_per_million if own_input is None else own_input
    return UnitPrices(
        listed.input_usd_per_million if own_input is None else own_input,
        cached_default if own_cached is None else own_cached,
        listed.output_usd_per_million if own_output is None else own_output,
        f"settings; {listed.source}",
        own=True,
    )


@lru_cache(maxsize=1024)
def _list_prices(provider: str, model: str, at: date, tier: Tier, input_tokens: int) -> UnitPrices | None:
    moment = datetime.combine(at, time(12), UTC)
    context = {"processing": "batch"} if tier == "batch" else None
    try:
        found = calc_price(
            Usage(input_tokens=0, output_tokens=0),
            model,
            provider_id=provider,
            genai_request_timestamp=moment,
            price_context=context,
        )
    except (LookupError, ValueError):
        return None
    # The list may answer with another provider's model, or with the family a name begins with.
    if found.provider.id != provider or not _is_same_model(model, found.model.id):
        return None
    if tier != "standard" and found.model_price == found.model.get_prices(moment):
        return None  # the tier did not match: the list silently answers with the standard price
    price = found.model_price
    input_price = _at_size(price.input_mtok, input_tokens)
    output_price = _at_size(price.output_mtok, input_tokens)
    if input_price is None or output_price is None:
        return None
    cached_price = _at_size(price.cache_read_mtok, input_tokens)
    name = f"genai-prices {version('genai-prices')}: {provider}/{found.model.id}"
    return UnitPrices(
        input_price,
        # A cached token never costs more than another one, also where the list gives the batch price of input alone.
        input_price if cached_price is None else min(cached_price, input_price),
        output_price,
        name if tier == "standard" else f"{name} ({tier})",
    )


def _is_same_model(asked: str, found: str) -> bool:
    name, known = asked.lower(), found.lower()
    return name.startswith(known) and _SNAPSHOT.match(name[len(known) :]) is not None


def _at_size(price: Decimal | TieredPrices | None, input_tokens: int) -> Decimal | None:
    """The price for a call of that size; the highest threshold below it counts for all of its tokens."""
    if not isinstance(price, TieredPrices):
        return price
    reached = [step.price for step in price.tiers if input_tokens > step.start]
    return reached[-1] if reached else price.base
