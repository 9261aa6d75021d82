"""A machine without a model, the first model that comes, and the alarm when it goes: over the real databases."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.pipeline.mechanisms.answer_memory import DatabaseMemory, find_expected
from app.pipeline.operations.watch_clients import ClientWatch
from app.pipeline.resumes.reanalyse_resume import reanalyse_resume
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client
from app.routing.router import Router
from app.routing.servers.expectations import Expectations
from app.storage import events
from app.storage.ledger import attempts
from tests.contract.pipeline.service import Service
from tests.scripted_model import Behaviour, ScriptedModel


def use(service: Service, *clients: Client) -> None:
    """Start the analysis worker anew with these clients, in this order."""
    known = {**service.clients, **{client.name: client for client in clients}}
    routing = service.settings.routing.model_copy(update={"clients": [client.name for client in clients]})
    memory = DatabaseMemory(service.database)
    router = Router(known, routing, BamlCaller(), breaker=service.control.breaker, expectations=Expectations(memory))
    service.clients, service.router = known, router
    service.parts = replace(service.parts, analyser=service.analyser(router))


@pytest.fixture
def shipped(service: Service, model: ScriptedModel) -> Iterator[Client]:
    """The server of the shipped settings, where nothing runs yet."""
    model.refuse()
    client = replace(service.clients["LocalVLLM"], as_shipped=True)
    use(service, client, replace(service.clients["GPT4o"], not_configured="OPENAI_API_KEY is not set"))
    yield client
    model.listen()


@pytest.fixture
def hosted(service: Service, model: ScriptedModel) -> Client:
    return replace(service.clients["GPT4o"], base_url=model.base_url, api_key="k", not_configured=None)


def outcomes(service: Service, resume_id: Any) -> list[str]:
    with service.database.reading() as tx:
        return [row.outcome for row in attempts.list_attempts(tx, resume_id)]


def told(service: Service) -> list[str]:
    with service.database.reading() as tx:
        return [event.kind for event in events.list_events_after(tx, service.rows.tenant_id, 0, 50)]


def seen(result: Any) -> tuple[str, str, bool]:
    return result.status, result.client, result.degraded


def test_without_a_model_the_built_in_parser_is_simply_the_reader(service: Service, shipped: Client) -> None:
    made = service.upload()
    result = service.analyse(made.resume_id)
    assert seen(result) == ("done", "builtin", False)
    assert result.warnings == []
    assert outcomes(service, made.resume_id) == [], "no call was made, so the ledger has nothing to show"
    state = service.control.breaker.state(shipped.endpoint)
    assert state is not None
    assert state.state == "closed"
    ClientWatch(service.settings.routing, service.clients, service.control.balancer).look(
        service.database, service.notices
    )
    assert told(service) == ["resume.done"], "a server that nobody set up is not down"
    with service.database.reading() as tx:
        assert find_expected(tx, {"LocalVLLM": shipped}) == frozenset()


def test_the_first_model_is_used_at_once_and_missed_when_it_goes(
    service: Service, shipped: Client, model: ScriptedModel
) -> None:
    before = service.upload()
    assert service.analyse(before.resume_id).client == "builtin"
    model.listen()
    use(service, shipped)
    during = service.upload()
    assert seen(service.analyse(during.resume_id)) == ("done", "LocalVLLM", False)
    assert service.recover() == 0, "the earlier resume must not be read again without a request: it would cost money"
    model.refuse()
    use(service, shipped)  # a restart in between changes nothing
    after = service.upload()
    result = service.analyse(after.resume_id)
    assert seen(result) == ("done", "builtin", True)
    assert "No model responded" in result.warnings[0]
    assert outcomes(service, after.resume_id) == ["unreachable"]
    with service.database.reading() as tx:
        assert find_expected(tx, {"LocalVLLM": shipped}) == {"LocalVLLM"}


def test_a_resume_of_the_first_run_is_read_by_a_model_when_somebody_asks(
    service: Service, shipped: Client, model: ScriptedModel
) -> None:
    made = service.upload()
    assert service.analyse(made.resume_id).client == "builtin"
    model.listen()
    use(service, shipped)
    reanalyse_resume(
        service.database, service.publisher, service.notices, service.rows.tenant_id, made.resume_id, fresh=False
    )
    service.extract(made.resume_id)
    assert seen(service.analyse(made.resume_id)) == ("done", "LocalVLLM", False)


def test_a_key_that_is_refused_from_the_first_call_is_no_calm_start(
    service: Service, hosted: Client, model: ScriptedModel
) -> None:
    model.script.replace(Behaviour("error", status=401))
    use(service, hosted)
    made = service.upload()
    result = service.analyse(made.resume_id)
    assert seen(result) == ("done", "builtin", True)
    assert "GPT4o" in result.warnings[0]
    assert outcomes(service, made.resume_id) == ["unauthorised"]


def test_a_provider_that_cannot_be_reached_with_a_key_is_no_calm_start(
    service: Service, hosted: Client, model: ScriptedModel
) -> None:
    model.refuse()
    use(service, hosted)
    assert seen(service.analyse(service.upload().resume_id)) == ("done", "builtin", True)


def test_a_key_that_is_lost_after_it_worked_is_missed(service: Service, hosted: Client) -> None:
    keyless = replace(hosted, api_key=None, not_configured="OPENAI_API_KEY is not set")
    use(service, keyless)
    assert seen(service.analyse(service.upload().resume_id)) == ("done", "builtin", False)
    use(service, hosted)
    assert seen(service.analyse(service.upload().resume_id)) == ("done", "GPT4o", False)
    use(service, keyless)
    assert seen(service.analyse(service.upload().resume_id)) == ("done", "builtin", True)


def test_the_parser_as_configured_is_never_degraded(service: Service) -> None:
    routing = service.settings.routing.model_copy(update={"clients": ["builtin"]})
    service.parts = replace(service.parts, analyser=service.analyser(Router(service.clients, routing, BamlCaller())))
    assert seen(service.analyse(service.upload().resume_id)) == ("done", "builtin", False)
