"""Days that tests depend on: a fixed day for "present", and other days on which the suite must pass as it does today.

`python -m tests.calendar_days [PYTEST ARGUMENTS]` (`make test-dates`) runs the suite on each of them. It moves the
wall clock of every process by the same offset. A suite must not age: every result that depends on the calendar is
computed for `AS_OF`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

AS_OF = date(2026, 11, 15)
_SOURCE = Path(__file__).with_name("moved_clock.c")


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
    """`library` is written here. The offset is compiled in, because databases start without variables of ours."""
    seconds = (day.moment - datetime.now(day.moment.tzinfo)).total_seconds()
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", f"-DMOVED_BY_SECONDS={seconds:.0f}", "-o", library, _SOURCE],
        check=True,
    )
    environment = os.environ | {"LD_PRELOAD": str(library), "TZ": str(day.moment.tzinfo)}
    print(f"== {day.name}: {day.moment:%A, %d %B %Y %H:%M %Z}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *arguments], env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Exit status 0 when the suite passes on every day."""
    if shutil.which("cc") is None or sys.platform != "linux":
        print("This needs Linux and a C compiler; on Debian: apt-get install gcc libc6-dev", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103, PTH101 - Postgres runs as another user and loads the library, too
        outcomes = {
            day.name: run_on(day, Path(folder) / f"moved_clock_{number}.so", arguments)
            for number, day in enumerate(other_days(datetime.now(ZoneInfo("UTC"))))
        }
    for name, status in outcomes.items():
        print(f"{name}: {'passed' if status == 0 else f'failed (pytest status {status})'}")
    return max(outcomes.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
