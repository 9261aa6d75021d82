"""A ledger in a real Postgres: attempts written by the pipeline's function, machines from the settings."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.files.local import LocalFiles
from app.ledger.catalogue.cost_profiles import COST_PROFILES
from app.ledger.entries import token_cost_usd
from app.ledger.machines import Machine
from app.ledger.prices import UnitPrices
from app.ledger.self_hosted import Rates
from app.main import create_app
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.observability.shared_counts import SharedCounts
from app.settings import load_settings
from app.storage import tenants
from app.storage.engine import Database
from app.storage.ledger import attempts
from app.storage.ledger.attempt_row import AttemptRow
from app.wiring.api_parts import ApiParts

HOUR = datetime(2026, 11, 3, 10, tzinfo=UTC)
GPT4O = UnitPrices(
    input_usd_per_million=Decimal("2.50"),
    cached_input_usd_per_million=Decimal("1.25"),
    output_usd_per_million=Decimal(10),
    source="test",
)
NOW = HOUR + timedelta(days=20)
RATES = Rates(Decimal(1000), Decimal(100), "test")


@dataclass(frozen=True)
class Ledger:
    database: Database
    tenant_id: uuid.UUID
    client: str  # of the self-hosted machine; each test has a separate machine

    @property
    def machine(self) -> Machine:
        return Machine(self.client, (self.client,), COST_PROFILES["aws-g5.xlarge-1yr"], 1, RATES)

    @property
    def rented(self) -> Machine:
        return replace(self.machine, profile=COST_PROFILES["aws-g5.xlarge-on-demand"])

    def add(
        self,
        at: datetime = HOUR,
        *,
        own: bool = True,
        outcome: str = "ok",
        tokens: tuple[int, int, int] = (700, 0, 100),
        priced: bool = True,
        number: int = 1,
        tenant_id: uuid.UUID | None = None,
        function: str = "ExtractProfile",
        client: str | None = None,
        resume: tuple[uuid.UUID, uuid.UUID] | None = None,
        tier: str = "standard",
        reasoning_tokens: int = 0,
    ) -> None:
        row = AttemptRow(
            number=number,
            function=function,
            client=client or (self.client if own else "GPT4o"),
            model="mistralai/Mistral-7B-Instruct-v0.3" if own else "gpt-4o",
            location="local" if own else "hosted",
            billing="self_hosted" if own else "per_token",
            prompt_version="1",
            outcome=outcome,
            http_status=None,
            error=None,
            started_at=at,
            latency_ms=None if tier == "batch" else 900,
            input_tokens=tokens[0],
            cached_tokens=tokens[1],
            output_tokens=tokens[2],
            tokens_estimated=False,
            input_usd_per_million=None if own else Decimal("2.50"),
            cached_input_usd_per_million=None if own else Decimal("1.25"),
            output_usd_per_million=None if own else Decimal(10),
            price_source=None if own else "test",
            cost_usd=token_cost_usd(GPT4O, *tokens) if priced and not own else None,
            cost_basis="self_hosted_pending" if own else "list_price" if priced else "unpriced",
            service_tier=tier,
            reasoning_tokens=reasoning_tokens,
        )
        resume_id, analysis_id = resume or (None, None)
        with self.database.transaction() as tx:
            attempts.insert_attempt(
                tx, row, tenant_id=tenant_id or self.tenant_id, resume_id=resume_id, analysis_id=analysis_id
            )

    def new_tenant(self) -> uuid.UUID:
        with self.database.transaction() as tx:
            return tenants.ensure_tenant(tx, f"tenant {uuid.uuid4()}")


@pytest.fixture
def ledger(database: Database) -> Ledger:
    with database.transaction() as tx:
        tenant_id = tenants.ensure_tenant(tx, f"tenant {uuid.uuid4()}")
    return Ledger(database, tenant_id, f"Own{uuid.uuid4().hex[:8]}")


Headers = Callable[[Ledger, str], dict[str, str]]


def later(**hours: float) -> datetime:
    return HOUR + timedelta(**hours)


@pytest.fixture(scope="module")
def operator(database: Database) -> Ledger:
    """The first tenant in this database."""
    with database.transaction() as tx:
        return Ledger(database, tenants.ensure_tenant(tx, "operator"), "LocalVLLM")


@pytest.fixture(scope="module")
def app(operator: Ledger, database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """A service whose clock is fixed at `NOW`."""
    data_dir = Path(tmp_path_factory.mktemp("data"))
    overrides = {
        "storage.data_dir": str(data_dir),
        "storage.database_url": database_url,
        "storage.redis_url": redis_url,
        "server.threads": 4,
    }
    loaded = load_settings(root=data_dir, environment={}, overrides=overrides)
    parts = ApiParts(
        database=Database(database_url, pool_size=4),
        files=LocalFiles(loaded.settings.files_dir),
        publisher=Publisher(make_celery(redis_url)),
        notices=Notices(redis_url),
        redis_url=redis_url,
        loaded=loaded,
        clock=lambda: NOW,
        counts=SharedCounts.connect(redis_url, "api"),
    )
    return create_app(parts)


@pytest.fixture(scope="module")
def api(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as running:
        yield running


@pytest.fixture
def key(database: Database) -> Headers:
    def make(ledger: Ledger, scope: str = "read") -> dict[str, str]:
        with database.transaction() as tx:
            _, secret = tenants.create_key(tx, ledger.tenant_id, scope, [scope])
        return {"Authorization": f"Bearer {secret}"}

    return make
