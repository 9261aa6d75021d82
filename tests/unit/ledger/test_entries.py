"""The cost of an attempt, and its basis."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.entries import PriceAttempt, price_attempt, token_cost_usd
from app.ledger.prices import PricedModel, UnitPrices, unit_prices

GPT4O = PricedModel(model="gpt-4o", price_provider="openai", billing="per_token")


@dataclass(frozen=True)
class Tried:
    client: str = "GPT4o"
    outcome: str = "ok"
    input_tokens: int = 700
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 100
    service_tier: str = "standard"
    started_at: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)


PRICE = PriceAttempt(
    {
        "GPT4o": GPT4O,
        "Own": PricedModel(
            model="x",
            price_provider="openai",
            billing="per_token",
            input_usd_per_million=Decimal("0.5"),
            cached_input_usd_per_million=Decimal("0.1"),
            output_usd_per_million=Decimal(2),
        ),
        "LocalVLLM": PricedModel(model="m", price_provider="openai", billing="self_hosted"),
        "Unknown": PricedModel(model="nobody-lists-this", price_provider="openai", billing="per_token"),
    }
)


def test_700_tokens_in_and_100_out_on_gpt_4o_cost_exactly_0_00275_dollars() -> None:
    entry = PRICE(Tried())
    assert entry.cost_usd == Decimal("0.00275")
    assert entry.cost_basis == "list_price"
    assert entry.price_source == "genai-prices 0.2.3: openai/gpt-4o"


def test_cached_tokens_are_part_of_the_input_and_cost_their_own_price() -> None:
    # 300 x 2.50 + 400 x 1.25 + 100 x 10.00 = 2,250 per 10^6
    assert PRICE(Tried(cached_tokens=400)).cost_usd == Decimal("0.00225")


@pytest.mark.parametrize("outcome", ["parse_error", "cut_off", "timeout", "cancelled"])
def test_a_failed_attempt_that_used_tokens_costs_as_much(outcome: str) -> None:
    assert PRICE(Tried(outcome=outcome)).cost_usd == Decimal("0.00275")


def test_a_refused_connection_costs_nothing_because_nothing_was_sent() -> None:
    entry = PRICE(Tried(outcome="unreachable", input_tokens=0, output_tokens=0))
    assert (entry.cost_usd, entry.cost_basis) == (Decimal(0), "nothing_sent")


@pytest.mark.parametrize("outcome", ["rejected", "unauthorised", "rate_limited", "server_error", "too_long"])
def test_a_refused_request_is_not_billed(outcome: str) -> None:
    entry = PRICE(Tried(outcome=outcome, input_tokens=0, output_tokens=0))
    assert (entry.cost_usd, entry.cost_basis) == (Decimal(0), "not_billed")


def test_prices_from_the_settings_are_labeled_as_such() -> None:
    entry = PRICE(Tried("Own", cached_tokens=200))
    assert entry.cost_usd == Decimal("0.00047")  # 500 x 0.5 + 200 x 0.1 + 100 x 2 = 470 per 10^6
    assert (entry.cost_basis, entry.price_source) == ("own_price", "settings")


def test_a_self_hosted_call_has_no_cost_until_the_machines_bill_is_allocated() -> None:
    entry = PRICE(Tried("LocalVLLM"))
    assert (entry.cost_usd, entry.cost_basis) == (None, "self_hosted_pending")


@pytest.mark.parametrize("client", ["Unknown", "NotConfigured"])
def test_an_unknown_price_is_none_not_zero(client: str) -> None:
    entry = PRICE(Tried(client))
    assert (entry.cost_usd, entry.cost_basis, entry.price_source) == (None, "unpriced", None)


def test_an_attempt_is_priced_by_the_tier_that_answered() -> None:
    assert PRICE(Tried(service_tier="batch")).cost_usd == Decimal("0.001375")
    assert PRICE(Tried(service_tier="priority")).cost_usd == Decimal("0.004675")  # 700 x 4.25 + 100 x 17


def test_a_tier_without_a_price_is_unpriced_and_never_the_standard_price() -> None:
    entry = PRICE(Tried(service_tier="flex"))  # not offered for gpt-4o
    assert (entry.cost_usd, entry.cost_basis, entry.input_usd_per_million) == (None, "unpriced", None)


def test_tokens_written_to_a_cache_cost_their_own_price_or_are_unpriced() -> None:
    sol = PriceAttempt({"GPT4o": PricedModel(model="gpt-6-sol", price_provider="openai", billing="per_token")})
    written = Tried(cached_tokens=100, cache_write_tokens=400)
    # 200 x 2.00 + 100 x 0.20 + 400 x 2.50 + 100 x 10.00 = 2,420 per 10^6
    assert sol(written).cost_usd == Decimal("0.00242")
    assert sol(written).cache_write_usd_per_million == Decimal("2.5")
    unknown = PRICE(written)  # gpt-4o: no price for cache writes is published
    assert (unknown.cost_usd, unknown.cost_basis) == (None, "unpriced")
    assert unknown.price_source == "genai-prices 0.2.3: openai/gpt-4o; no price for cache writes"


def test_an_entry_keeps_the_unit_prices_it_was_made_with() -> None:
    prices = unit_prices(GPT4O, datetime(2026, 11, 20, tzinfo=UTC))
    entry = price_attempt(Tried(), prices, billing="per_token")
    assert prices is not None
    assert entry.input_usd_per_million == prices.input_usd_per_million
    assert entry.output_usd_per_million == prices.output_usd_per_million


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=30
    )
)
def test_the_costs_of_many_calls_add_up_to_the_cost_of_their_tokens_to_the_last_digit(
    rows: list[tuple[int, int, int]],
) -> None:
    prices = UnitPrices(
        input_usd_per_million=Decimal("2.5"),
        cached_input_usd_per_million=Decimal("1.25"),
        output_usd_per_million=Decimal("0.075"),
        source="test",
    )
    calls = [(uncached + cached, cached, out) for uncached, cached, out in rows]
    parts = sum((token_cost_usd(prices, *call) or Decimal(0) for call in calls), Decimal(0))
    whole = token_cost_usd(prices, *(sum(column) for column in zip(*calls, strict=True)))
    assert parts == whole
