"""The four limits of a call, and the response formats of servers, over real sockets."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from app.routing.attempt import TokenUsage
from app.routing.baml_client import call_model
from app.routing.clients import Client
from app.routing.failure import Failure
from app.routing.question import Question
from app.routing.servers.chat_completion import Completion, complete
from app.routing.servers.http_exchange import Exchange, Limits, NotConnected
from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel

QUESTION = Question.extract_profile(RESUME)
LIMITS = Limits(connect_seconds=2, first_token_seconds=5, stall_seconds=5, total_seconds=10)
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HELLO = b'data: {"choices": [{"delta": {"content": "Hel"}}]}\n\n'
REST = b'data: {"choices": [{"delta": {"content": "lo"}, "finish_reason": "stop"}]}\n\n'
USAGE = (
    b'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, '
    b'"prompt_tokens_details": {"cached_tokens": 4}}}\n\n'
)
DONE = b"data: [DONE]\n\n"


@contextmanager
def server(*pieces: bytes, pause_seconds: float = 0.0, hang: bool = False) -> Generator[str]:
    """Answers one request with exactly these bytes; returns its address."""
    stop = threading.Event()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):  # the caller hangs up when it has received enough
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                for piece in pieces:
                    connection.sendall(piece)
                    stop.wait(pause_seconds)
                if hang:
                    stop.wait(30)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1/chat/completions"
        stop.set()
        thread.join(5)


def ask(url: str, limits: Limits = LIMITS) -> Completion:
    return complete(url, {}, {"model": "m"}, limits, None)


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.fixture
def client(local: ScriptedModel) -> Client:
    return Client(
        name="LocalVLLM", provider="openai-generic", model=local.model, base_url=local.base_url, location="local"
    )


@pytest.mark.parametrize("kind", ["hang_before_headers", "hang_after_headers"])
def test_a_server_that_sends_nothing_is_abandoned_after_the_first_token_limit(
    local: ScriptedModel, client: Client, kind: str
) -> None:
    local.script.replace(Behaviour.from_json({"kind": kind}))
    result = call_model(QUESTION, replace(client, first_token_timeout_seconds=0.3), timeout_seconds=20)
    assert (result.outcome, result.error, result.usage.estimated) == ("timeout", "first_token_timeout", True)
    assert result.usage.input_tokens > 0
    assert result.usage.output_tokens == 0, "no token was written"
    assert result.latency_ms < 5000


def test_an_answer_that_stalls_is_abandoned_after_the_stall_limit() -> None:
    with server(STREAM + b"\r\n" + HELLO, hang=True) as url:
        done = ask(url, replace(LIMITS, stall_seconds=0.3))
    assert done.failure is not None
    assert (done.failure.error, done.text) == ("stall_timeout", "Hel")


def test_a_slow_but_steady_answer_outlives_first_token_and_stall_limits(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour(token_seconds=0.02))
    steady = replace(client, first_token_timeout_seconds=0.5, stall_timeout_seconds=0.5)
    result = call_model(QUESTION, steady, timeout_seconds=30)
    assert result.outcome == "ok"
    assert result.latency_ms > 500


def test_an_answer_that_trickles_forever_ends_at_the_total_limit() -> None:
    with server(STREAM + b"\r\n" + HELLO, *[b": still here\n"] * 100, pause_seconds=0.05) as url:
        done = ask(url, replace(LIMITS, total_seconds=0.6))
    assert done.failure is not None
    assert done.failure.error == "total_timeout"


def test_headers_that_trickle_count_against_the_first_token_limit() -> None:
    head = [bytes([byte]) for byte in STREAM * 3]
    with server(*head, pause_seconds=0.05) as url:
        done = ask(url, replace(LIMITS, first_token_seconds=0.4))
    assert done.failure is not None
    assert done.failure.error == "first_token_timeout"


def test_keep_alive_comments_are_not_a_first_token() -> None:
    with server(STREAM + b"\r\n", *[b": waiting\n\n"] * 60, pause_seconds=0.05) as url:
        done = ask(url, replace(LIMITS, first_token_seconds=0.4))
    assert done.failure is not None
    assert done.failure.error == "first_token_timeout"


@pytest.mark.parametrize(
    "answer",
    [
        STREAM + b"\r\n" + HELLO + REST + USAGE + DONE,
        STREAM + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(HELLO, REST + USAGE[:20], USAGE[20:], DONE),
        STREAM + b"\r\n" + (HELLO + REST + USAGE + DONE).replace(b"\n", b"\r\n"),
        PLAIN + b'\r\n{"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}], "usage": '
        b'{"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}}',
    ],
    ids=["closed at the end", "chunked", "different line endings", "a server that does not stream"],
)
def test_every_shape_of_an_answer_is_read(answer: bytes) -> None:
    with server(answer) as url:
        done = ask(url)
    assert replace(done, first_token_seconds=None) == Completion(
        "Hello", "stop", TokenUsage(input_tokens=9, cached_tokens=4, output_tokens=2)
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (STREAM + b"\r\n" + HELLO, "connection_closed_early"),
        (STREAM + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(HELLO)[:-5], "connection_closed_early"),
        (STREAM + b"Transfer-Encoding: chunked\r\n\r\nsurprise\r\n", "unreadable_response"),
        (STREAM + b"Content-Length: 900\r\n\r\n" + HELLO, "connection_closed_early"),
        (STREAM + b"\r\n" + HELLO + b'data: {"error": {"message": "out of memory"}}\n\n' + DONE, "error_in_stream"),
        (STREAM + b"\r\n" + DONE, "not_a_completion"),
        (PLAIN + b'\r\n{"object": "list"}', "not_a_completion"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "not_a_completion"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "unreadable_response"),
        (b"", "connection_closed_early"),
    ],
)
def test_a_broken_answer_is_a_server_error_with_its_code(answer: bytes, error: str) -> None:
    with server(answer) as url:
        done = ask(url)
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.error) == ("server_error", error)
    assert done.failure.may_be_billed


def test_a_client_that_cannot_stream_is_called_without_streaming(local: ScriptedModel, client: Client) -> None:
    result = call_model(QUESTION, replace(client, stream=False), timeout_seconds=20)
    assert result.outcome == "ok"
    assert not local.calls[0].stream


def test_a_provider_with_another_api_uses_bamls_own_transport(local: ScriptedModel, client: Client) -> None:
    """No server answers Anthropic's path here: the test only checks that the error is returned as one."""
    result = call_model(QUESTION, replace(client, provider="anthropic", api_key="k"), timeout_seconds=20)
    assert (result.outcome, result.http_status) == ("rejected", 404)


