"""Months of experience and the level of a position."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.normalise.dates import PartialDate, parse_date
from app.analysis.normalise.experience import WorkInterval, seniority, total_experience_months

AS_OF = date(2026, 11, 15)


def interval(start: str | None, end: str | None = None, *, ongoing: bool = False) -> WorkInterval:
    return WorkInterval(parse_date(start) if start else None, parse_date(end) if end else None, ongoing)


@pytest.mark.parametrize(
    ("intervals", "months"),
    [
        ([], 0),
        ([interval("2019-03", "2019-03")], 1),
        ([interval("2019-03", "2019-05")], 3),
        ([interval("2019-03-15", "2020-02-01")], 12),
        ([interval("2015", "2018")], 36),
        ([interval("2015", "2018"), interval("2018", "2020")], 60),
        ([interval("2019", "2019")], 6),
        ([interval("2019")], 6),
        ([interval("2019-03")], 1),
        ([interval("2019", "2019-03")], 3),
        ([interval("2019-10", "2019")], 3),
        ([interval("2026-01", ongoing=True)], 11),
        ([interval("2026", ongoing=True)], 5),
        ([interval("2019-01", "2020-12"), interval("2020-01", "2021-12")], 36),
        ([interval("2019-01", "2021-12"), interval("2020-01", "2020-06")], 36),
        ([interval("2019-01", "2019-12"), interval("2019-01", "2019-12")], 12),
        ([interval("2026-06", "2030-06")], 6),
        ([interval("2030-06", "2031-06")], 0),
        ([interval("2020-06", "2018-06")], 0),
        ([interval(None, "2018-06")], 1),
        ([interval(None, None)], 0),
    ],
)
def test_months_are_counted_once_by_the_documented_convention(intervals: list[WorkInterval], months: int) -> None:
    assert total_experience_months(intervals, AS_OF) == months


_dates = st.builds(PartialDate, st.integers(1950, 2049), st.none() | st.integers(1, 12))
_intervals = st.builds(WorkInterval, st.none() | _dates, st.none() | _dates, st.booleans())


@given(st.lists(_intervals, max_size=8), _intervals)
def test_another_job_never_lowers_the_total_and_adds_at_most_its_own_months(
    intervals: list[WorkInterval], other: WorkInterval
) -> None:
    before = total_experience_months(intervals, AS_OF)
    after = total_experience_months([*intervals, other], AS_OF)
    assert before <= after <= before + total_experience_months([other], AS_OF)


@pytest.mark.parametrize(
    ("title", "months", "level"),
    [
        ("Software Engineering Intern", 200, "intern"),
        ("Praktikantin Marketing", 3, "intern"),
        ("Junior Developer", 100, "junior"),
        ("Senior Engineer", 12, "senior"),
        ("Sr. Accountant", 12, "senior"),
        ("старший разработчик", 12, "senior"),
        ("Team Lead Backend", 30, "lead"),
        ("Abteilungsleiter Vertrieb", 30, "lead"),
        ("Head of Design", 30, "lead"),
        ("Chief Technology Officer", 30, "executive"),
        ("CTO & Co-Founder", 30, "executive"),
        ("Geschäftsführerin", 30, "executive"),
        ("代表取締役", 30, "executive"),
        ("Assistant to the CEO", 30, "mid"),
        ("Product Owner", 30, "mid"),
        ("HR Business Partner", 30, "mid"),
        ("Leading-edge Researcher", 30, "mid"),
        ("International Sales Agent", 30, "mid"),
        ("Nurse", 10, "junior"),
        ("Nurse", 40, "mid"),
        ("Nurse", 90, "senior"),
        ("", 90, "senior"),
    ],
)
def test_seniority_comes_from_the_latest_title_or_else_from_the_months(title: str, months: int, level: str) -> None:
    assert seniority([title, "Intern"], months) == level


def test_there_is_no_seniority_without_work() -> None:
    assert seniority([], 0) is None
