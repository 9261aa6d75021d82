"""The API over real Postgres and Redis: in-process for most tests, on a socket for streams and raw bytes."""

import socket
import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api.stream_timing import StreamTiming
from app.clock import utc_now
from app.files.local import LocalFiles
from app.main import create_app, make_server
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.observability.shared_counts import SharedCounts
from app.settings import load_settings
from app.storage import tenants
from app.storage.engine import Database
from app.wiring.api_parts import ApiParts
from tests.contract.api.doubtful_result import DOCUMENT, DOUBTFUL, EVIDENCE, READINGS
from tests.contract.api.pipeline import Pipeline

UPLOAD_BYTES = 64 * 1024  # limit of one file in these tests
BODY_BYTES = 50 * UPLOAD_BYTES + 1024 * 1024
FAST = StreamTiming(keep_alive_seconds=0.4, look_again_seconds=0.2)


@dataclass(frozen=True)
class Tenant:
    id: uuid.UUID
    read: str
    write: str
    admin: str

    def headers(self, scope: str = "write") -> dict[str, str]:
        return {"Authorization": f"Bearer {getattr(self, scope)}"}


@pytest.fixture(scope="module")
def parts(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiParts]:
    made = make_parts(database_url, redis_url, tmp_path_factory.mktemp("data"))
    yield made
    made.database.close()


def make_parts(
    database_url: str,
    redis_url: str,
    data_dir: Path,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> ApiParts:
    settings = {
        "storage.data_dir": str(data_dir),
        "storage.database_url": database_url,
        "storage.redis_url": redis_url,
        "limits.upload_bytes": UPLOAD_BYTES,
        "server.threads": 20,
        "privacy.evaluation_sets": True,
        **(overrides or {}),
    }
    loaded = load_settings(root=data_dir, environment=environment or {}, overrides=settings)
    return ApiParts(
        database=Database(database_url, pool_size=loaded.settings.server.threads),
        files=LocalFiles(loaded.settings.files_dir),
        publisher=Publisher(make_celery(redis_url)),
        notices=Notices(redis_url),
        redis_url=redis_url,
        loaded=loaded,
        clock=utc_now,
        counts=SharedCounts.connect(redis_url, "api"),
    )


@pytest.fixture(scope="module")
def app(parts: ApiParts) -> FastAPI:
    return create_app(parts, FAST)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as running:
        yield running


@pytest.fixture(scope="module")
def new_tenant(database: Database) -> Callable[[], Tenant]:
    def make() -> Tenant:
        with database.transaction() as tx:
            tenant_id = tenants.ensure_tenant(tx, f"tenant {uuid.uuid4()}")
            keys = [tenants.create_key(tx, tenant_id, scope, [scope])[1] for scope in tenants.SCOPES]
        return Tenant(tenant_id, *keys)

    return make


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture
def other(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture(scope="module")
def pipeline(parts: ApiParts) -> Pipeline:
    return Pipeline(parts.database, parts.notices)


@pytest.fixture
def upload(client: TestClient) -> Callable[..., str]:
    """Upload one text file and return the id of its resume."""

    def send(tenant: Tenant, content: bytes | None = None, filename: str = "cv.txt", **fields: str) -> str:
        text = content if content is not None else f"Ilse Varga {uuid.uuid4()}".encode()
        answer = client.post("/v1/resumes", headers=tenant.headers(), files=[("files", (filename, text))], data=fields)
        assert answer.status_code == 202, answer.text
        return answer.json()["resumes"][0]["id"]

    return send


@pytest.fixture
def doubtful(upload: Callable[..., str], pipeline: Pipeline) -> Callable[..., str]:
    """Upload a resume and finish it with doubtful values; returns its id."""

    def make(owner: Tenant, evidence: dict[str, Any] = EVIDENCE, readings: Any = READINGS) -> str:
        resume_id = upload(owner)
        pipeline.hand_on(pipeline.begin_extraction(resume_id), content=DOCUMENT)
        pipeline.finish_analysis(resume_id, DOUBTFUL, evidence=evidence, readings=readings)
        return resume_id

    return make


@contextmanager
def serving(app: FastAPI) -> Generator[str, None, None]:
    """The application on a real socket, served as `app.main` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = make_server(app, host="127.0.0.1", port=port)
    started = threading.Event()
    ordinary_startup = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await ordinary_startup(sockets)
        started.set()

    server.startup = startup
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(20), "the server did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="module")
def served(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the application on a socket, with separate parts over the same databases."""
    with serving(create_app(make_parts(database_url, redis_url, tmp_path_factory.mktemp("served")), FAST)) as url:
        yield url
