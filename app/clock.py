"""The only source of the current date and time, so that tests and evaluations can hold it still."""

from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], datetime]
Today = Callable[[], date]


def utc_now() -> datetime:
    """Now, timezone-aware, in UTC."""
    return datetime.now(UTC)


def fixed_or_today(as_of: date | None) -> Today:
    """The day up to which current jobs count: always `as_of`, or today in UTC when that is None."""
    return (lambda: utc_now().date()) if as_of is None else (lambda: as_of)
