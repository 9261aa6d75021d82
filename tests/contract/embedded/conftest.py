"""Data folders and process checks shared by the tests of the embedded databases."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.embedded.child_process import wait_until
from app.embedded.data_folder import erase_databases


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder that does not exist yet. Not below `tmp_path`, whose parents are closed to other users."""
    parent = Path(tempfile.mkdtemp(prefix="vitae test "))  # contains a space, as real paths may
    parent.chmod(0o755)
    yield parent / "data"
    erase_databases(parent / "data")
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    def check(condition: Callable[[], bool]) -> None:
        assert wait_until(condition, 20), "the condition was not met within 20 s"

    return check


@pytest.fixture
def processes_on() -> Callable[[Path], list[int]]:
    """Ids of processes that have this folder in their arguments or as their working directory."""

    def find(folder: Path) -> list[int]:
        found: list[int] = []
        for process in psutil.process_iter():
            try:
                told = [*process.cmdline(), process.cwd()]
                if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                    found += [process.pid] * any(str(folder) in word for word in told)
            except psutil.Error:
                continue
        return found

    return find


@pytest.fixture
def remember() -> Callable[[str, str], None]:
    def write(url: str, word: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
            connection.execute("INSERT INTO words VALUES (%s)", (word,))

    return write


@pytest.fixture
def recall() -> Callable[[str], list[str]]:
    def read(url: str) -> list[str]:
        with psycopg.connect(url) as connection:
            return [str(row[0]) for row in connection.execute("SELECT word FROM words ORDER BY word")]

    return read
