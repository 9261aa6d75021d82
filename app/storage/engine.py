"""Opens the database; `Database.transaction()` is called in `app.pipeline` alone, `Database.reading()` anywhere."""

from collections.abc import Generator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import DependencyError

Transaction = sa.Connection  # storage functions take one and never commit

_CONNECT_TIMEOUT_SECONDS = 5
_STATEMENT_TIMEOUT_MS = 30_000  # no query of ours takes a second; a stuck one must not hold a worker for ever


class Database:
    """A pool of connections to one Postgres. Threads share it; processes must not (make it after a fork)."""

    def __init__(self, url: str, *, pool_size: int, application_name: str = "vitae") -> None:
        self._engine = sa.create_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=15,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
                "application_name": application_name,
                "options": f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c timezone=UTC",
            },
        )

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """One transaction: committed at the end, or rolled back. Raises `DependencyError` when Postgres is away."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """A connection for reads; nothing is committed."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Raise `DependencyError` unless Postgres answers."""
        with self.reading() as tx:
            tx.execute(sa.text("select 1"))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except (OperationalError, PoolTimeoutError) as error:
            raise DependencyError("Postgres does not answer. Vitae tries again by itself.") from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise DependencyError("The connection to Postgres broke. Vitae tries again by itself.") from error
            raise


def driver_url(url: str) -> str:
    """The same address for SQLAlchemy, with psycopg 3 named as the driver."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
