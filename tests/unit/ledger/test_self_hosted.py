"""Allocation of a self-hosted machine's bill: exact, independent of order, never negative; shows idle and wasted
time.
"""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ConfigurationError
from app.ledger.amounts import even_share, split_exactly
from app.ledger.catalogue.cost_profiles import COST_PROFILES, get_cost_profile, own_hardware
from app.ledger.catalogue.gpus import GPUS
from app.ledger.self_hosted import EXPECTED_RATES, Rates, Work, allocate_hour, provisional_usd, work_seconds

AMOUNTS = st.decimals(0, 100_000, places=8)
WORKS = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, 100), st.integers(0, 5_000), st.booleans()), max_size=40
).map(
    lambda rows: [
        Work(
            attempt_id=f"{i:04}",
            input_tokens=tokens,
            cached_tokens=tokens * cached // 100,
            output_tokens=out,
            wasted=wasted,
        )
        for i, (tokens, cached, out, wasted) in enumerate(rows)
    ]
)


@given(AMOUNTS, WORKS)
def test_the_shares_and_the_rest_add_up_to_the_bill_exactly(cost: Decimal, works: list[Work]) -> None:
    hour = allocate_hour(cost, works, EXPECTED_RATES)
    assert sum((share.allocated_usd for share in hour.shares), hour.unused_usd) == cost
    assert sum((share.usage_usd for share in hour.shares), hour.idle_usd) == cost


@given(AMOUNTS, WORKS, st.randoms(use_true_random=False))
def test_the_order_of_the_attempts_changes_nothing(cost: Decimal, works: list[Work], shuffle: random.Random) -> None:
    shuffled = list(works)
    shuffle.shuffle(shuffled)
    assert allocate_hour(cost, works, EXPECTED_RATES) == allocate_hour(cost, shuffled, EXPECTED_RATES)


@given(AMOUNTS, WORKS)
def test_no_share_is_negative_and_usage_exceeds_the_allocation_by_at_most_one_step(
    cost: Decimal, works: list[Work]
) -> None:
    hour = allocate_hour(cost, works, EXPECTED_RATES)
    assert hour.idle_usd >= 0
    assert hour.waste_usd >= 0
    for share in hour.shares:
        assert share.allocated_usd >= 0
        assert 0 <= share.usage_usd <= share.allocated_usd + Decimal("1E-8")


@given(st.decimals(0, 1000, places=12), st.lists(st.decimals(0, 1000, places=6), min_size=1).filter(any))
def test_amounts_finer_than_a_step_are_not_lost(total: Decimal, weights: list[Decimal]) -> None:
    assert sum(split_exactly(total, weights)) == total


@given(AMOUNTS, st.integers(1, 800))
def test_even_parts_add_up(total: Decimal, count: int) -> None:
    assert sum(even_share(total, index, count) for index in range(count)) == total


def test_a_negative_amount_or_no_weight_is_rejected() -> None:
    for total, weights in ((Decimal(-1), [Decimal(1)]), (Decimal(1), [Decimal(-1)]), (Decimal(1), [Decimal(0)])):
        with pytest.raises(ValueError, match=r"must not be negative|nothing to divide"):
            split_exactly(total, weights)


def test_cached_input_counts_as_no_work_and_output_is_weighted_by_its_own_rate() -> None:
    rates = Rates(Decimal(1000), Decimal(100), "test")
    assert work_seconds(700, 0, 100, rates) == Decimal("1.7")
    assert work_seconds(700, 600, 100, rates) == Decimal("1.1")


def test_a_busy_hour_shows_idle_and_waste() -> None:
    rates = Rates(Decimal(1000), Decimal(100), "test")
    works = [
        Work(attempt_id="a", input_tokens=600_000, cached_tokens=0, output_tokens=60_000),
        Work(attempt_id="b", input_tokens=300_000, cached_tokens=0, output_tokens=30_000, wasted=True),
    ]
    hour = allocate_hour(Decimal(1), works, rates)  # 1,200 s and 600 s of work in 3,600 s
    assert [share.usage_usd for share in hour.shares] == [Decimal("0.33333333"), Decimal("0.16666667")]
    assert hour.idle_usd == Decimal("0.50000000")
    assert hour.waste_usd == Decimal("0.33333333")


def test_an_hour_without_work_is_all_idle() -> None:
    hour = allocate_hour(
        Decimal("1.009"), [Work(attempt_id="a", input_tokens=0, cached_tokens=0, output_tokens=0)], EXPECTED_RATES
    )
    assert (hour.unused_usd, hour.idle_usd) == (Decimal("1.009"), Decimal("1.009"))
    assert hour.shares[0].allocated_usd == 0


def test_more_work_than_an_hour_holds_leaves_nothing_idle() -> None:
    hour = allocate_hour(
        Decimal(1), [Work(attempt_id="a", input_tokens=10**9, cached_tokens=0, output_tokens=0)], EXPECTED_RATES
    )
    assert hour.idle_usd == 0
    assert hour.shares[0].usage_usd == 1


def test_the_hours_of_every_month_add_up_to_its_bill() -> None:
    profile = get_cost_profile("aws-g5.xlarge-1yr")
    for month, days in ((2, 28), (11, 30), (12, 31)):
        start = datetime(2026, month, 1, tzinfo=UTC)
        hours = [profile.hour_usd(start + timedelta(hours=index)) for index in range(days * 24)]
        assert sum(hours) == Decimal("0.634") * days * 24 + 270
    november = [profile.hour_usd(datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=i)) for i in range(720)]
    assert sum(november) == Decimal("726.48")
    assert november[0] == Decimal("1.009")


def test_two_replicas_pay_one_engineer() -> None:
    profile = get_cost_profile("aws-g5.xlarge-1yr")
    hour = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert profile.hour_usd(hour, replicas=2) == Decimal("1.268") + Decimal("0.47222222")


def test_purchased_hardware_costs_its_depreciation_and_power() -> None:
    profile = own_hardware(
        "desk", purchase_usd=Decimal(3600), life_months=36, watts=Decimal(450), usd_per_kwh=Decimal("0.15"), gpu="L4"
    )
    assert profile.hourly_usd == Decimal("0.0675")
    assert profile.monthly_usd() == Decimal(100) + Decimal("48.60") + 20 + 200


def test_an_unknown_profile_is_rejected_with_the_known_names() -> None:
    with pytest.raises(ConfigurationError, match=r"aws-g5\.xlarge-1yr"):
        get_cost_profile("aws-g9.xlarge")


def test_every_shipped_profile_names_a_known_gpu_and_its_source() -> None:
    for profile in COST_PROFILES.values():
        assert profile.gpu in GPUS
        assert profile.source


def test_the_provisional_share_of_a_running_hour() -> None:
    assert provisional_usd(Decimal("1.009"), Decimal(1), Decimal(4)) == Decimal("0.25225000")
    assert provisional_usd(Decimal("1.009"), Decimal(0), Decimal(0)) is None
