"""Resumes while no model responds, and afterwards: fallback results, older answers, recovery, health."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.observability.health import EndpointHealth
from app.pipeline.operations.client_control import announce_client
from app.pipeline.operations.watch_clients import ClientWatch
from app.pipeline.resumes.reanalyse_resume import reanalyse_resume
from app.routing.clients import Client
from app.routing.servers.balancer import RedisBalancer
from app.storage import analyses, endpoint_states, events
from app.storage.engine import Database
from app.storage.ledger import attempts
from tests.contract.pipeline.service import Service
from tests.contract.storage.rows import Rows
from tests.scripted_model import Behaviour, ScriptedModel


def outcomes(service: Service, resume_id: uuid.UUID) -> list[str]:
    with service.database.reading() as tx:
        return [row.outcome for row in attempts.list_attempts(tx, resume_id)]


def test_a_fallback_result_is_replaced_automatically_when_the_model_is_back(
    service: Service, model: ScriptedModel
) -> None:
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


def test_a_resume_that_no_model_can_read_is_not_retried_forever(service: Service, model: ScriptedModel) -> None:
    model.script.replace(Behaviour("prose"))  # reports itself healthy but gives no usable answers
    made = service.upload()
    service.watch().look(service.database, service.notices)
    tries = 0
    service.analyse(made.resume_id)
    while service.recover() and tries < 20:
        tries += 1
        service.extract(made.resume_id)
        service.analyse(made.resume_id)
    assert tries <= service.settings.routing.recovery.most_tries


def test_recovery_queues_no_more_resumes_at_once_than_allowed(service: Service, model: ScriptedModel) -> None:
    model.script.replace(Behaviour("prose"))
    for _ in range(3):
        service.analyse(service.upload().resume_id)
    service.watch().look(service.database, service.notices)
    assert service.recover(at_most=2) == 2


def test_in_an_outage_an_older_answer_for_the_same_document_is_preferred_to_the_fallback(
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


def test_an_older_answer_is_never_used_for_another_document_or_tenant(
    service: Service, model: ScriptedModel, database: Database, redis_url: str, tmp_path: Path
) -> None:
    """Not even for the same bytes, if they belong to another tenant or another document."""
    sha256 = uuid.uuid4().hex * 2
    assert service.analyse(service.upload(sha256).resume_id).degraded is False
    model.refuse()
    same_tenant = service.upload()
    assert service.analyse(same_tenant.resume_id).client == "builtin"
    stranger = Service(database, redis_url, model, tmp_path)
    assert stranger.rows.tenant_id != service.rows.tenant_id
    assert stranger.analyse(stranger.upload(sha256).resume_id).client == "builtin"


def test_resumes_from_the_same_template_never_get_each_others_answers(
    service: Service, model: ScriptedModel, database: Database
) -> None:
    """Same layout, same words, other people; and the same people at another tenant: 1,000 requests, no answer."""
    answered = [service.upload() for _ in range(10)]
    for made in answered:
        assert service.analyse(made.resume_id).degraded is False
    earlier = [service.rows.resume() for _ in range(10)]
    service.rows = Rows(database)
    earlier += [service.rows.resume() for _ in range(10)]
    key = service.parts.analyser.result_key("any")
    with database.reading() as tx:
        for attempt in range(1000):
            one = earlier[attempt % len(earlier)]
            assert analyses.find_older(tx, one.document_id) is None
            assert analyses.find_reusable(tx, one.document_id, key) is None
        own = analyses.find_older(tx, answered[0].document_id)
    assert own is not None
    assert own.result.client == "LocalVLLM"


def test_a_server_going_down_and_coming_back_is_announced_once_each(service: Service, model: ScriptedModel) -> None:
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


def test_stopping_a_drained_server_causes_no_notification(service: Service, model: ScriptedModel) -> None:
    watch, balancer, endpoint = service.watch(), service.control.balancer, f"LocalVLLM@{model.base_url}"

    def told_after_a_look() -> list[str]:
        watch.look(service.database, service.notices)
        with service.database.reading() as tx:
            return [event.kind for event in events.list_events_after(tx, service.rows.tenant_id, 0, 50)]

    assert told_after_a_look() == []
    balancer.drain(endpoint, drained=True)
    model.refuse()
    assert told_after_a_look() == []
    assert balancer.load(endpoint).health == "down", "it is shown as it is"
    model.listen()
    balancer.drain(endpoint, drained=False)
    assert told_after_a_look() == [], "the restart is over, and nobody heard of it"
    balancer.drain(endpoint, drained=True)
    model.refuse()
    balancer.drain(endpoint, drained=False)
    assert told_after_a_look() == ["client.down"], "it is to take calls again and does not answer"
    balancer.drain(endpoint, drained=True)
    assert told_after_a_look() == ["client.down"], "draining does not fix it"
    model.listen()
    assert told_after_a_look() == ["client.down", "client.up"]
    balancer.drain(endpoint, drained=False)


def test_a_drain_that_ends_during_a_health_check_is_not_an_outage(
    service: Service, model: ScriptedModel, redis_url: str
) -> None:
    balancer = service.control.balancer
    (own,) = service.clients["LocalVLLM"].endpoints()

    def check(client: Client) -> EndpointHealth:
        balancer.drain(client.endpoint, drained=False)
        return EndpointHealth("down", "unreachable")

    balancer.drain(own.endpoint, drained=True)
    ClientWatch(service.settings.routing, service.clients, balancer, check).look(service.database, service.notices)
    with service.database.reading() as tx:
        assert events.list_events_after(tx, service.rows.tenant_id, 0, 50) == []


def test_only_a_server_that_has_responded_counts_as_seen(service: Service, redis_url: str) -> None:
    """Its breaker may have recorded it earlier, and it stays seen when it goes down."""
    own = replace(service.clients["LocalVLLM"], base_url="http://127.0.0.1:9/v1")
    found = EndpointHealth("down", "unreachable")
    watch = ClientWatch(
        service.settings.routing, {own.name: own}, RedisBalancer(redis_url, lease_seconds=30), lambda _: found
    )

    def seen() -> bool:
        with service.database.reading() as tx:
            return own.endpoint in endpoint_states.list_seen_up(tx)

    watch.look(service.database, service.notices)
    announce_client(service.database, service.notices, own.endpoint, "breaker", down=False, reason=None)
    assert not seen()
    found = EndpointHealth("up")
    watch.look(service.database, service.notices)
    assert seen()
    found = EndpointHealth("down", "unreachable")
    watch.look(service.database, service.notices)
    assert seen()


def test_a_hosted_client_gets_no_health_checks(service: Service, redis_url: str) -> None:
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
    service.watch().look(service.database, service.notices)  # `/health` reports up, but real requests fail
    assert service.recover() == 0
