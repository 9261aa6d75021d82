"""Several endpoints of one client: balanced by load, and drained without losing a call."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest

from app.routing.attempt import Attempt
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.router import NoClientAnswered, Router
from app.routing.servers.balancer import Place, RedisBalancer
from app.settings import RoutingSettings
from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel

QUESTION = Question.extract_profile(RESUME)


@pytest.fixture
def second() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def balancer(redis_url: str) -> RedisBalancer:
    return RedisBalancer(redis_url, lease_seconds=30)


def router(balancer: RedisBalancer, *servers: ScriptedModel) -> Router:
    urls = tuple(server.base_url for server in servers)
    client = Client(
        name="Own",
        provider="openai-generic",
        model=servers[0].model,
        base_url=urls[0],
        location="local",
        base_urls=urls,
    )
    return Router(
        {"Own": client}, RoutingSettings.model_validate({"clients": ["Own"]}), BamlCaller(), balancer=balancer
    )


def names(count: int) -> list[str]:
    return [f"Own@{uuid.uuid4()}" for _ in range(count)]


def take(balancer: RedisBalancer, endpoints: list[str]) -> Place:
    place = balancer.enter(endpoints)
    assert place is not None
    return place


def test_calls_go_to_the_endpoint_with_the_fewest_in_flight_over_all_processes(
    redis_url: str, balancer: RedisBalancer
) -> None:
    endpoints = names(3)
    other_process = RedisBalancer(redis_url, lease_seconds=30)
    places = [take((balancer, other_process)[number % 2], endpoints) for number in range(30)]
    assert set(Counter(place.endpoint for place in places).values()) == {10}
    for place in places:
        if place.endpoint == endpoints[1]:
            balancer.leave(place)
    assert {take(balancer, endpoints).endpoint for _ in range(10)} == {endpoints[1]}
    assert balancer.load(endpoints[1]).in_flight == 10


def test_the_calls_of_a_dead_worker_stop_counting(redis_url: str) -> None:
    endpoints = names(2)
    short = RedisBalancer(redis_url, lease_seconds=0.2)
    take(short, endpoints)
    threading.Event().wait(0.25)  # the lease itself
    assert [short.load(endpoint).in_flight for endpoint in endpoints] == [0, 0]


def test_healthy_endpoints_come_first_and_drained_ones_never(balancer: RedisBalancer) -> None:
    endpoints = names(2)
    balancer.set_health(endpoints[0], "saturated", for_seconds=60)
    assert {take(balancer, endpoints).endpoint for _ in range(5)} == {endpoints[1]}
    balancer.drain(endpoints[1], drained=True)
    assert take(balancer, endpoints).endpoint == endpoints[0]
    balancer.drain(endpoints[0], drained=True)
    assert balancer.enter(endpoints) is None
    balancer.drain(endpoints[1], drained=False)
    assert take(balancer, endpoints).endpoint == endpoints[1]


def test_without_redis_the_calls_of_this_process_are_still_balanced() -> None:
    alone = RedisBalancer("redis://127.0.0.1:1/0", lease_seconds=30)
    endpoints = names(2)
    assert Counter(take(alone, endpoints).endpoint for _ in range(10)) == dict.fromkeys(endpoints, 5)


def test_both_servers_are_used_and_one_takes_over_when_the_other_dies(
    balancer: RedisBalancer, local: ScriptedModel, second: ScriptedModel
) -> None:
    asked = router(balancer, local, second)
    local.script.replace(Behaviour(latency_seconds=0.1))
    second.script.replace(Behaviour(latency_seconds=0.1))
    attempts = _ask_together(asked, 20)
    assert {attempt.outcome for attempt in attempts} == {"ok"}
    assert (len(local.calls), len(second.calls)) == (10, 10)
    local.refuse()
    attempts = _ask_together(asked, 4)
    assert sum(attempt.outcome == "ok" for attempt in attempts) == 4


def test_draining_one_of_two_under_load_loses_no_call(
    balancer: RedisBalancer, local: ScriptedModel, second: ScriptedModel
) -> None:
    asked = router(balancer, local, second)
    for server in (local, second):
        server.script.replace(Behaviour(latency_seconds=0.02))
    drained_after: list[int] = []

    def drain() -> None:
        while len(local.calls) < 20:
            threading.Event().wait(0.005)
        balancer.drain(f"Own@{local.base_url}", drained=True)
        drained_after.append(len(local.calls))

    drainer = threading.Thread(target=drain)
    drainer.start()
    attempts = _ask_together(asked, 16, each=10)
    drainer.join(10)
    assert Counter(attempt.outcome for attempt in attempts) == {"ok": 160}
    # Calls that were assigned before the drain may still arrive.
    assert len(local.calls) <= drained_after[0] + 16
    assert len(local.calls) + len(second.calls) == 160


def test_with_all_endpoints_drained_the_reason_is_given_once(
    balancer: RedisBalancer, local: ScriptedModel, second: ScriptedModel
) -> None:
    for server in (local, second):
        balancer.drain(f"Own@{server.base_url}", drained=True)
    with pytest.raises(NoClientAnswered) as caught:
        router(balancer, local, second).ask(QUESTION, privacy="any", deadline_seconds=5, record=lambda _: None)
    assert [reason.reason for reason in caught.value.reasons] == ["is being drained"]


def _ask_together(asked: Router, threads: int, *, each: int = 1) -> list[Attempt]:
    attempts: list[Attempt] = []

    def work() -> None:
        for _ in range(each):
            asked.ask(QUESTION, privacy="any", deadline_seconds=30, record=attempts.append)

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return attempts
