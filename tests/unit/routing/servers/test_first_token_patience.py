"""The first-token limit of a self-hosted server follows what the server has shown."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routing.attempt import ModelResult, TokenUsage
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.servers.first_token_patience import (
    Observed,
    PatientCaller,
    ProcessMemory,
    SharedMemory,
    first_token_limit,
)

LAPTOP = Client(
    name="Laptop",
    provider="openai-generic",
    model="m",
    base_url="http://127.0.0.1:1/v1",
    location="local",
    first_token_timeout_seconds=5,
    total_timeout_seconds=60,
)
QUESTION = Question.extract_profile("1| Ada")
USAGE = TokenUsage(input_tokens=1, cached_tokens=0, output_tokens=1)


def limit(*observed: Observed, configured: float = 5, total: float = 60, in_flight: int = 1) -> float:
    return first_token_limit(observed, configured_seconds=configured, total_seconds=total, in_flight=in_flight)


def alone(seconds: float) -> Observed:
    return Observed(seconds, 2 * seconds, 1)


def test_a_server_that_has_shown_nothing_gets_the_configured_limit() -> None:
    assert limit() == 5


def test_a_fast_server_keeps_the_configured_limit() -> None:
    assert limit(*(alone(0.2) for _ in range(20))) == 5


def test_a_slow_server_gets_a_multiple_of_its_slow_calls() -> None:
    assert limit(*(alone(4) for _ in range(20)), alone(10), alone(10)) == 25


def test_one_outlier_among_many_calls_does_not_count() -> None:
    assert limit(*(alone(1) for _ in range(40)), alone(50)) == 5


def test_the_total_limit_of_the_client_is_the_most() -> None:
    assert limit(alone(50)) == 60


def test_a_configured_limit_above_the_total_limit_stays() -> None:
    assert limit(alone(50), configured=90, total=60) == 90


def test_calls_that_wait_behind_others_get_the_time_of_the_queue() -> None:
    # Alone, a call takes 4 s here, so three calls ahead take another 12 s.
    assert limit(alone(2), in_flight=4) == 2.5 * 2 + 12


def test_a_server_that_works_on_many_calls_at_once_has_a_short_queue() -> None:
    busy = Observed(first_token_seconds=1, total_seconds=8, in_flight=16)
    assert limit(busy, configured=0.1, in_flight=18) == pytest.approx(2.5 + 2 * 8 / 16)


@given(
    st.lists(st.builds(Observed, st.floats(0, 1e4), st.floats(0, 1e4), st.integers(1, 500)), max_size=60),
    st.floats(0.1, 600),
    st.floats(0.1, 600),
    st.integers(1, 500),
)
def test_the_limit_is_never_below_the_configured_one_nor_above_both(
    observed: list[Observed], configured: float, total: float, in_flight: int
) -> None:
    found = first_token_limit(observed, configured_seconds=configured, total_seconds=total, in_flight=in_flight)
    assert configured <= found <= max(configured, total)


@dataclass
class Server:
    """Answers after `first_token_seconds`, or not within the limit; remembers the limits."""

    first_token_seconds: float
    limits: list[float] = field(default_factory=list[float])

    def call(self, question: Question, client: Client, **_: Any) -> ModelResult:
        allowed = client.first_token_timeout_seconds
        self.limits.append(allowed)
        if self.first_token_seconds > allowed:
            return ModelResult("timeout", round(allowed * 1000), USAGE, error="first_token_timeout")
        milliseconds = round(self.first_token_seconds * 1000)
        return ModelResult("ok", milliseconds, USAGE, value={}, first_token_ms=milliseconds)

    def estimate_prompt_tokens(self, question: Question) -> int:
        return 1

    def prompt_version(self, function: str) -> str:
        return function


def test_a_server_that_is_too_slow_for_the_configured_limit_gets_more_time_until_it_answers() -> None:
    server = Server(first_token_seconds=30)
    caller = PatientCaller(server)
    results = [caller.call(QUESTION, LAPTOP, timeout_seconds=60) for _ in range(4)]
    assert server.limits == [5, 12.5, 31.25, 60]
    assert [result.outcome for result in results] == ["timeout", "timeout", "ok", "ok"]
    assert [result.first_token_limit_seconds for result in results] == [None, 12.5, 31.25, 60]


@pytest.mark.parametrize("client", [replace(LAPTOP, location="hosted"), replace(LAPTOP, stream=False)])
def test_hosted_clients_and_unstreamed_answers_keep_the_configured_limit(client: Client) -> None:
    server = Server(first_token_seconds=30)
    caller = PatientCaller(server)
    for _ in range(3):
        caller.call(QUESTION, client, timeout_seconds=60)
    assert server.limits == [5, 5, 5]


def test_each_server_of_a_client_has_a_limit_of_its_own() -> None:
    server = Server(first_token_seconds=30)
    caller = PatientCaller(server)
    for url in ("http://a/v1", "http://a/v1", "http://b/v1"):
        caller.call(QUESTION, replace(LAPTOP, base_url=url), timeout_seconds=60)
    assert server.limits == [5, 12.5, 5]


def test_old_observations_are_forgotten() -> None:
    now = 0.0
    memory = ProcessMemory(lambda: now)
    memory.note("a", alone(20))
    now = 3600.0
    assert memory.recent("a") == [alone(20)]
    now = 7 * 3600.0
    assert memory.recent("a") == []


def test_observations_survive_storage_and_nonsense_is_ignored() -> None:
    observed = Observed(1.25, 3.5, 7)
    assert Observed.from_text(observed.to_text()) == observed
    assert Observed.from_text("nonsense") is None


def test_without_redis_a_process_uses_its_own_observations() -> None:
    memory = SharedMemory("redis://127.0.0.1:1/0")
    memory.note("a", alone(20))
    assert memory.recent("a") == [alone(20)]
