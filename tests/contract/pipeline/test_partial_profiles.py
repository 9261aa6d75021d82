"""Partial profiles while a model is still writing its answer, over real databases and with a slow streaming model."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy import event

from app.files.local import LocalFiles
from app.messaging.notices import PARTIAL, channel_of
from app.observability.metrics import PARTIAL_PROFILES, Tally
from app.pipeline.operations.forget_old import forget_old
from app.pipeline.resumes.erase_resume import erase_resume
from app.pipeline.resumes.show_partial_profile import PartialProfiles, find_partial
from app.routing.baml_client import BamlCaller
from app.routing.decision import RetryPolicy
from app.routing.router import Router
from app.storage import analyses
from app.storage.engine import Database
from app.storage.profiles import partial_profiles
from app.storage.profiles.partial_profiles import PartialProfile
from app.storage.tables import analyses as analyses_table
from app.storage.tables import partial_profiles as partials_table
from tests.contract.pipeline.service import Service
from tests.contract.storage.rows import UploadedResume
from tests.scripted_model import Behaviour, ScriptedModel, Step

SLOWLY = Behaviour(token_seconds=0.012)
QUICKLY = Behaviour(token_seconds=0.003)  # a second in total


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest.fixture
def service(database: Database, redis_url: str, model: ScriptedModel, tmp_path: Path) -> Service:
    made = Service(database, redis_url, model, tmp_path)
    tally = Tally()
    partials = PartialProfiles(database, made.notices, tally)
    made.parts = replace(made.parts, partials=partials, tally=tally)
    return made


@contextmanager
def analysing(service: Service, resume_id: uuid.UUID) -> Generator[list[Any]]:
    """Run the analysis in a separate thread. The list contains the finished row when the block has ended."""
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.append(service.analyse(resume_id)))
    thread.start()
    try:
        yield done
    finally:
        thread.join(60)
    assert done


def wait_for(find: Callable[[], Any]) -> Any:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        found = find()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def partial_of(service: Service, made: UploadedResume) -> PartialProfile | None:
    with service.database.reading() as tx:
        return find_partial(tx, service.rows.tenant_id, made.resume_id)


def stored(service: Service) -> int:
    with service.database.reading() as tx:
        mine = sa.select(analyses_table.c.id).where(analyses_table.c.tenant_id == service.rows.tenant_id)
        return tx.execute(sa.select(sa.func.count()).where(partials_table.c.analysis_id.in_(mine))).scalar_one()


def test_a_watcher_sees_the_profile_grow_and_each_entry_is_in_the_final_profile(
    service: Service, model: ScriptedModel, redis_url: str
) -> None:
    model.script.replace(SLOWLY)
    made = service.upload()
    service.notices.watch(made.resume_id)
    seen: list[PartialProfile] = []
    with redis.Redis.from_url(redis_url) as connection, connection.pubsub(ignore_subscribe_messages=True) as notices:
        notices.subscribe(channel_of(service.rows.tenant_id))
        with analysing(service, made.resume_id) as done:
            while not done:
                partial = partial_of(service, made)
                if partial is not None and partial not in seen:
                    seen.append(partial)
                service.notices.watch(made.resume_id)
                time.sleep(0.05)
        received = [notices.get_message(timeout=0.1) for _ in range(30)]
    told = [json.loads(message["data"] or "") for message in received if message]
    final = done[0].profile
    assert seen[0] == PartialProfile("LocalVLLM", None, None)
    grown = [partial.profile for partial in seen if partial.profile]
    assert len(grown) >= 2, "it came all at once"
    for profile in grown:
        assert profile["basics"].items() <= final["basics"].items()
        for section in ("work", "education", "skills", "languages"):
            for entry, whole in zip(profile.get(section, []), final[section], strict=False):
                assert entry.items() <= whole.items()
        assert "x-vitae" not in profile
    assert grown[0] != grown[-1]
    assert seen[-1].evidence
    # The place of a value stays; its confidence is only known when the built-in parser has read the document, too.
    assert _places(seen[-1].evidence).items() <= _places(done[0].evidence).items()
    assert {"kind": PARTIAL, "id": str(made.resume_id)} in told
    assert all(set(each) == {"kind", "id"} for each in told if each["kind"] == PARTIAL), "ids alone"
    wait_for(lambda: stored(service) == 0)
    assert partial_of(service, made) is None


def test_without_a_watcher_nothing_is_queried_or_stored(service: Service, model: ScriptedModel) -> None:
    model.script.replace(QUICKLY)
    made = service.upload()
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        with analysing(service, made.resume_id) as done:
            pass
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
    assert done[0].status == "done"
    assert said
    assert not any("partial_profiles" in statement for statement in said)


def test_a_retry_starts_with_an_empty_profile(service: Service, model: ScriptedModel) -> None:
    router = Router(
        service.clients, service.settings.routing, BamlCaller(), retry_policy=RetryPolicy(attempts_per_endpoint=2)
    )
    service.parts = replace(service.parts, analyser=service.analyser(router))
    # Half of it is a person without a career, which is shown but is not enough for a result.
    begun = '{"is_resume":true,"person":{"name":"Marcus Delhaye","lines":[1]},"interests":[{"name":"'
    broken = replace(SLOWLY, kind="cut_body", answer=begun + "reading " * 120)
    model.script.replace(Step(broken, calls=1), Step(replace(QUICKLY, latency_seconds=1)))
    made = service.upload()
    service.notices.watch(made.resume_id)
    with analysing(service, made.resume_id) as done:
        wait_for(lambda: (found := partial_of(service, made)) and found.profile)
        wait_for(lambda: (found := partial_of(service, made)) and found.profile is None)
    assert done[0].status == "done"


def test_a_failed_partial_profile_never_affects_the_analysis(
    service: Service, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise ValueError(f"no {name}: Marcus Delhaye")

    tally = Tally()
    database: Any = Broken()
    service.parts = replace(service.parts, partials=PartialProfiles(database, service.notices, tally))
    model.script.replace(QUICKLY)
    made = service.upload()
    service.notices.watch(made.resume_id)
    with caplog.at_level(logging.WARNING), analysing(service, made.resume_id) as done:
        pass
    assert (done[0].status, done[0].degraded) == ("done", False)
    assert tally.take()[PARTIAL_PROFILES.name, ("failed",), ""] >= 1
    assert "partial_profile_failed" in caplog.text
    assert "Delhaye" not in caplog.text


def _saved(service: Service, made: UploadedResume) -> analyses.Claim:
    """A partial profile stored by a worker that then died."""
    with service.database.transaction() as tx:
        analysis_id = analyses.find_open(tx, made.resume_id)
        assert analysis_id is not None
        claim = analyses.claim(tx, analysis_id, "analysis", 30)
        assert claim is not None
        assert partial_profiles.save_partial(tx, claim, PartialProfile("LocalVLLM", {"basics": {"name": "X"}}, {}))
    return claim


def test_the_partial_profile_of_a_dead_worker_is_not_shown_and_is_deleted(service: Service) -> None:
    made = service.upload()
    dead = _saved(service, made)
    assert partial_of(service, made) is not None
    with service.database.transaction() as tx:
        analyses.release(tx, dead, due_in_seconds=0, counts=False)
    assert partial_of(service, made) is None
    with service.database.transaction() as tx:
        next_one = analyses.claim(tx, dead.analysis_id, "analysis", 30)
        assert next_one is not None
        assert not partial_profiles.save_partial(tx, dead, PartialProfile("LocalVLLM", None, None)), "its lease is lost"
    assert stored(service) == 1
    forget_old(service.database)
    assert stored(service) == 0


def test_a_partial_profile_belongs_to_its_tenant_and_is_erased_with_the_resume(
    service: Service, tmp_path: Path
) -> None:
    made = service.upload()
    _saved(service, made)
    with service.database.reading() as tx:
        assert find_partial(tx, uuid.uuid4(), made.resume_id) is None
    erase_resume(service.database, LocalFiles(tmp_path), service.rows.tenant_id, made.resume_id)
    with service.database.reading() as tx:
        assert tx.execute(sa.select(partials_table).where(partials_table.c.client == "X")).all() == []
    assert stored(service) == 0


def _places(evidence: dict[str, Any]) -> dict[str, Any]:
    return {pointer: {**place, "confidence": None} for pointer, place in evidence.items()}
