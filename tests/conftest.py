"""Fixtures for tests that need a real Postgres and Redis: one embedded stack per run, a fresh database per module.

Use `database_url` and `redis_url` to start programs, `database` and `files` to call functions. Modules see neither each
other's rows nor each other's messages. `make test` runs the tests in several processes, each with a separate stack.
"""

import os
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import redis

from app.embedded.stack import EmbeddedStack
from app.files.local import LocalFiles
from app.storage.engine import Database
from migrations.migrate import migrate

# Hypothesis' default deadline of 200 ms is a timing assertion, and on a loaded machine any example may take longer.
hypothesis.settings.register_profile("vitae", deadline=None)
hypothesis.settings.load_profile("vitae")

# Programs started by tests write to files, which have no width; readline, loaded with pytest, exports one.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)

_MOST_PROCESSES = 6  # each needs a Postgres, a Redis and half a gigabyte
_END_TO_END = "tests/end_to_end/"
_TEMPLATE = "vitae_template"
_POOL = 20  # connections; Postgres allows 100, and tests that start workers need some as well


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one and a half processes per core: tests wait for processes, timers and sockets half of the time."""
    cores = os.cpu_count() or 1
    return min(cores + (cores + 1) // 2, _MOST_PROCESSES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Keep a file's tests in one process, as they share a database; likewise `end_to_end`, which shares a service."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - only needed with several processes

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return _END_TO_END if file.startswith(_END_TO_END) else file

    config.option.loadscopereorder = False  # keep the order of `pytest_collection_modifyitems`
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that all processes have short files left at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(_END_TO_END))  # the others keep their order


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Print what was skipped and why in the last line, so that a green run does not look more complete than it is."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else "no reason given"
        for report in skipped
    )
    if reasons:
        print("Left out:", "; ".join(f"{count} because {reason}" for reason, count in reasons.most_common()))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """The embedded stack, started by the first test that needs it and deleted with all its data after the last one."""
    with EmbeddedStack(tmp_path_factory.mktemp("stack"), keep_data=False) as running:
        yield running


@pytest.fixture(scope="session")
def _template_url(stack: EmbeddedStack) -> str:  # pyright: ignore[reportUnusedFunction]
    """A migrated, empty database that the others are copied from: copying takes a tenth of the time of migrating."""
    _create_database(stack, _TEMPLATE)
    url = _url_of(stack, _TEMPLATE)
    migrate(url)
    return url


@pytest.fixture(scope="module")
def database_url(stack: EmbeddedStack, _template_url: str) -> Iterator[str]:
    """A database for this test module only, with the newest schema and no rows."""
    name = f"test_{uuid.uuid4().hex}"
    _create_database(stack, name, template=_TEMPLATE)
    yield _url_of(stack, name)
    with _admin(stack) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture(scope="module")
def redis_url(stack: EmbeddedStack) -> str:
    """The Redis of this run, emptied for this test module."""
    with redis.Redis.from_url(stack.redis_url) as client:
        client.flushall()
    return stack.redis_url


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=_POOL, application_name="vitae-tests")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> LocalFiles:
    return LocalFiles(Path(tmp_path_factory.mktemp("files")))


def _create_database(stack: EmbeddedStack, name: str, template: str = "template0") -> None:
    with _admin(stack) as connection:
        connection.execute(f"create database {name} template {template}".encode())


def _admin(stack: EmbeddedStack) -> psycopg.Connection:
    return psycopg.connect(stack.database_url, autocommit=True)


def _url_of(stack: EmbeddedStack, name: str) -> str:
    base, _, _ = stack.database_url.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}"
