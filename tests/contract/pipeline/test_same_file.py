"""Duplicate uploads while the first is being analysed: one model call, and no wait for the scheduler."""

import threading
import uuid
from typing import Any

import pytest

from app.embedded.child_process import wait_until
from app.messaging.messages import queue_name
from app.storage.ledger import attempts
from tests.contract.pipeline.service import Service
from tests.contract.storage.rows import UploadedResume
from tests.scripted_model import Behaviour, ScriptedModel

QUEUE = queue_name("analysis", "interactive")


@pytest.fixture
def three(service: Service) -> list[UploadedResume]:
    sha256 = uuid.uuid4().hex * 2
    return [service.upload(sha256) for _ in range(3)]


def outcomes(service: Service, uploads: list[UploadedResume]) -> list[list[str]]:
    with service.database.reading() as tx:
        return [[row.outcome for row in attempts.list_attempts(tx, made.resume_id)] for made in uploads]


def second_waits_for_the_first(service: Service, model: ScriptedModel, three: list[UploadedResume]) -> int:
    """The number of messages that the end of the first puts on the queue. There is no scheduler here."""
    first, second, _ = three
    before = service.notices.queue_length(QUEUE)
    assert before is not None
    worker = threading.Thread(target=service.analyse, args=(first.resume_id,))
    worker.start()
    assert wait_until(lambda: len(model.calls) == 1, 20)
    waiting: Any = service.analyse(second.resume_id)
    assert (waiting.status, waiting.claims) == ("analysing", 0)
    assert service.notices.queue_length(QUEUE) == before
    worker.join()
    after = service.notices.queue_length(QUEUE)
    assert after is not None
    return after - before


def test_a_duplicate_upload_gets_its_result_when_the_first_ends_at_no_cost(
    service: Service, model: ScriptedModel, three: list[UploadedResume]
) -> None:
    model.script.replace(Behaviour(latency_seconds=2))
    assert second_waits_for_the_first(service, model, three) == 1, "the third has its own message still"
    for made in three[1:]:
        assert service.analyse(made.resume_id).status == "done"
    assert outcomes(service, three) == [["ok"], ["reused"], ["reused"]]
    assert len(model.calls) == 1


def test_a_duplicate_upload_is_analysed_if_the_first_got_no_usable_answer(
    service: Service, model: ScriptedModel, three: list[UploadedResume]
) -> None:
    model.script.replace(Behaviour("error", status=400, latency_seconds=2))
    assert second_waits_for_the_first(service, model, three) == 1
    model.script.replace()
    assert service.analyse(three[1].resume_id).client == "LocalVLLM"
    assert outcomes(service, three)[1] == ["ok"]
