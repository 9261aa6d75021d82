"""Checks once whether Postgres or Redis responds at a URL, both for embedded and for configured servers."""

import re

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.errors import ConfigurationError, DependencyError

CONNECT_SECONDS = 5  # a database slower than this is useless to a web service


def postgres_conninfo(url: str) -> str:
    """The URL without the driver name, which SQLAlchemy uses but Postgres does not accept."""
    return re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", url)


def ask_postgres(url: str, connect_seconds: int = CONNECT_SECONDS) -> str:
    """The server's version. Raises `DependencyError` with a one-line message that never contains the password."""
    conninfo = postgres_conninfo(url)
    try:
        parts = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "storage.database_url is not a Postgres URL. Expected: postgresql://user:password@host:5432/database."
        ) from None
    place = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"
    try:
        with psycopg.connect(conninfo, connect_timeout=connect_seconds) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError as error:
        raise DependencyError(
            f"Cannot connect to Postgres at {place} (storage.database_url): {_one_line(str(error))}. "
            "Start it or correct the URL. Without VITAE_STORAGE__DATABASE_URL, Vitae runs its own Postgres."
        ) from None
    return f"{number // 10000}.{number % 10000}"


def ask_redis(url: str, connect_seconds: float = CONNECT_SECONDS) -> str:
    """The server's version. Raises `DependencyError` with a one-line message that never contains the password."""
    try:
        client = redis.Redis.from_url(
            url,
            socket_connect_timeout=connect_seconds,
            socket_timeout=connect_seconds,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
    except ValueError:
        raise ConfigurationError(
            "storage.redis_url is not a Redis URL. Expected: redis://:password@host:6379/0."
        ) from None
    place = "{host}:{port}".format_map({"host": "?", "port": "?"} | client.connection_pool.connection_kwargs)
    try:
        with client:
            answer = client.info("server")
    except redis.RedisError as error:
        raise DependencyError(
            f"Cannot connect to Redis at {place} (storage.redis_url): {_one_line(str(error))}. "
            "Start it or correct the URL. Without VITAE_STORAGE__REDIS_URL, Vitae runs its own Redis."
        ) from None
    return str(answer["redis_version"])


def _one_line(message: str) -> str:
    return message.strip().splitlines()[0].rstrip(".") if message.strip() else "no response"
