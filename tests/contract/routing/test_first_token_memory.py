"""What servers have shown about their first token is shared by all processes through Redis."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from app.messaging.notices import Notices
from app.observability.metrics import Tally
from app.pipeline.operations.client_control import ClientControl
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client, build_clients
from app.routing.question import Question
from app.routing.router import Router
from app.routing.servers.first_token_patience import (
    FirstTokenMemory,
    Observed,
    PatientCaller,
    ProcessMemory,
    SharedMemory,
)
from app.settings import load_settings
from app.storage.engine import Database
from app.wiring.routing_parts import build_shared_balancer, build_shared_breaker
from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel, Step

SLOW = Observed(20.0, 30.0, 2)


@pytest.fixture(params=["process", "shared"])
def memory(request: pytest.FixtureRequest) -> FirstTokenMemory:
    return ProcessMemory() if request.param == "process" else SharedMemory(request.getfixturevalue("redis_url"))


def test_a_memory_returns_what_was_noted_for_this_endpoint(memory: FirstTokenMemory) -> None:
    memory.note("a", SLOW)
    memory.note("b", replace(SLOW, in_flight=3))
    assert list(memory.recent("a")) == [SLOW]
    assert list(memory.recent("c")) == []


def test_a_memory_keeps_the_newest_fifty_calls(memory: FirstTokenMemory) -> None:
    for number in range(1, 61):
        memory.note("many", replace(SLOW, in_flight=number))
    assert {observed.in_flight for observed in memory.recent("many")} == set(range(11, 61))


def test_another_process_sees_what_this_one_noted(redis_url: str) -> None:
    SharedMemory(redis_url).note("shared", SLOW)
    assert list(SharedMemory(redis_url).recent("shared")) == [SLOW]


def test_nonsense_in_redis_is_ignored(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.lpush("vitae:endpoint:odd:first-token", "what is this", SLOW.to_text())
    assert list(SharedMemory(redis_url).recent("odd")) == [SLOW]


def test_a_server_that_is_too_slow_for_its_limit_is_given_more_time(
    configure: Callable[..., tuple[dict[str, Client], Router]], local: ScriptedModel
) -> None:
    clients, _ = configure({"VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS": "0.5"})
    local.script.replace(Step(Behaviour("hang_before_headers"), calls=1), Behaviour())
    memory = ProcessMemory()
    caller = PatientCaller(BamlCaller(), memory)
    question = Question.extract_profile(RESUME)
    first = caller.call(question, clients["LocalVLLM"], timeout_seconds=30)
    assert (first.outcome, first.error) == ("timeout", "first_token_timeout")
    assert [observed.first_token_seconds for observed in memory.recent(clients["LocalVLLM"].endpoint)] == [0.5]
    second = caller.call(question, clients["LocalVLLM"], timeout_seconds=30)
    assert second.outcome == "ok"
    assert second.first_token_limit_seconds == 1.25


def test_a_warm_up_counts(database: Database, redis_url: str, local: ScriptedModel, tmp_path: Path) -> None:
    given = {
        "VITAE_CLIENTS__LOCALVLLM__BASE_URL": local.base_url,
        "VITAE_CLIENTS__LOCALVLLM__MODEL": local.model,
        "VITAE_STORAGE__REDIS_URL": redis_url,
    }
    loaded = load_settings(tmp_path, given)
    clients = build_clients(loaded.settings, loaded.environment)
    memory = ProcessMemory()
    control = ClientControl(
        database,
        clients,
        build_shared_breaker(loaded.settings, clients, database, Notices(redis_url), Tally()),
        build_shared_balancer(loaded.settings, clients),
        memory,
    )
    assert control.warm_up("LocalVLLM", local.base_url).health == "up"
    assert len(memory.recent(clients["LocalVLLM"].endpoint)) == 1
