"""Unit prices from the settings and from the price list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.entries import token_cost_usd
from app.ledger.prices import EnteredPrice, PriceBook, PricedModel, ServiceTier, unit_prices

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
GPT4O = PricedModel(model="gpt-4o", price_provider="openai", billing="per_token")


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
    # OpenAI's batch table has no price for cached input of this model: it is priced as input, and the source says so.
    assert prices.cached_input_usd_per_million == Decimal("1.25")
    assert prices.source.endswith("(batch, cached as input)")


@pytest.mark.parametrize(
    ("provider", "model", "tier"),
    [
        ("openai", "gpt-4o-of-somebody-else", "standard"),
        ("openai", "mistralai/Mistral-7B-Instruct-v0.3", "standard"),
        ("openai", "gpt-4o-mini-search-preview", "standard"),  # listed under gpt-4o-mini, but a different product
        ("no-such-provider", "gpt-4o", "standard"),
        ("mistral", "mistral-large-latest", "batch"),  # the list has no batch price and would return the standard one
        ("openai", "gpt-4o", "flex"),  # not offered for this model
        ("openai", "gpt-4o", "scale"),
        ("openai", "gpt-4o", "auto"),  # only a request; the price depends on the tier that is used
    ],
)
def test_an_uncertain_price_is_no_price(provider: str, model: str, tier: str) -> None:
    assert unit_prices(PricedModel(model=model, price_provider=provider, billing="per_token"), DAY, tier=tier) is None


def test_a_tier_that_was_not_offered_yet_has_no_price() -> None:
    assert unit_prices(GPT4O, datetime(2026, 1, 1, tzinfo=UTC), tier="batch") is None


def test_a_model_without_a_name_has_no_price() -> None:
    assert unit_prices(PricedModel(model=None, price_provider="openai", billing="per_token"), DAY) is None


@pytest.mark.parametrize("model", ["gpt-4o-2024-08-06", "GPT-4o"])
def test_a_dated_snapshot_is_the_same_model(model: str) -> None:
    prices = unit_prices(PricedModel(model=model, price_provider="openai", billing="per_token"), DAY)
    assert prices is not None
    assert prices.source.endswith("openai/gpt-4o")


def test_large_calls_reach_the_higher_tier_of_a_tiered_price() -> None:
    claude = PricedModel(model="claude-sonnet-4-5", price_provider="anthropic", billing="per_token")
    small, large = unit_prices(claude, DAY, input_tokens=1000), unit_prices(claude, DAY, input_tokens=200_001)
    assert small is not None
    assert large is not None
    assert large.input_usd_per_million == 2 * small.input_usd_per_million


def test_prices_from_the_settings_replace_the_list() -> None:
    own = PricedModel(
        model="anything",
        price_provider="nobody",
        billing="per_token",
        input_usd_per_million=Decimal("0.10"),
        cached_input_usd_per_million=None,
        output_usd_per_million=Decimal("0.40"),
    )
    prices = unit_prices(own, DAY)
    assert prices is not None
    assert prices.source == "settings"
    assert prices.own
    assert prices.cached_input_usd_per_million == Decimal("0.10")  # no separate price: priced as other input


def test_a_single_configured_price_is_completed_from_the_list_and_marked() -> None:
    prices = unit_prices(
        PricedModel(model="gpt-4o", price_provider="openai", billing="per_token", output_usd_per_million=Decimal(9)),
        DAY,
    )
    assert prices is not None
    assert (prices.input_usd_per_million, prices.output_usd_per_million) == (Decimal("2.5"), Decimal(9))
    assert prices.source == "settings; genai-prices 0.2.3: openai/gpt-4o"


def test_a_single_configured_price_without_a_list_price_is_not_enough() -> None:
    assert (
        unit_prices(
            PricedModel(model="mine", price_provider="openai", billing="per_token", input_usd_per_million=Decimal(1)),
            DAY,
        )
        is None
    )


def test_a_configured_price_of_zero_is_a_price() -> None:
    free = unit_prices(
        PricedModel(
            model="mine",
            price_provider="openai",
            billing="per_token",
            input_usd_per_million=Decimal(0),
            cached_input_usd_per_million=None,
            output_usd_per_million=Decimal(0),
        ),
        DAY,
    )
    assert free is not None
    assert free.input_usd_per_million == 0


def test_prices_from_the_settings_are_not_batch_prices() -> None:
    own = PricedModel(
        model="mine",
        price_provider="openai",
        billing="per_token",
        input_usd_per_million=Decimal(1),
        cached_input_usd_per_million=None,
        output_usd_per_million=Decimal(2),
    )
    assert unit_prices(own, DAY, tier="batch") is None


def test_flex_and_priority_are_separate_tiers_with_their_own_cached_price() -> None:
    mini = PricedModel(model="gpt-5-mini", price_provider="openai", billing="per_token")
    found = {tier: unit_prices(mini, DAY, tier=tier) for tier in ("standard", "flex", "priority", "batch")}
    shown = {
        tier: (p.input_usd_per_million, p.cached_input_usd_per_million, p.output_usd_per_million)
        for tier, p in found.items()
        if p is not None
    }
    assert shown == {
        "standard": (Decimal("0.25"), Decimal("0.025"), Decimal(2)),
        "flex": (Decimal("0.125"), Decimal("0.0125"), Decimal(1)),
        "priority": (Decimal("0.45"), Decimal("0.045"), Decimal("3.6")),
        "batch": (Decimal("0.125"), Decimal("0.0125"), Decimal(1)),
    }


@given(
    model=st.sampled_from(["gpt-5.4", "gpt-5.5", "gpt-6-sol", "gpt-6.1-terra", "gpt-4o", "gpt-4.1"]),
    tokens=st.one_of(st.integers(0, 600_000), st.sampled_from([272_000, 272_001])),
    cached_percent=st.integers(0, 100),
    out=st.integers(0, 50_000),
)
def test_a_call_costs_what_the_list_itself_computes_at_every_step(
    model: str, tokens: int, cached_percent: int, out: int
) -> None:
    cached = tokens * cached_percent // 100
    prices = unit_prices(
        PricedModel(model=model, price_provider="openai", billing="per_token"), DAY, input_tokens=tokens
    )
    assert prices is not None
    usage = Usage(input_tokens=tokens, cache_read_tokens=cached, output_tokens=out)
    listed = calc_price(usage, model, provider_id="openai", genai_request_timestamp=DAY)
    assert token_cost_usd(prices, tokens, cached, out) == listed.total_price


def test_the_long_context_step_counts_for_all_tokens_of_the_call_and_begins_above_its_threshold() -> None:
    model = PricedModel(model="gpt-5.4", price_provider="openai", billing="per_token")
    at, above = (unit_prices(model, DAY, input_tokens=tokens) for tokens in (272_000, 272_001))
    assert at is not None
    assert above is not None
    assert token_cost_usd(at, 272_000, 0, 1000) == Decimal("0.695")  # 272,000 x 2.50 + 1,000 x 15
    assert token_cost_usd(above, 272_001, 0, 1000) == Decimal("1.382505")  # 272,001 x 5.00 + 1,000 x 22.50
    batch = unit_prices(model, DAY, tier="batch", input_tokens=272_001)
    assert batch is not None
    assert (batch.input_usd_per_million, batch.output_usd_per_million) == (Decimal("2.5"), Decimal("11.25"))


def entered(input_usd: str = "2", *, start: int = 0, end: int | None = None, **changes: object) -> EnteredPrice:
    """Valid from `start` to `end` days after `DAY`."""
    price = EnteredPrice(
        provider="openai",
        model="gpt-4o",
        service_tier="standard",
        input_usd_per_million=Decimal(input_usd),
        cached_input_usd_per_million=None,
        cache_write_usd_per_million=None,
        output_usd_per_million=Decimal(8),
        starts_at=DAY + timedelta(days=start),
        ends_at=None if end is None else DAY + timedelta(days=end),
        note="contract",
    )
    return replace(price, **changes)  # pyright: ignore[reportArgumentType]


def price_at(book: PriceBook, days: int, *, tier: ServiceTier = "standard", model: str = "gpt-4o") -> Decimal | None:
    known = PricedModel(model=model, price_provider="openai", billing="per_token")
    found = unit_prices(known, DAY + timedelta(days=days), tier=tier, book=book)
    return found and found.input_usd_per_million


def test_an_entered_price_is_valid_from_its_start_until_just_before_its_end() -> None:
    book = PriceBook((entered(start=10, end=20),))
    assert [price_at(book, day) for day in (9, 10, 19, 20)] == [Decimal("2.5"), 2, 2, Decimal("2.5")]


def test_the_price_entered_last_applies_while_it_is_valid() -> None:
    book = PriceBook((entered("2"), entered("1", start=5, end=6)))
    assert [price_at(book, day) for day in (0, 5, 6)] == [2, 1, 2]


def test_an_entered_price_overrides_the_settings_only_for_its_tier_and_model() -> None:
    own = PricedModel(
        model="gpt-4o",
        price_provider="openai",
        billing="per_token",
        input_usd_per_million=Decimal(7),
        cached_input_usd_per_million=None,
        output_usd_per_million=Decimal(7),
    )
    book = PriceBook((entered(), entered("0.9", service_tier="batch")))
    found = unit_prices(own, DAY, book=book)
    assert found is not None
    assert (found.input_usd_per_million, found.own) == (2, True)
    assert found.source == "database: openai/gpt-4o from 2026-11-20 (cached as input)"
    assert price_at(book, 0, tier="batch") == Decimal("0.9")
    assert price_at(book, 0, tier="flex") is None
    assert price_at(book, 0, model="gpt-4o-mini") == Decimal("0.15")
    assert price_at(book, 0, model="gpt-4o-2024-08-06") == 2


def test_a_dated_snapshot_uses_its_own_entered_price_before_its_familys() -> None:
    book = PriceBook((entered("3", model="gpt-4o-2024-08-06"), entered("2")))
    assert price_at(book, 0, model="gpt-4o-2024-08-06") == 3
