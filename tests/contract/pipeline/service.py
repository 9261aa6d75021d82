"""The use cases of the analysis worker and the scheduler over real databases, with one scripted model to call."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.analysis.analyse import Analyser
from app.analysis.strategy import Strategy
from app.clock import fixed_or_today, utc_now
from app.extraction.extract import extract_document
from app.ledger.entries import PriceAttempt
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.pipeline.mechanisms.lease_keeper import LeaseKeeper
from app.pipeline.operations.recover_degraded import Recovery, recover_degraded
from app.pipeline.operations.watch_clients import ClientWatch
from app.pipeline.resumes.analyse_resume import AnalysisParts, analyse_resume
from app.routing.baml_client import BamlCaller
from app.routing.clients import build_clients
from app.routing.router import Router
from app.settings import Settings, load_settings
from app.storage import analyses, documents
from app.storage.engine import Database
from app.storage.tables import analyses as analyses_table
from app.wiring.cost_parts import build_pricing
from app.wiring.routing_parts import build_client_control
from app.wiring.shared_parts import extraction_limits
from tests.calendar_days import AS_OF
from tests.contract.storage.rows import Rows, UploadedResume
from tests.scripted_model import ScriptedModel

SAMPLE = Path(__file__).parents[3] / "samples" / "marcus-delhaye.txt"


class Service:
    """The use cases of the analysis worker and the scheduler over real databases, with one scripted model."""

    def __init__(self, database: Database, redis_url: str, model: ScriptedModel, folder: Path) -> None:
        self.database = database
        self.rows = Rows(database)
        # A client with a unique name, so that breakers and health checks of other tests do not affect it.
        environment = {
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": model.base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": model.model,
            "VITAE_ROUTING__CLIENTS": "LocalVLLM",
            "VITAE_STORAGE__REDIS_URL": redis_url,
            "VITAE_ROUTING__RECOVERY__PAUSE_SECONDS": "0.001",
        }
        self.loaded = load_settings(folder, environment)
        self.settings: Settings = self.loaded.settings
        self.clients = build_clients(self.settings, self.loaded.environment)
        self.notices = Notices(redis_url)
        self.publisher = Publisher(make_celery(redis_url))
        self.control = build_client_control(self.loaded, database, self.notices)
        self.router = Router(self.clients, self.settings.routing, BamlCaller(), breaker=self.control.breaker)
        self.parts = AnalysisParts(
            database=database,
            publisher=self.publisher,
            notices=self.notices,
            leases=LeaseKeeper(database, 30),
            analyser=self.analyser(self.router),
            price=build_pricing(self.clients, self.database),
            clock=utc_now,
            today=fixed_or_today(AS_OF),
            lease_seconds=30,
            max_claims=5,
        )

    def analyser(self, router: Router, strategy: Strategy | None = None) -> Analyser:
        return Analyser(router, deadline_seconds=20, summarise=False, default_region="US", strategy=strategy)

    def use(self, strategy: Strategy, price: PriceAttempt | None = None) -> None:
        """From now on, analyse with this strategy and these prices."""
        parts = replace(self.parts, analyser=self.analyser(self.router, strategy))
        self.parts = parts if price is None else replace(parts, price=price)

    def upload(self, sha256: str | None = None, *, content: bytes | None = None) -> UploadedResume:
        made = self.rows.resume(sha256=sha256)
        self.extract(made.resume_id, content)
        return made

    def extract(self, resume_id: uuid.UUID, content: bytes | None = None) -> uuid.UUID:
        """Process the resume up to the queue of the analysis worker. Returns the id of the analysis."""
        content = content or SAMPLE.read_bytes()
        document = extract_document(content, "text/plain", extraction_limits(self.settings.limits))
        with self.database.transaction() as tx:
            analysis_id = analyses.find_open(tx, resume_id)
            assert analysis_id is not None
            claim = analyses.claim(tx, analysis_id, "extraction", 30)
            assert claim is not None
            documents.save_content(
                tx,
                claim.document_id,
                content=document.to_bytes(),
                extractor_version="test",
                page_count=1,
                language="en",
            )
            assert analyses.finish_extraction(tx, claim)
        return analysis_id

    def analyse(self, resume_id: uuid.UUID) -> Any:
        with self.database.reading() as tx:
            analysis_id = analyses.find_open(tx, resume_id)
        assert analysis_id is not None
        analyse_resume(self.parts, analysis_id)
        with self.database.reading() as tx:
            return tx.execute(sa.select(analyses_table).where(analyses_table.c.id == analysis_id)).one()

    def recover(self, at_most: int = 10) -> int:
        recovery = Recovery(self.settings.routing, self.clients, self.control.breaker, self.control.balancer)
        return recover_degraded(self.database, self.publisher, self.notices, recovery, at_most=at_most)

    def watch(self) -> ClientWatch:
        return ClientWatch(self.settings.routing, self.clients, self.control.balancer)
