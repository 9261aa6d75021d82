"""An analysis worker that has to stop ends its model calls, and another worker analyses their resumes."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.routing.attempt import Cancellation
from app.routing.baml_client import BamlCaller
from app.routing.router import Router
from app.storage.tables import analyses, model_attempts, model_calls
from tests.contract.pipeline.service import Service
from tests.scripted_model import Behaviour, ScriptedModel

ROOT = Path(__file__).parents[3]
ONE_TOKEN_PER_SECOND = Behaviour(token_seconds=1.0)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        running.script.replace(ONE_TOKEN_PER_SECOND)
        yield running


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def under_way(service: Service) -> set[uuid.UUID]:
    """The resumes with a call in flight."""
    with service.database.reading() as tx:
        return set(tx.execute(sa.select(model_calls.c.resume_id)).scalars())


def row_of(service: Service, analysis_id: uuid.UUID) -> Any:
    with service.database.reading() as tx:
        return tx.execute(sa.select(analyses).where(analyses.c.id == analysis_id)).one()


def outcomes(service: Service, resume_id: uuid.UUID) -> list[str]:
    with service.database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(model_calls)).scalar_one() == 0
        found = sa.select(model_attempts).where(model_attempts.c.resume_id == resume_id)
        return [row.outcome for row in tx.execute(found)]


def assert_given_back(service: Service, resume_id: uuid.UUID, analysis_id: uuid.UUID) -> None:
    row = row_of(service, analysis_id)
    assert (row.status, row.lease_token, row.claims) == ("analysing", None, 0)
    assert row.profile is None
    assert outcomes(service, resume_id) == ["cancelled"]


def test_a_worker_that_has_to_stop_releases_its_lease_and_stores_no_result(
    service: Service, model: ScriptedModel
) -> None:
    cancellation = Cancellation()
    router = Router(service.clients, service.settings.routing, BamlCaller(), cancellation=cancellation)
    service.parts = replace(service.parts, analyser=service.analyser(router), cancellation=cancellation)
    made = service.upload()
    worker = threading.Thread(target=service.analyse, args=(made.resume_id,))
    worker.start()
    wait_for(lambda: model.calls)
    cancellation.cancel()
    worker.join(10)
    assert not worker.is_alive()
    assert_given_back(service, made.resume_id, made.analysis_id)
    wait_for(lambda: model.calls[0].hung_up, 5)


def test_the_process_of_the_analysis_worker_stops_in_time_with_slow_calls_in_flight(
    service: Service, database_url: str, redis_url: str, model: ScriptedModel, tmp_path: Path
) -> None:
    made = [service.upload() for _ in range(2)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("VITAE_", "OPENAI_"))},
        "PYTHONPATH": str(ROOT),
        "VITAE_STORAGE__DATABASE_URL": database_url,
        "VITAE_STORAGE__REDIS_URL": redis_url,
        "VITAE_STORAGE__DATA_DIR": str(tmp_path),
        "VITAE_CLIENTS__LOCALVLLM__BASE_URL": model.base_url,
        "VITAE_CLIENTS__LOCALVLLM__MODEL": model.model,
        "VITAE_ROUTING__CLIENTS": "LocalVLLM",
    }
    worker = subprocess.Popen([sys.executable, "-m", "workers.celery_app", "analysis"], cwd=tmp_path, env=environment)
    try:
        for each in made:
            assert service.publisher.publish(each.analysis_id, "analysis", "interactive")
        wait_for(lambda: len(under_way(service) & {each.resume_id for each in made}) == 2)
        time.sleep(1.5)  # tokens arrive
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        assert time.monotonic() - began < 15
    finally:
        worker.kill()
        worker.wait(10)
    wait_for(lambda: all(call.hung_up for call in model.calls), 5)
    for each in made:
        assert_given_back(service, each.resume_id, each.analysis_id)
