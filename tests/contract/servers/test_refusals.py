"""Error responses in the words of real servers: the outcome, what the operator is told, and the circuit breaker.

The responses are in `refusal_rows`.
"""

from collections.abc import Iterator

import pytest

from app.errors import TextTooLong
from app.routing.attempt import Attempt, Outcome
from app.routing.baml_client import BamlCaller
from app.routing.breakers.breaker import Rejected
from app.routing.breakers.process_breaker import ProcessBreaker
from app.routing.clients import Client
from app.routing.failure import classify_error_in_stream
from app.routing.question import Question
from app.routing.router import NoClientAnswered, Router
from app.settings import RoutingSettings
from tests.contract.routing.conftest import RESUME
from tests.contract.servers.refusal_rows import BROKEN, BUSY, NO_CREDIT, REJECTED, TIMEOUT, TOO_LONG, WRONG_KEY, Row
from tests.contract.servers.refusing_server import Refusal, RefusingServer

QUESTION = Question.extract_profile(RESUME)


ROWS: list[tuple[Outcome, Row]] = [
    *(("too_long", row) for row in TOO_LONG),
    *(("unauthorised", row) for row in (*NO_CREDIT, *WRONG_KEY)),
    *(("rate_limited", row) for row in BUSY),
    *(("rejected", row) for row in REJECTED),
    *(("timeout", row) for row in TIMEOUT),
    *(("server_error", row) for row in BROKEN),
]
# Only these say something about the server's health, or about a key or account that no request can use.
OPENS_BREAKER = {"unauthorised", "timeout", "server_error"}


@pytest.fixture(scope="module")
def server() -> Iterator[RefusingServer]:
    with RefusingServer(lambda _: None) as running:
        yield running


def ask(server: RefusingServer, refusal: Refusal) -> tuple[Attempt, str, bool]:
    """The only attempt, the sentences for the operator, and whether it opened a breaker that opens at one failure."""
    server.refuses = lambda _: refusal
    server.requests.clear()
    client = Client(
        name="Refusing",
        provider="openai-generic",
        model="some-model",
        base_url=server.base_url,
        api_key="k",
        connect_timeout_seconds=20,
        first_token_timeout_seconds=60,
        total_timeout_seconds=60,
    )
    breaker = ProcessBreaker(failures=1, open_seconds=60, probe_lease_seconds=60)
    settings = RoutingSettings.model_validate({"clients": ["Refusing"]})
    router = Router({"Refusing": client}, settings, BamlCaller(), breaker=breaker, context_tokens=lambda _: 100_000)
    attempts: list[Attempt] = []
    with pytest.raises((NoClientAnswered, TextTooLong)) as raised:
        router.ask(QUESTION, privacy="any", deadline_seconds=60, record=attempts.append)
    (attempt,) = attempts
    return attempt, str(raised.value), isinstance(breaker.acquire(client.endpoint), Rejected)


@pytest.mark.parametrize(("outcome", "row"), ROWS, ids=[f"{outcome}: {row.source}" for outcome, row in ROWS])
def test_a_refusal_is_understood(server: RefusingServer, outcome: Outcome, row: Row) -> None:
    attempt, told, opened = ask(server, Refusal(row.status, row.body, row.headers))
    assert attempt.outcome == outcome
    assert row.error in (None, attempt.error)
    assert opened is (outcome in OPENS_BREAKER)
    assert len(server.requests) == 1
    billed = outcome == "timeout"  # the model behind the gateway may still be working
    assert (attempt.input_tokens > 0, attempt.tokens_estimated) == (billed, billed)
    if outcome == "too_long":
        assert "does not fit the context" in told


@pytest.mark.parametrize(
    "row", [row for row in BUSY if row.retry_after_seconds is not None], ids=lambda row: row.source
)
def test_a_busy_servers_pause_is_read_from_the_header_or_the_text(server: RefusingServer, row: Row) -> None:
    server.refuses = lambda _: Refusal(row.status, row.body, row.headers)
    client = Client(name="Busy", provider="openai-generic", model="m", base_url=server.base_url, api_key="k")
    result = BamlCaller().call(QUESTION, client, timeout_seconds=60)
    assert result.retry_after_seconds == row.retry_after_seconds


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("2389-research/tracker#547", "has no credit left"),
        ("we0-dev/we0#56", "clients.Refusing.max_output_tokens"),
        ("vanderschaarlab/climb#1", "allows fewer tokens a minute than this request needs"),
        ("vLLM documentation, served model name", "clients.Refusing.model"),
        ("FastAPI documentation, unknown path", "clients.Refusing.base_url"),
        ("nginx documentation, client_max_body_size", "is behind a proxy that refuses requests of this size"),
    ],
)
def test_the_operator_is_told_what_to_change(server: RefusingServer, source: str, words: str) -> None:
    row = next(row for _, row in ROWS if row.source == source)
    _, told, _ = ask(server, Refusal(row.status, row.body))
    assert words in told


def test_nothing_of_an_error_body_leaves_the_router(server: RefusingServer) -> None:
    secret = "Ilse Varga-Okoye, 5 Elm Street"
    body = {"error": {"message": f"context length exceeded: {secret}", "code": secret, "param": secret, "type": secret}}
    for status in (400, 429, 500):
        attempt, told, _ = ask(server, Refusal(status, body))
        assert "Ilse" not in f"{attempt}{told}"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"message": "Reached context length of 4096 tokens", "code": "context_length_exceeded"}, "too_long"),
        ({"type": "overloaded_error", "message": "Overloaded"}, "rate_limited"),
        ({"code": "insufficient_quota", "message": "You exceeded your current quota"}, "unauthorised"),
        ("Context size has been exceeded.", "too_long"),
        ({"message": "CUDA error", "code": 500}, "server_error"),
        (True, "server_error"),
    ],
)
def test_an_error_within_a_stream_is_understood_in_the_same_way(error: object, outcome: Outcome) -> None:
    failure = classify_error_in_stream(error, begun=True)
    assert (failure.outcome, failure.may_be_billed) == (outcome, True)
    at_once = classify_error_in_stream(error, begun=False)
    assert at_once.may_be_billed is (outcome == "server_error")
