"""Opens the database. Only `app.pipeline` calls `Database.transaction()`; any module may call `Database.reading()`."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from app.errors import DependencyError

Transaction = sa.Connection  # storage functions take one and never commit

RETRY_NOTE = "Vitae retries automatically."  # ends the error texts of the service
_ONLY_READS = f"Postgres is read-only, as it is during a failover. {RETRY_NOTE}"

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
        self._trusted_since = 0.0  # connections opened before are discarded
        event.listen(self._engine, "connect", _note_opening)
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

    def check(self) -> None:
        """Raise `DependencyError` unless Postgres responds and accepts changes."""
        with self.reading() as tx:
            only_reads = tx.execute(
                sa.text("select pg_is_in_recovery() or current_setting('transaction_read_only')::bool")
            )
            if only_reads.scalar_one():
                self._leave_server()
                raise DependencyError(_ONLY_READS)

    def _leave_server(self) -> None:
        """Use no connection that is open now again: after a failover, new ones may reach another server."""
        self._trusted_since = time.monotonic()

    def close(self) -> None:
        self._engine.dispose()

    def _ask_if_idle(self, connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        """Ping the connection before use; if it is dead, discard all other connections of the pool too."""
        if entry.info[_OPENED_AT] <= self._trusted_since:
            raise DisconnectionError
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
            if isinstance(error.orig, psycopg.errors.ReadOnlySqlTransaction):
                self._leave_server()
                raise DependencyError(_ONLY_READS) from error
            raise


_OPENED_AT = "vitae_opened_at"
_USED_AT = "vitae_used_at"


def _note_opening(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_OPENED_AT] = time.monotonic()


def _note_use(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = time.monotonic()


def driver_url(url: str) -> str:
    """Return the same URL for SQLAlchemy, with psycopg 3 as the driver."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
