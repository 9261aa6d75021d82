"""The expected requests and their cost, with an interval, and when your own GPU server will pay off.

Least squares on the days measured so far: a line, and from four weeks on the days of the week. The interval holds 80 %
of the cases if days vary independently around that. Pure; called by app.pipeline.costs.cost_analysis.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

LEAST_DAYS = 14
_WEEKDAYS_FROM = 28
_HORIZON_DAYS = 30
_LONGEST_VIEW_DAYS = 3 * 365
# Two-sided 80 % quantiles of Student's t for few degrees of freedom; from 30 on the normal distribution's 1.2816.
_T_80 = {8: 1.397, 10: 1.372, 12: 1.356, 15: 1.341, 20: 1.325, 25: 1.316, 30: 1.310}
_NORMAL_80 = 1.2816
_ROUNDING = 1e-6  # of a request: what least squares leave of a straight line


@dataclass(frozen=True, slots=True)
class NotEnoughData:
    days: int
    needed: int = LEAST_DAYS

    @property
    def reason(self) -> str:
        return f"Not enough data: {self.days} whole days have been measured, {self.needed} are needed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The next `days` days together. Costs are None while no cost per request is known."""

    starts_on: date
    days: int
    measured_days: int
    requests: int
    requests_low: int
    requests_high: int
    cost_usd: Decimal | None
    cost_low_usd: Decimal | None
    cost_high_usd: Decimal | None
    daily_growth: Decimal  # requests per day


@dataclass(frozen=True, slots=True)
class _Fit:
    first: date
    days: int
    weekdays: bool
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    variance: float
    freedom: int

    def rows(self, start: int, count: int) -> NDArray[np.float64]:
        return _design(self.first, start, count, weekdays=self.weekdays)

    def total(self, start: int, count: int) -> float:
        return float((self.rows(start, count) @ self.coefficients).clip(min=0).sum())


def forecast(
    daily: Mapping[date, int], last_day: date, request_usd: Decimal | None, *, days: int = _HORIZON_DAYS
) -> Forecast | NotEnoughData:
    """`daily`: requests of each day that had any; days without requests count as 0 from the first to `last_day`."""
    fit = _fit(daily, last_day)
    if isinstance(fit, NotEnoughData):
        return fit
    rows = fit.rows(fit.days, days)
    middle = fit.total(fit.days, days)
    gathered = rows.sum(axis=0)
    spread = float(np.sqrt(fit.variance * days + gathered @ fit.covariance @ gathered)) * _t(fit.freedom)
    low, high = max(0.0, middle - spread), middle + spread
    requests, least, most = round(middle), int(np.floor(low + _ROUNDING)), int(np.ceil(high - _ROUNDING))
    return Forecast(
        starts_on=last_day + timedelta(days=1),
        days=days,
        measured_days=fit.days,
        requests=requests,
        requests_low=least,
        requests_high=most,
        cost_usd=None if request_usd is None else requests * request_usd,
        cost_low_usd=None if request_usd is None else least * request_usd,
        cost_high_usd=None if request_usd is None else most * request_usd,
        daily_growth=Decimal(str(round(float(fit.coefficients[0]), 4))),
    )


@dataclass(frozen=True, slots=True)
class SwitchDate:
    """`on` is the first day whose following 30 days reach the break-even; None with the reason in `explanation`."""

    on: date | None
    already: bool
    explanation: str


def switch_date(
    daily: Mapping[date, int], last_day: date, break_even_requests: int | None
) -> SwitchDate | NotEnoughData:
    """When the measured growth reaches the monthly break-even volume."""
    if break_even_requests is None:
        return SwitchDate(None, already=False, explanation="The API is cheaper at any volume.")
    fit = _fit(daily, last_day)
    if isinstance(fit, NotEnoughData):
        return fit
    rows = fit.rows(fit.days, _LONGEST_VIEW_DAYS + _HORIZON_DAYS)
    sums = np.concatenate([[0.0], np.cumsum((rows @ fit.coefficients).clip(min=0))])
    months = sums[_HORIZON_DAYS:-1] - sums[: -_HORIZON_DAYS - 1]
    reached = np.flatnonzero(months >= break_even_requests)
    if reached.size:
        ahead = int(reached[0])
        on = last_day + timedelta(days=1 + ahead)
        if ahead == 0:
            return SwitchDate(on, already=True, explanation="The expected month is already above the break-even.")
        return SwitchDate(on, already=False, explanation="The measured growth reaches the break-even on this day.")
    return SwitchDate(None, already=False, explanation="The measured growth does not reach it within three years.")


def _fit(daily: Mapping[date, int], last_day: date) -> _Fit | NotEnoughData:
    known = [day for day in daily if day <= last_day]
    if not known:
        return NotEnoughData(0)
    first = min(known)
    count = (last_day - first).days + 1
    if count < LEAST_DAYS:
        return NotEnoughData(count)
    values = np.array([daily.get(first + timedelta(days=i), 0) for i in range(count)], dtype=np.float64)
    weekdays = count >= _WEEKDAYS_FROM
    rows = _design(first, 0, count, weekdays=weekdays)
    coefficients, *_ = np.linalg.lstsq(rows, values, rcond=None)
    freedom = count - rows.shape[1]
    variance = float(((values - rows @ coefficients) ** 2).sum()) / freedom
    covariance = np.asarray(variance * np.linalg.pinv(rows.T @ rows), dtype=np.float64)
    return _Fit(first, count, weekdays, np.asarray(coefficients, dtype=np.float64), covariance, variance, freedom)


def _design(first: date, start: int, count: int, *, weekdays: bool) -> NDArray[np.float64]:
    """Day number and a one: for every day, or for each day of the week."""
    index = np.arange(start, start + count, dtype=np.float64)
    if not weekdays:
        return np.column_stack([index, np.ones(count)])
    weekday = (first.weekday() + np.arange(start, start + count)) % 7
    return np.column_stack([index, *(weekday == day for day in range(7))]).astype(np.float64)


def _t(freedom: int) -> float:
    below = [known for known in _T_80 if known <= freedom]
    if freedom > max(_T_80):
        return _NORMAL_80
    return _T_80[max(below)] if below else _T_80[min(_T_80)]
