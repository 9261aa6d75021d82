"""What becomes of resumes while no model answers, and afterwards: stand-ins, older answers, recovery, health."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.analysis.analyse import Analyser
from app.clock import utc_now
from app.extraction.extract import extract_document
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.pipeline.analyse_resume import AnalysisParts, analyse_resume
from app.pipeline.lease_keeper import LeaseKeeper
from app.pipeline.reanalyse_resume import reanalyse_resume
from app.pipeline.recover_degraded import Recovery, recover_degraded
from app.pipeline.watch_clients import ClientWatch
from app.routing.balancer import RedisBalancer
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client, build_clients
from app.routing.router import Router
from app.settings import Settings, load_settings
from app.storage import analyses, attempts, documents, events
from app.storage.engine import Database
from app.storage.tables import analyses as analyses_table
from app.wiring import build_client_control, build_pricing, extraction_limits
from tests.contract.storage.rows import Rows, UploadedResume
from tests.scripted_model import Behaviour, ScriptedModel

SAMPLE = Path(__file__).parents[3] / "samples" / "marcus-delhaye.txt"


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


class Service:
    """The analysis worker's and the scheduler's use cases over real databases, with one scripted model."""

    def __init__(self, database: Database, redis_url: str, model: ScriptedModel, folder: Path) -> None:
        self.database = database
        self.rows = Rows(database)
        # A client of its own name, so that breakers and health of other tests do not touch it.
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
            notices=self.notices,
            leases=LeaseKeeper(database, 30),
            analyser=self.analyser(self.router),
            price=build_pricing(self.clients, self.database),
            clock=utc_now,
            lease_seconds=30,
            max_claims=5,
        )

    def analyser(self, router: Router) -> Analyser:
        return Analyser(router, deadline_seconds=20, summarise=False, default_region="US")

    def upload(self, sha256: str | None = None) -> UploadedResume:
        made = self.rows.resume(sha256=sha256)
        self.extract(made.resume_id)
        return made

    def extract(self, resume_id: uuid.UUID) -> uuid.UUID:
        """Up to the queue of the analysis worker; returns the analysis' id."""
        document = extract_document(SAMPLE.read_bytes(), "text/plain", extraction_limits(self.settings.limits))
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


@pytest.fixture
def service(database: Database, redis_url: str, model: ScriptedModel, tmp_path: Path) -> Service:
    return Service(database, redis_url, model, tmp_path)


def outcomes(service: Service, resume_id: uuid.UUID) -> list[str]:
    with service.database.reading() as tx:
        return [row.outcome for row in attempts.list_attempts(tx, resume_id)]


def test_a_stand_in_result_is_replaced_by_itself_when_the_model_is_back(service: Service, model: ScriptedModel) -> None:
    model.script.replace(Behaviour("error", status=500))
    made = service.upload()
    first = service.analyse(made.resume_id)
    assert (first.status, first.client, first.degraded) == ("done", "builtin", True)
    assert service.recover() == 0, "no model has answered yet"
    model.script.replace()
    service.watch().look(service.database, service.notices)
    assert service.recover() == 1
    assert service.recover() == 0, "it is on its way already"
    service.extract(made.resume_id)
    second = service.analyse(made.resume_id)
    assert (second.status, second.client, second.degraded) == ("done", "LocalVLLM", False)
    assert service.recover() == 0
    assert outcomes(service, made.resume_id) == ["server_error", "ok"]
    assert len(model.calls) == 2


def test_a_resume_no_model_can_read_is_left_alone_after_some_tries(service: Service, model: ScriptedModel) -> None:
    model.script.replace(Behaviour("prose"))  # healthy by its own word, and of no use
    made = service.upload()
    service.watch().look(service.database, service.notices)
    tries = 0
    service.analyse(made.resume_id)
    while service.recover() and tries < 20:
        tries += 1
        service.extract(made.resume_id)
        service.analyse(made.resume_id)
    assert tries <= service.settings.routing.recovery.most_tries


def test_no_more_are_queued_at_once_than_allowed(service: Service, model: ScriptedModel) -> None:
    model.script.replace(Behaviour("prose"))
    for _ in range(3):
        service.analyse(service.upload().resume_id)
    service.watch().look(service.database, service.notices)
    assert service.recover(at_most=2) == 2


