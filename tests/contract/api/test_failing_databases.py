"""Postgres and Redis that respond, but not as usual: no 500, nothing lost, and no restart needed afterwards."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import redis
import sqlalchemy as sa
from psycopg import sql
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from starlette.testclient import TestClient

from app.embedded.redis_server import choose_redis
from app.embedded.stack import EmbeddedStack
from app.errors import ConfigurationError, DependencyError
from app.main import create_app
from app.storage.engine import Database
from tests.contract.api.conftest import FAST, Tenant, make_parts
from tests.contract.api.test_problems import check
from tests.end_to_end.service import free_port


def name_of(database_url: str) -> sql.Identifier:
    return sql.Identifier(urlsplit(database_url).path.strip("/"))


@pytest.fixture
def admin(stack: EmbeddedStack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        yield connection


def end_sessions(admin: psycopg.Connection, database_url: str, database: Database) -> None:
    """`database` is the pool of the other tests of this module: its dead connections are discarded here."""
    name = urlsplit(database_url).path.strip("/")
    admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
    with suppress(DependencyError):
        database.check()


@pytest.fixture
def read_only(admin: psycopg.Connection, database_url: str, database: Database) -> Iterator[None]:
    """As after a failover: sessions that were open before keep to the server that only reads."""
    admin.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name_of(database_url)))
    end_sessions(admin, database_url, database)
    yield
    admin.execute(sql.SQL("alter database {} reset default_transaction_read_only").format(name_of(database_url)))
    end_sessions(admin, database_url, database)


def upload(client: TestClient, tenant: Tenant) -> Any:
    return client.post("/v1/resumes", headers=tenant.headers(), files=[("files", ("cv.txt", b"Ilse Varga"))])


def test_a_read_only_postgres_refuses_uploads_and_is_not_ready(
    database_url: str, redis_url: str, tenant: Tenant, tmp_path: Path, read_only: None
) -> None:
    parts = make_parts(database_url, redis_url, tmp_path)
    with TestClient(create_app(parts, FAST)) as client:
        for _ in range(2):
            answer = upload(client, tenant)
            assert "read-only" in check(answer, 503, "dependency_unavailable")["detail"]
            assert int(answer.headers["retry-after"]) > 0
        body = check(client.get("/readyz"), 503, "dependency_unavailable")
        assert "read-only" in body["checks"]["postgres"]
        assert client.get("/v1/resumes", headers=tenant.headers()).status_code == 200


def test_a_service_recovers_when_postgres_accepts_changes_again(
    admin: psycopg.Connection, database_url: str, redis_url: str, tenant: Tenant, database: Database, tmp_path: Path
) -> None:
    parts = make_parts(database_url, redis_url, tmp_path)
    change = sql.SQL("alter database {} set default_transaction_read_only = {}")
    with TestClient(create_app(parts, FAST)) as client:
        assert upload(client, tenant).status_code == 202
        admin.execute(change.format(name_of(database_url), sql.SQL("on")))
        try:
            end_sessions(admin, database_url, database)
            assert upload(client, tenant).status_code == 503
        finally:
            # The sessions that the service has opened meanwhile stay read-only until it discards them.
            admin.execute(change.format(name_of(database_url), sql.SQL("off")))
        assert upload(client, tenant).status_code in {202, 503}
        assert upload(client, tenant).status_code == 202
        assert client.get("/readyz").status_code == 200


def test_a_session_that_is_ended_in_a_transaction_is_an_outage_and_the_next_works(
    admin: psycopg.Connection, database: Database
) -> None:
    def ends() -> None:
        with database.transaction() as tx:
            pid = tx.execute(sa.text("select pg_backend_pid()")).scalar_one()
            admin.execute("select pg_terminate_backend(%s)", [pid])
            tx.execute(sa.text("select 1"))

    with pytest.raises(DependencyError):
        ends()
    database.check()


@pytest.mark.parametrize("password", ["p@ss:w/rd%#?&=", "blank in it", "quote'\"\\", "grüße"])
def test_a_password_may_contain_any_character(admin: psycopg.Connection, database_url: str, password: str) -> None:
    role = f"role_{uuid.uuid4().hex}"
    create = sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
    admin.execute(create)
    try:
        parts = urlsplit(database_url)
        address = f"{parts.scheme}://{role}:{quote(password, safe='')}@{parts.hostname}:{parts.port}{parts.path}"
        opened = Database(address, pool_size=1)
        opened.check()
        opened.close()
    finally:
        admin.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[str]:
    """A Redis of this test only, because the test damages it."""
    try:
        program = choose_redis(prefer_bundled=False).program
    except ConfigurationError as error:
        pytest.skip(error.detail)
    port = free_port()
    arguments = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as server:
        url = f"redis://127.0.0.1:{port}/0"
        with redis.Redis.from_url(url, retry=Retry(ConstantBackoff(0.1), 100)) as client:
            client.ping()
        yield url
        server.kill()


@pytest.mark.parametrize(
    ("damage", "repair"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    ],
    ids=["full", "a replica"],
)
def test_a_redis_that_takes_no_data_delays_an_analysis_and_loses_nothing(
    own_redis: str,
    damage: tuple[str, ...],
    repair: tuple[str, ...],
    database_url: str,
    tenant: Tenant,
    tmp_path: Path,
) -> None:
    parts = make_parts(database_url, own_redis, tmp_path / "files")
    with TestClient(create_app(parts, FAST)) as client, redis.Redis.from_url(own_redis) as server:
        assert client.get("/readyz").status_code == 200
        server.execute_command(*damage)
        answer = upload(client, tenant)
        assert answer.status_code == 202
        resume_id = answer.json()["resumes"][0]["id"]
        assert client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).json()["status"] == "queued"
        body = check(client.get("/readyz"), 503, "dependency_unavailable")
        assert "takes no data" in body["checks"]["redis"]
        server.execute_command(*repair)
        assert client.get("/readyz").status_code == 200
        assert upload(client, tenant).status_code == 202
