"""Days that tests depend on: a fixed day for "present", and other days on which the suite must pass as it does today.

`python -m tests.calendar_days [PYTEST ARGUMENTS]` (`make test-dates`) runs the suite on each of them. It moves the
clock of every process with libfaketime, by an offset, so that all processes agree. A suite must not age: every result
that depends on the calendar is computed for `AS_OF`.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

AS_OF = date(2026, 11, 15)
_LIBRARIES = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")  # Debian's package `faketime`


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    moment: datetime


def other_days(now: datetime) -> list[Day]:
    """The days to try, at a time shortly before what is special about them."""
    return [
        Day("leap day", datetime(2028, 2, 29, 9, 30, tzinfo=ZoneInfo("UTC"))),
        Day("clocks go forward", datetime(2027, 3, 28, 1, 55, tzinfo=ZoneInfo("Europe/Berlin"))),
        Day("a month ahead", now + timedelta(days=31)),
        Day("a year ahead", now + timedelta(days=365)),
    ]


def run_on(day: Day, library: Path, arguments: list[str]) -> int:
    now = datetime.now(day.moment.tzinfo)
    environment = os.environ | {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{(day.moment - now).total_seconds():+.0f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "TZ": str(day.moment.tzinfo),
    }
    print(f"== {day.name}: {day.moment:%A, %d %B %Y %H:%M %Z}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *arguments], env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    library = next(_LIBRARIES, None)
    if library is None:
        print("libfaketime is missing; on Debian: apt-get install faketime", file=sys.stderr)
        return 2
    outcomes = {day.name: run_on(day, library, arguments) for day in other_days(datetime.now(ZoneInfo("UTC")))}
    for name, status in outcomes.items():
        print(f"{name}: {'passed' if status == 0 else f'failed (pytest status {status})'}")
    return max(outcomes.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