def test_in_an_outage_the_same_documents_older_answer_is_better_than_the_stand_in(
    service: Service, model: ScriptedModel
) -> None:
    made = service.upload()
    first = service.analyse(made.resume_id)
    assert first.degraded is False
    model.refuse()
    reanalyse_resume(service.database, service.publisher, service.notices, service.rows.tenant_id, made.resume_id)
    service.extract(made.resume_id)
    second = service.analyse(made.resume_id)
    assert (second.status, second.client, second.degraded) == ("done", "LocalVLLM", True)
    assert second.profile == first.profile
    assert "minutes ago" in second.warnings[0]
    assert outcomes(service, made.resume_id) == ["ok", "unreachable", "reused"]


def test_an_older_answer_never_crosses_documents_or_tenants(
    service: Service, model: ScriptedModel, database: Database, redis_url: str, tmp_path: Path
) -> None:
    """Both twins even have the same bytes as what was answered: another tenant's, and under another document."""
    sha256 = uuid.uuid4().hex * 2
    assert service.analyse(service.upload(sha256).resume_id).degraded is False
    model.refuse()
    same_tenant = service.upload()
    assert service.analyse(same_tenant.resume_id).client == "builtin"
    stranger = Service(database, redis_url, model, tmp_path)
    assert stranger.rows.tenant_id != service.rows.tenant_id
    assert stranger.analyse(stranger.upload(sha256).resume_id).client == "builtin"


def test_template_twins_never_get_each_others_answers(
    service: Service, model: ScriptedModel, database: Database
) -> None:
    """Same layout, same words, other people; and the same people under another tenant: 1,000 questions, no answer."""
    answered = [service.upload() for _ in range(10)]
    for made in answered:
        assert service.analyse(made.resume_id).degraded is False
    twins = [service.rows.resume() for _ in range(10)]
    service.rows = Rows(database)
    twins += [service.rows.resume() for _ in range(10)]
    key = service.parts.analyser.result_key("any")
    with database.reading() as tx:
        for attempt in range(1000):
            twin = twins[attempt % len(twins)]
            assert analyses.find_older(tx, twin.document_id) is None
            assert analyses.find_reusable(tx, twin.document_id, key) is None
        own = analyses.find_older(tx, answered[0].document_id)
    assert own is not None
    assert own.result.client == "LocalVLLM"


def test_a_server_that_goes_down_and_comes_back_is_told_once_each(service: Service, model: ScriptedModel) -> None:
    watch = service.watch()

    def look() -> str:
        (found,) = watch.look(service.database, service.notices).values()
        return found.health

    assert look() == "up"
    model.healthy = False
    assert [look(), look()] == ["down", "down"]
    model.refuse()
    assert look() == "down"
    model.listen()
    model.healthy = True
    assert [look(), look()] == ["up", "up"]
    with service.database.reading() as tx:
        told = [event.kind for event in events.list_events_after(tx, service.rows.tenant_id, 0, 50)]
    assert told == ["client.down", "client.up"]
    endpoint = f"LocalVLLM@{model.base_url}"
    assert service.control.balancer.load(endpoint).health == "up"


def test_a_hosted_client_is_never_asked_how_it_is(service: Service, redis_url: str) -> None:
    asked: list[str] = []
    hosted = replace(service.clients["GPT4o"], location="hosted", not_configured=None, api_key="k")
    balancer = RedisBalancer(redis_url, lease_seconds=30)

    def check(client: Client) -> Any:
        asked.append(client.name)

    routing = service.settings.routing.model_copy(update={"clients": ["GPT4o"]})
    assert ClientWatch(routing, {"GPT4o": hosted}, balancer, check).look(service.database, service.notices) == {}
    assert asked == []


def test_recovery_waits_while_the_breaker_is_open(service: Service, model: ScriptedModel) -> None:
    model.script.replace(Behaviour("error", status=500))
    resumes = [service.upload() for _ in range(5)]
    for made in resumes:
        service.analyse(made.resume_id)
    service.watch().look(service.database, service.notices)  # `/health` says up, real traffic says otherwise
    assert service.recover() == 0
