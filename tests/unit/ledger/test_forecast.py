"""The forecast detects trends and weekly patterns, states its uncertainty, and reports insufficient data."""

import random
from datetime import date, timedelta
from decimal import Decimal

from app.ledger.forecast import Forecast, NotEnoughData, SwitchDate, forecast, switch_date

FIRST = date(2026, 9, 7)  # a Monday


def _daily(values: list[int]) -> dict[date, int]:
    return {FIRST + timedelta(days=i): value for i, value in enumerate(values)}


def _last(values: list[int]) -> date:
    return FIRST + timedelta(days=len(values) - 1)


def test_thirteen_days_are_not_enough_and_fourteen_are() -> None:
    values = [100] * 13
    answer = forecast(_daily(values), _last(values), None)
    assert isinstance(answer, NotEnoughData)
    assert answer.reason.startswith("Not enough data: 13 whole days")
    assert isinstance(forecast(_daily([100] * 14), _last([100] * 14), None), Forecast)
    assert isinstance(forecast({}, FIRST, None), NotEnoughData)


def test_a_linear_trend_continues() -> None:
    values = [1000 + 10 * day for day in range(20)]
    answer = forecast(_daily(values), _last(values), Decimal("0.00275"))
    assert isinstance(answer, Forecast)
    expected = sum(1000 + 10 * day for day in range(20, 50))
    assert (answer.requests_low, answer.requests, answer.requests_high) == (expected, expected, expected) or (
        abs(answer.requests_low - expected) <= 1 and abs(answer.requests_high - expected) <= 1
    )
    assert answer.cost_usd == answer.requests * Decimal("0.00275")


def test_quiet_weekends_stay_quiet_in_the_forecast() -> None:
    week = [500, 500, 500, 500, 500, 20, 10]
    values = week * 6
    answer = forecast(_daily(values), _last(values), None, days=7)
    assert isinstance(answer, Forecast)
    assert abs(answer.requests - sum(week)) <= 1
    weekend = forecast(_daily(values[:-2]), _last(values[:-2]), None, days=2)
    assert isinstance(weekend, Forecast)
    assert abs(weekend.requests - 30) <= 2


def test_about_eighty_of_a_hundred_outcomes_fall_in_the_interval() -> None:
    chance = random.Random(7)
    inside = 0
    runs = 300
    for _ in range(runs):
        values = [max(0, round(chance.gauss(400 + 3 * day, 60))) for day in range(75)]
        answer = forecast(_daily(values[:45]), _last(values[:45]), None)
        assert isinstance(answer, Forecast)
        inside += answer.requests_low <= sum(values[45:75]) <= answer.requests_high
    assert 0.72 <= inside / runs <= 0.88


def test_days_without_a_request_count_as_zero() -> None:
    sparse = {FIRST: 100, FIRST + timedelta(days=19): 100}
    answer = forecast(sparse, FIRST + timedelta(days=19), None)
    assert isinstance(answer, Forecast)
    assert answer.measured_days == 20
    assert answer.requests < 30 * 100


def test_the_switch_date_is_where_the_growth_reaches_the_break_even() -> None:
    values = [5000 + 50 * day for day in range(28)]
    answer = switch_date(_daily(values), _last(values), 264_364)
    assert isinstance(answer, SwitchDate)
    assert not answer.already
    assert answer.on is not None
    ahead = (answer.on - FIRST).days
    assert sum(5000 + 50 * day for day in range(ahead, ahead + 30)) >= 264_364
    assert sum(5000 + 50 * day for day in range(ahead - 1, ahead + 29)) < 264_364


def test_a_volume_above_the_break_even_switches_now_and_a_falling_one_never() -> None:
    high = [20_000] * 20
    answer = switch_date(_daily(high), _last(high), 264_364)
    assert isinstance(answer, SwitchDate)
    assert answer.already
    falling = [3000 - 50 * day for day in range(20)]
    answer = switch_date(_daily(falling), _last(falling), 264_364)
    assert isinstance(answer, SwitchDate)
    assert answer.on is None
    assert isinstance(switch_date({}, FIRST, 1), NotEnoughData)
    never = switch_date({}, FIRST, None)
    assert isinstance(never, SwitchDate)
    assert never.on is None
