"""Reads what `vitae up` has written into the logs of its data folder. Used by `vitae logs`.

`vitae.log` has the lines of all processes of the service, in the order they came (`app.embedded.service_log`). Postgres
and Redis have a file each. Their lines are merged by time; those of `vitae.log` carry the time of day alone, so the
day is counted back from the time the file was last written.
"""

import os
import re
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from app.clock import utc_now
from app.embedded.service_log import FILES_KEPT, OWN_NAME

SERVICE_LOG = "vitae"
DATABASES = ("postgres", "redis")
# Everything that may be asked for; a process that has not run yet has no lines.
NAMES = (OWN_NAME, "migrations", "api", "extraction", "analysis", "scheduler", *DATABASES)
FOLLOW_SECONDS = 0.3
_DISORDER = timedelta(minutes=5)  # lines of several processes may be a moment out of order; more is another day

_LINE = re.compile(r"(\S+) *\| ?(.*)", re.DOTALL)
_CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)\b")
_JSON_TIME = re.compile(r'"time": "(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)')
_POSTGRES_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC\b")
_REDIS_TIME = re.compile(r"\d+:\w (\d\d \w{3} \d{4} \d\d:\d\d:\d\d)\b")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of one process, with the time it was written as far as that is known."""

    name: str
    text: str
    moment: datetime


def last_lines(folder: Path, count: int, name: str | None = None) -> list[LogLine]:
    """The newest lines of one process, or of all, merged by time. Raises `OSError` where a log cannot be read."""
    read: list[LogLine] = []
    if name not in DATABASES:
        read += _service_lines(folder, count, name)
    for database in DATABASES:
        if name in (None, database):
            read += _database_lines(folder, count, database)
    return sorted(read, key=lambda line: line.moment)[-count:]  # keeps the order of equal times


def has_logs(folder: Path) -> bool:
    return any((folder / f"{name}.log").exists() for name in (SERVICE_LOG, *DATABASES))


def follow_lines(
    folder: Path, name: str | None = None, *, pause: Callable[[float], None] = time.sleep
) -> Generator[LogLine]:
    """New lines from now on, without end, also after a log was turned over."""
    wanted = [file for file in (SERVICE_LOG, *DATABASES) if _is_wanted(file, name)]
    tails = [_Tail(folder / f"{file}.log", None if file == SERVICE_LOG else file) for file in wanted]
    try:
        while True:
            for tail in tails:
                for line in tail.read():
                    if name in (None, line.name):
                        yield line
            pause(FOLLOW_SECONDS)
    finally:
        for tail in tails:
            tail.close()


def _is_wanted(file: str, name: str | None) -> bool:
    return name is None or file == (name if name in DATABASES else SERVICE_LOG)


def _service_lines(folder: Path, count: int, name: str | None) -> list[LogLine]:
    """From the newest file back through those that were turned over, until there are enough."""
    found: list[LogLine] = []
    for number in range(FILES_KEPT + 1):
        path = folder / (f"{SERVICE_LOG}.log" + (f".{number}" if number else ""))
        if not path.exists():
            break
        lines = _text_lines(path)
        if name is not None:
            lines = [line for line in lines if line.partition("|")[0].strip() == name]
        parsed = [_parsed(line) for line in lines[-(count - len(found)) :]]
        moments = _moments([text for _, text in parsed], _changed_at(path))
        found = [LogLine(*both, moment) for both, moment in zip(parsed, moments, strict=True)] + found
        if len(found) >= count:
            break
    return found


def _database_lines(folder: Path, count: int, name: str) -> list[LogLine]:
    path = folder / f"{name}.log"
    if not path.exists():
        return []
    texts = _text_lines(path)[-count:]
    moments = _moments(texts, _changed_at(path))
    return [LogLine(name, text, moment) for text, moment in zip(texts, moments, strict=True)]


def _moments(texts: Sequence[str], ended_at: datetime) -> list[datetime]:
    """When each line was written. A line without a time belongs to the one before it, as a traceback does."""
    after = ended_at
    known: list[datetime | None] = []
    for text in reversed(texts):
        moment = _full_time(text) or _time_of_day(text, after)
        known.append(moment)
        after = moment or after
    moments: list[datetime] = []
    for moment in reversed(known):
        moments.append(moment or (moments[-1] if moments else after))
    return moments


def _time_of_day(text: str, after: datetime) -> datetime | None:
    """A time of day that a line begins with, on the latest day that keeps the lines in order."""
    clock = _CLOCK.match(text)
    if clock is None:
        return None
    hour, minute, second = (int(part) for part in clock.groups())
    if hour > 23 or minute > 59 or second > 59:
        return None
    moment = after.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return moment - timedelta(days=1) if moment - after > _DISORDER else moment


def _full_time(text: str) -> datetime | None:
    if found := _JSON_TIME.search(text):
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    if found := _POSTGRES_TIME.match(text):
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    if found := _REDIS_TIME.match(text):
        try:
            return datetime.strptime(found[1], "%d %b %Y %H:%M:%S").astimezone(UTC)  # the machine's own zone
        except ValueError:
            return None
    return None


def _parsed(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    return (found[1], found[2]) if found else (OWN_NAME, line)


def _text_lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").splitlines()


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


class _Tail:
    """Whole lines as they are added to a file, which may be replaced by a new one at any time."""

    def __init__(self, path: Path, name: str | None) -> None:
        self._path = path
        self._name = name
        self._file: IO[bytes] | None = None
        self._rest = b""
        self._open(at_end=True)

    def read(self) -> list[LogLine]:
        lines = self._read_on()
        if self._was_replaced():
            self._open(at_end=False)
            lines += self._read_on()
        return lines

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self, *, at_end: bool) -> None:
        self.close()
        self._rest = b""
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            self._file = None
            return
        if at_end:
            self._file.seek(0, 2)

    def _was_replaced(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        mine = os.fstat(self._file.fileno())
        return (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino) or now.st_size < self._file.tell()

    def _read_on(self) -> list[LogLine]:
        if self._file is None:
            return []
        *whole, self._rest = (self._rest + self._file.read()).split(b"\n")
        now = utc_now()
        texts = [line.decode("utf-8", "replace").rstrip("\r") for line in whole]
        if self._name is not None:
            return [LogLine(self._name, text, now) for text in texts]
        return [LogLine(*_parsed(text), now) for text in texts]
