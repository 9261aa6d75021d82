"""Properties of every break-even: monotone in price, volume and tokens, and exact at the boundary."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.break_even import break_even_requests, savings_row
from app.ledger.prices import UnitPrices
from app.ledger.token_profile import TokenProfile, request_cost_usd

MONTHS = st.decimals(1, 100_000, places=2)
REQUESTS = st.decimals("0.000001", 1, places=6)
PRICES = st.decimals("0.01", 100, places=2)
TOKENS = st.integers(1, 100_000).map(Decimal)


@given(MONTHS, REQUESTS, REQUESTS)
def test_a_more_expensive_api_never_raises_the_break_even(month: Decimal, one: Decimal, two: Decimal) -> None:
    cheap, dear = sorted((one, two))
    at_cheap, at_dear = break_even_requests(month, cheap), break_even_requests(month, dear)
    assert at_cheap is not None
    assert at_dear is not None
    assert at_dear <= at_cheap


@given(MONTHS, MONTHS, REQUESTS)
def test_a_more_expensive_machine_never_lowers_the_break_even(one: Decimal, two: Decimal, request: Decimal) -> None:
    at_one, at_two = (break_even_requests(month, request) for month in sorted((one, two)))
    assert at_one is not None
    assert at_two is not None
    assert at_one <= at_two


@given(MONTHS, PRICES, PRICES, TOKENS, TOKENS, TOKENS)
def test_more_tokens_never_raise_the_break_even(
    month: Decimal, price_in: Decimal, price_out: Decimal, tokens: Decimal, more: Decimal, out: Decimal
) -> None:
    prices = UnitPrices(
        input_usd_per_million=price_in,
        cached_input_usd_per_million=price_in,
        output_usd_per_million=price_out,
        source="test",
    )
    few = break_even_requests(month, request_cost_usd(prices, TokenProfile(input_tokens=tokens, output_tokens=out)))
    many = break_even_requests(
        month, request_cost_usd(prices, TokenProfile(input_tokens=tokens + more, output_tokens=out))
    )
    assert few is not None
    assert many is not None
    assert many <= few


@given(MONTHS, REQUESTS)
def test_at_the_break_even_the_machine_pays_and_one_request_below_it_does_not(month: Decimal, request: Decimal) -> None:
    volume = break_even_requests(month, request)
    assert volume is not None
    assert savings_row(volume, request, month).monthly_saving_usd >= 0
    assert savings_row(volume - 1, request, month).monthly_saving_usd < 0


@given(MONTHS, REQUESTS, st.integers(0, 10**7), st.integers(0, 10**7))
def test_the_saving_grows_with_the_volume(month: Decimal, request: Decimal, one: int, two: int) -> None:
    less, more = (savings_row(volume, request, month).yearly_saving_usd for volume in sorted((one, two)))
    assert less <= more


@given(MONTHS, REQUESTS, st.decimals(0, "0.99", places=2), st.decimals(0, "0.99", places=2))
def test_more_fallback_never_lowers_the_break_even(
    month: Decimal, request: Decimal, one: Decimal, two: Decimal
) -> None:
    at_one, at_two = (break_even_requests(month, request, fallback_share=share) for share in sorted((one, two)))
    assert at_one is not None
    assert at_two is not None
    assert at_one <= at_two
