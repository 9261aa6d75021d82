"""Opens the database. Only `app.pipeline` calls `Database.transaction()`; any module may call `Database.reading()`."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from app.errors import DependencyError

Transaction = sa.Connection  # storage functions take one and never commit

RETRY_NOTE = "Vitae retries automatically."  # ends the error texts of the service

_CONNECT_TIMEOUT_SECONDS = 5
# A connection used this recently is assumed to be alive; a ping costs as much as a small query.
_TRUSTED_SECONDS = 1.0
_STATEMENT_TIMEOUT_MS = 30_000  # no query takes a second; one that is stuck must not block a worker forever


class Database:
    """A pool of connections to one Postgres. Threads may share it; processes must not (create it after a fork)."""

    def __init__(self, url: str, *, pool_size: int, application_name: str = "vitae") -> None:
        self._engine = sa.create_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=15,
            connect_args={
                "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
                "application_name": application_name,
                "options": f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c timezone=UTC",
            },
        )
        event.listen(self._engine, "checkin", _note_use)
        event.listen(self._engine, "checkout", self._ask_if_idle)

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Open a transaction; commit at the end, or roll back. Raises `DependencyError` if Postgres is unavailable."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """Open a connection for reading; nothing is committed."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Raise `DependencyError` unless Postgres responds."""
        with self.reading() as tx:
            tx.execute(sa.text("select 1"))

    def close(self) -> None:
        self._engine.dispose()

    def _ask_if_idle(self, connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        """Ping the connection before use; if it is dead, discard all other connections of the pool too."""
        used_at: float | None = entry.info.get(_USED_AT)
        if used_at is None or time.monotonic() - used_at < _TRUSTED_SECONDS:
            return
        try:
            self._engine.dialect.do_ping(connection)
        except Exception as error:
            raise InvalidatePoolError from error

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except (OperationalError, PoolTimeoutError) as error:
            raise DependencyError(f"Postgres is not reachable. {RETRY_NOTE}") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise DependencyError(f"The connection to Postgres was lost. {RETRY_NOTE}") from error
            raise


_USED_AT = "vitae_used_at"


def _note_use(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = time.monotonic()


def driver_url(url: str) -> str:
    """Return the same URL for SQLAlchemy, with psycopg 3 as the driver."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
