"""Whatever fails and whatever is configured, a local_only request never reaches a hosted client."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import RoutingError, TextTooLong
from app.routing.attempt import Cancellation, ModelResult, Outcome, TokenUsage
from app.routing.breakers.breaker import Permit, Rejected
from app.routing.clients import Client
from app.routing.decision import RetryPolicy
from app.routing.question import Question, Traits
from app.routing.router import Router
from app.routing.servers.partial_answer import AnswerFollower
from app.routing.situation import Situation
from app.settings import RoutingSettings

NAMES = ["A", "B", "C", "D"]
OUTCOMES: list[Outcome] = [
    "ok", "parse_error", "cut_off", "timeout", "unreachable", "rate_limited", "server_error", "rejected",
    "unauthorised", "too_long",
]  # fmt: skip

orders = st.lists(st.sampled_from([*NAMES, "builtin"]), min_size=1, unique=True)
rules = st.lists(
    st.fixed_dictionaries(
        {"name": st.just("rule"), "clients": orders},
        optional={
            "pages_over": st.integers(0, 3),
            "tokens_over": st.integers(0, 3000),
            "languages": st.just(["de"]),
            "columns": st.booleans(),
            "hours": st.sampled_from(["22-6", "0-24", "8-18"]),
            "waiting_over": st.integers(0, 50),
            "server_waiting_over": st.integers(0, 50),
        },
    ),
    max_size=3,
)
locations = st.sampled_from(["local", "hosted"])
contexts = st.sampled_from([None, 700, 8192])


def make_client(name: str, location: Any, context_tokens: int | None, *, several: bool) -> Client:
    urls = (f"http://{name.lower()}/v1", f"http://{name.lower()}-2/v1")
    return Client(
        name=name,
        provider="openai-generic",
        model="m",
        base_url=urls[0],
        location=location,
        context_tokens=context_tokens,
        base_urls=urls if several else (),
    )


class FaultyWorld:
    """Caller and breaker in one: fails, rejects and answers as drawn, and records where each call went."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.asked: list[Client] = []
        self.now = 0.0

    def call(
        self,
        question: Question,
        client: Client,
        *,
        timeout_seconds: float,
        cancel: Cancellation | None = None,
        follower: AnswerFollower | None = None,
    ) -> ModelResult:
        self.asked.append(client)
        self.now += self._data.draw(st.sampled_from([0.0, 1.0, 20.0]))
        outcome = self._data.draw(st.sampled_from(OUTCOMES))
        value = {"is_resume": True} if outcome == "ok" else None
        retry_after = self._data.draw(st.sampled_from([None, 0.5, 100.0]))
        return ModelResult(
            outcome,
            1,
            TokenUsage(input_tokens=0, cached_tokens=0, output_tokens=0),
            value=value,
            error="e",
            retry_after_seconds=retry_after,
        )

    def estimate_prompt_tokens(self, question: Question) -> int:
        return 600

    def prompt_version(self, function: str) -> str:
        return "v"

    def acquire(self, endpoint: str) -> Permit | Rejected:
        return Permit(endpoint) if self._data.draw(st.integers(0, 3)) else Rejected("is temporarily disabled", 2.0)

    def report(self, permit: Permit, outcome: Outcome) -> None:
        return None

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_in_a_thousand_random_setups_no_hosted_client_is_called(data: st.DataObject) -> None:
    known = {
        name: make_client(name, data.draw(locations), data.draw(contexts), several=data.draw(st.booleans()))
        for name in NAMES
    }
    world = FaultyWorld(data)
    moment = Situation(data.draw(st.integers(0, 23)), data.draw(st.none() | st.integers(0, 100)))
    routing = RoutingSettings.model_validate(
        {
            "clients": data.draw(orders),
            "rules": data.draw(rules),
            "functions": {"ExtractProfile": {"clients": data.draw(orders)}} if data.draw(st.booleans()) else {},
        }
    )
    asked = Router(
        known,
        routing,
        world,
        context_tokens=lambda client: client.context_tokens,
        breaker=world,
        retry_policy=RetryPolicy(attempts_per_endpoint=data.draw(st.integers(1, 3)), wait_for_preferred_seconds=1),
        situation=lambda: moment,
        clock=lambda: datetime(2026, 11, 20, tzinfo=UTC),
        monotonic=lambda: world.now,
        sleep=world.sleep,
    )
    traits = Traits(data.draw(st.integers(1, 5)), data.draw(st.integers(0, 5000)), "de", data.draw(st.booleans()))
    question = Question.extract_profile("1| text", traits)
    with suppress(RoutingError, TextTooLong):
        asked.ask(question, privacy="local_only", deadline_seconds=60, record=lambda _: None)
    assert all(client.location == "local" for client in world.asked)
