"""Every figure that the system's plan relies on, and the correct values for wrong figures in circulation."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.ledger.amounts import cents
from app.ledger.break_even import (
    advised_volume,
    break_even_options,
    break_even_requests,
    own_request_usd,
    own_token_usd,
    requests_for_unit_cost,
    savings_row,
    savings_table,
    sensitivity,
)
from app.ledger.catalogue.cost_profiles import COST_PROFILES, get_cost_profile
from app.ledger.prices import PricedModel, UnitPrices, unit_prices
from app.ledger.scenarios import Scenario, evaluate, fallback_mix, increase, month_with_fallback_usd, usual_scenarios
from app.ledger.token_profile import ASSUMED_PROFILE, TokenProfile, request_cost_usd

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
REQUEST = Decimal("0.00275")
MONTH = Decimal(727)


def gpt4o(tier: str = "standard") -> UnitPrices:
    prices = unit_prices(PricedModel(model="gpt-4o", price_provider="openai", billing="per_token"), DAY, tier=tier)
    assert prices is not None
    return prices


def test_a_request_of_700_and_100_tokens_on_gpt_4o_costs_0_00275_dollars() -> None:
    assert gpt4o().input_usd_per_million == Decimal("2.50")
    assert gpt4o().output_usd_per_million == Decimal(10)
    assert request_cost_usd(gpt4o(), ASSUMED_PROFILE) == REQUEST


@pytest.mark.parametrize(
    ("volume", "api_month", "api_year", "yearly_saving"),
    [
        (100_000, 275, 3_300, -5_424),
        (500_000, 1_375, 16_500, 7_776),
        (1_000_000, 2_750, 33_000, 24_276),
        (2_000_000, 5_500, 66_000, 57_276),
        (5_000_000, 13_750, 165_000, 156_276),
    ],
)
def test_the_savings_table(volume: int, api_month: int, api_year: int, yearly_saving: int) -> None:
    row = next(row for row in savings_table(REQUEST, MONTH) if row.requests_per_month == volume)
    assert (row.api_monthly_usd, row.api_yearly_usd) == (api_month, api_year)
    assert row.own_monthly_usd == MONTH
    assert row.yearly_saving_usd == yearly_saving


def test_self_hosting_loses_177_dollars_a_month_at_200_000_requests() -> None:
    row = savings_row(200_000, REQUEST, MONTH)
    assert row.api_monthly_usd == 550
    assert row.monthly_saving_usd == -177


def test_the_reserved_g5_xlarge_costs_456_48_bare_526_48_with_its_surroundings_and_is_planned_as_727() -> None:
    profile = get_cost_profile("aws-g5.xlarge-1yr")
    assert profile.instance_monthly_usd() == Decimal("456.48")
    assert profile.instance_monthly_usd() + profile.storage_monthly_usd + profile.network_monthly_usd == Decimal(
        "526.48"
    )
    assert profile.monthly_usd() == Decimal("726.48")
    assert profile.planning_monthly_usd() == MONTH


@pytest.mark.parametrize(
    ("name", "hourly", "month"),
    [
        ("aws-g5.xlarge-on-demand", "1.006", "724.32"),
        ("aws-g5.12xlarge-on-demand", "5.672", "4083.84"),
        ("aws-g5.48xlarge-on-demand", "16.29", "11728.80"),
        ("aws-p4d.24xlarge-on-demand", "32.77", "23594.40"),
    ],
)
def test_on_demand_prices_and_their_months(name: str, hourly: str, month: str) -> None:
    assert COST_PROFILES[name].hourly_usd == Decimal(hourly)
    assert COST_PROFILES[name].instance_monthly_usd() == Decimal(month)


def test_break_even_is_264_364_requests_a_month() -> None:
    assert break_even_requests(MONTH, REQUEST) == 264_364


def test_the_options_hold_the_reserved_and_the_on_demand_break_even_for_one_and_two_replicas_and_batch() -> None:
    profiles = [COST_PROFILES["aws-g5.xlarge-1yr"], COST_PROFILES["aws-g5.xlarge-on-demand"]]
    tiers = [("standard", gpt4o()), ("batch", gpt4o("batch"))]
    options = {
        (o.commitment, o.replicas, int(o.hours_per_month), o.api_tier): o
        for o in break_even_options(profiles, tiers, ASSUMED_PROFILE)
    }
    assert options["reserved", 1, 720, "standard"].break_even_requests == 264_364
    assert options["reserved", 1, 720, "batch"].break_even_requests == 528_728  # half the price, twice the requests
    # The two replicas share the cost of one engineer.
    assert options["reserved", 2, 720, "standard"].own_monthly_exact_usd == Decimal("1252.96")
    assert options["on_demand", 1, 720, "standard"].own_monthly_exact_usd == Decimal("994.32")
    assert options["on_demand", 1, 220, "standard"].own_monthly_exact_usd == Decimal("491.32")
    assert options["on_demand", 1, 220, "standard"].break_even_requests == 178_910
    assert len(options) == 12


def test_95_to_5_fallback_is_221_10_variable_and_90_to_10_is_60_percent_more() -> None:
    mix = fallback_mix(1_000_000, Decimal("0.05"), Decimal("0.000088"), REQUEST)
    assert (mix.own_usd, mix.api_usd, mix.total_usd) == (Decimal("83.60"), Decimal("137.50"), Decimal("221.10"))
    more = fallback_mix(1_000_000, Decimal("0.10"), Decimal("0.000088"), REQUEST)
    assert more.total_usd == Decimal("354.20")
    assert round(increase(mix.total_usd, more.total_usd), 2) == Decimal("0.60")


def test_a_volume_that_varies_by_more_than_half_calls_for_on_demand_or_a_yearly_average() -> None:
    steady, how = advised_volume([300_000, 330_000, 360_000])
    assert steady == 360_000
    assert "commitment fits" in how
    swinging, how = advised_volume([100_000, 400_000, 100_000])
    assert swinging == 200_000
    assert "on demand" in how


# The wrong figures in circulation.


def test_wrong_figure_1_a_request_at_two_million_and_727_dollars_costs_0_0003635_and_not_0_000088() -> None:
    assert own_request_usd(MONTH, 2_000_000) == Decimal("0.0003635")
    assert requests_for_unit_cost(MONTH, Decimal("0.000088")) == 8_261_364
    assert requests_for_unit_cost(Decimal("456.48"), Decimal("0.000088")) == 5_187_273


@pytest.mark.parametrize(("share", "month"), [("0.05", "864.50"), ("0.10", "1002.00")])
def test_wrong_figure_2_the_month_with_fallback_includes_the_fixed_727(share: str, month: str) -> None:
    assert cents(month_with_fallback_usd(1_000_000, MONTH, REQUEST, Decimal(share))) == Decimal(month)


def test_wrong_figure_3_utilisation_belongs_in_the_denominator() -> None:
    full = own_token_usd(Decimal("1.006"), Decimal(1_000_000), Decimal(1))
    half = own_token_usd(Decimal("1.006"), Decimal(1_000_000), Decimal("0.5"))
    assert half == 2 * full  # the wrong formula makes an idle machine cheaper


def test_wrong_figure_5_break_even_for_500_tokens_against_two_g5_12xlarge_is_10_9_million() -> None:
    month = COST_PROFILES["aws-g5.12xlarge-on-demand"].instance_monthly_usd() * 2
    assert month == Decimal("8167.68")
    blended = UnitPrices(
        input_usd_per_million=Decimal("1.50"),
        cached_input_usd_per_million=Decimal("1.50"),
        output_usd_per_million=Decimal("1.50"),
        source="gpt-3.5-turbo, blended",
    )
    request = request_cost_usd(blended, TokenProfile(input_tokens=Decimal(400), output_tokens=Decimal(100)))
    assert request == Decimal("0.00075")
    assert break_even_requests(month, request) == 10_890_240


def test_wrong_figure_6_break_even_moves_by_two_orders_of_magnitude_with_tokens_and_model() -> None:
    mini = unit_prices(PricedModel(model="gpt-4o-mini", price_provider="openai", billing="per_token"), DAY)
    assert mini is not None
    long = TokenProfile(input_tokens=Decimal(7000), output_tokens=Decimal(1000))
    low = break_even_requests(MONTH, request_cost_usd(gpt4o(), long))
    high = break_even_requests(MONTH, request_cost_usd(mini, ASSUMED_PROFILE))
    assert low is not None
    assert high is not None
    assert (low, high) == (26_437, 4_406_061)
    assert high > 100 * low


def test_the_sensitivity_table_holds_the_break_even_itself_at_factor_one() -> None:
    rows = sensitivity(MONTH, gpt4o(), ASSUMED_PROFILE)
    assert {row.break_even_requests for row in rows if row.factor == 1} == {264_364}
    halved = {row.changed: row.break_even_requests for row in rows if row.factor == Decimal("0.5")}
    assert halved["api price"] == 528_728
    assert halved["machine cost"] == 132_182


def test_scenarios_compare_the_api_with_the_self_hosted_machine_and_its_fallback() -> None:
    base = Scenario("base", 1_000_000, ASSUMED_PROFILE, gpt4o(), MONTH)
    results = {result.name: result for result in usual_scenarios(base)}
    assert results["base"].saving_usd == Decimal(2023)
    assert results["fallback 5 %"].own_with_fallback_usd == Decimal("864.5")
    assert results["fallback 10 %"].own_with_fallback_usd == Decimal(1002)
    assert results["volume x 2"].api_only_usd == 5500
    assert results["tokens x 2"].api_only_usd == 5500
    assert evaluate(base).break_even_requests == 264_364


def test_a_model_that_costs_nothing_never_breaks_even() -> None:
    assert break_even_requests(MONTH, Decimal(0)) is None
    assert break_even_requests(MONTH, REQUEST, fallback_share=Decimal(1)) is None


def test_cached_and_batch_tokens_cost_half_as_openai_publishes() -> None:
    assert gpt4o().cached_input_usd_per_million == Decimal("1.25")
    cached = TokenProfile(input_tokens=Decimal(2_000), output_tokens=Decimal(300), cached_tokens=Decimal(1_920))
    # 80 x 2.50 + 1,920 x 1.25 + 300 x 10.00 dollars per million
    assert request_cost_usd(gpt4o(), cached) == Decimal("0.0056")
    assert request_cost_usd(gpt4o("batch"), ASSUMED_PROFILE) == REQUEST / 2