def test_the_machines_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(STREAM + b"\r\n" + HELLO + REST + DONE) as proxy:
        monkeypatch.setenv("http_proxy", proxy.removesuffix("/v1/chat/completions"))
        monkeypatch.setenv("no_proxy", "")
        assert ask("http://models.example.invalid/v1/chat/completions").text == "Hello"


def test_a_key_with_a_line_break_sends_nothing() -> None:
    done = complete("http://127.0.0.1:9/v1", {"authorization": "Bearer a\r\nx: y"}, {}, LIMITS, None)
    assert done.failure is not None
    assert done.failure.outcome == "unreachable"


def test_a_name_server_that_hangs_takes_no_longer_than_the_connect_limit() -> None:
    answered = threading.Event()

    def hanging(host: str, port: int) -> list[Any]:
        answered.wait(30)
        return socket.getaddrinfo("127.0.0.1", port)

    limits = replace(LIMITS, connect_seconds=0.2)
    began = time.monotonic()
    with (
        Exchange("http://models.example.org/v1/chat/completions", {}, b"{}", limits, hanging) as exchange,
        pytest.raises(NotConnected) as caught,
    ):
        exchange.open(None)
    answered.set()
    assert caught.value.code == "dns_timeout"
    assert time.monotonic() - began < 15  # far below what the resolver would need


def test_an_unknown_host_name_is_reported_as_such() -> None:
    assert ask("http://no-such-host.invalid/v1/chat/completions").failure == Failure("unreachable", "dns_failure")
