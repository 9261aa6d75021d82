"""Unit prices from the settings and from the price list."""

from datetime import date
from decimal import Decimal

import pytest

from app.ledger.prices import PricedModel, Tier, unit_prices

DAY = date(2026, 11, 20)
GPT4O = PricedModel("gpt-4o", "openai", "per_token")


def test_gpt_4o_costs_what_openai_publishes() -> None:
    prices = unit_prices(GPT4O, DAY)
    assert prices is not None
    assert prices.input_usd_per_million == Decimal("2.50")
    assert prices.cached_input_usd_per_million == Decimal("1.25")
    assert prices.output_usd_per_million == Decimal("10.00")
    assert prices.source == "genai-prices 0.2.3: openai/gpt-4o"


def test_the_batch_tier_is_half_the_price() -> None:
    prices = unit_prices(GPT4O, DAY, tier="batch")
    assert prices is not None
    assert (prices.input_usd_per_million, prices.output_usd_per_million) == (Decimal("1.25"), Decimal(5))
    assert prices.cached_input_usd_per_million <= prices.input_usd_per_million
    assert prices.source.endswith("(batch)")


@pytest.mark.parametrize(
    ("provider", "model", "tier"),
    [
        ("openai", "gpt-4o-of-somebody-else", "standard"),
        ("openai", "mistralai/Mistral-7B-Instruct-v0.3", "standard"),
        ("openai", "gpt-4o-mini-search-preview", "standard"),  # listed under gpt-4o-mini, but another product
        ("no-such-provider", "gpt-4o", "standard"),
        ("mistral", "mistral-large-latest", "batch"),  # the list has no batch price and would give the standard one
    ],
)
def test_what_is_not_surely_known_has_no_price(provider: str, model: str, tier: Tier) -> None:
    assert unit_prices(PricedModel(model, provider, "per_token"), DAY, tier=tier) is None


def test_a_tier_that_was_not_offered_yet_has_no_price() -> None:
    assert unit_prices(GPT4O, date(2026, 1, 1), tier="batch") is None


def test_a_model_without_a_name_has_no_price() -> None:
    assert unit_prices(PricedModel(None, "openai", "per_token"), DAY) is None


@pytest.mark.parametrize("model", ["gpt-4o-2024-08-06", "GPT-4o"])
def test_a_dated_snapshot_is_the_same_model(model: str) -> None:
    prices = unit_prices(PricedModel(model, "openai", "per_token"), DAY)
    assert prices is not None
    assert prices.source.endswith("openai/gpt-4o")


def test_large_calls_reach_the_higher_step_of_a_stepped_price() -> None:
    claude = PricedModel("claude-sonnet-4-5", "anthropic", "per_token")
    small, large = unit_prices(claude, DAY, input_tokens=1000), unit_prices(claude, DAY, input_tokens=200_001)
    assert small is not None
    assert large is not None
    assert large.input_usd_per_million == 2 * small.input_usd_per_million


def test_own_prices_replace_the_list() -> None:
    own = PricedModel("anything", "nobody", "per_token", Decimal("0.10"), None, Decimal("0.40"))
    prices = unit_prices(own, DAY)
    assert prices is not None
    assert prices.source == "settings"
    assert prices.own
    assert prices.cached_input_usd_per_million == Decimal("0.10")  # no price of its own: as other input


def test_a_single_own_price_takes_the_others_from_the_list_and_says_so() -> None:
    prices = unit_prices(PricedModel("gpt-4o", "openai", "per_token", output_usd_per_million=Decimal(9)), DAY)
    assert prices is not None
    assert (prices.input_usd_per_million, prices.output_usd_per_million) == (Decimal("2.5"), Decimal(9))
    assert prices.source == "settings; genai-prices 0.2.3: openai/gpt-4o"


def test_a_single_own_price_without_a_list_price_is_not_enough() -> None:
    assert unit_prices(PricedModel("mine", "openai", "per_token", Decimal(1)), DAY) is None


def test_an_own_price_of_zero_is_a_price() -> None:
    free = unit_prices(PricedModel("mine", "openai", "per_token", Decimal(0), None, Decimal(0)), DAY)
    assert free is not None
    assert free.input_usd_per_million == 0
