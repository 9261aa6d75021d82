"""The layer that limits request bodies which are too long or never end, tested without a server."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api.body_limit import BodyLimit

_LIMIT = 100


def _scope(method: str = "POST", path: str = "/", **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "headers": raw, "state": {"request_id": "r"}}


def _pieces(*sizes: int) -> Iterator[Message]:
    for number, size in enumerate(sizes, 1):
        yield {"type": "http.request", "body": b"x" * size, "more_body": number < len(sizes)}


class _Reader:
    """An application that reads the complete body and responds with 200. `taken` is the part that reached it."""

    def __init__(self) -> None:
        self.taken = 0
        self.called = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.called = True
        more = True
        while more:
            message = await receive()
            self.taken += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})


def _run(
    app: _Reader, scope: dict[str, Any], messages: Iterator[Message], **options: Any
) -> tuple[list[Message], BaseException | None]:
    sent: list[Message] = []

    async def receive() -> Message:
        for message in messages:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> BaseException | None:
        limit = BodyLimit(app, limit_bytes=_LIMIT, limits_bytes={("POST", "/big"): 10 * _LIMIT}, **options)
        try:
            await limit(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the framework drops it, because the response has been sent
            return error
        return None

    return sent, asyncio.run(run())


def _answer(sent: list[Message]) -> tuple[int, dict[str, Any]]:
    assert [message["type"] for message in sent].count("http.response.start") == 1
    assert sent[-1].get("more_body", False) is False
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(body)


def test_a_body_of_exactly_the_limit_passes() -> None:
    app = _Reader()
    sent, error = _run(app, _scope(), _pieces(60, 40))
    assert error is None
    assert sent[0]["status"] == 200
    assert app.taken == _LIMIT


def test_one_byte_more_is_rejected_and_does_not_reach_the_application() -> None:
    app = _Reader()
    sent, _ = _run(app, _scope(), _pieces(60, 41, 5))
    status, body = _answer(sent)
    assert (status, body["code"], body["request_id"]) == (413, "payload_too_large", "r")
    assert app.taken == 60
    assert (b"connection", b"close") in sent[0]["headers"]


def test_a_route_can_have_its_own_limit() -> None:
    sent, _ = _run(_Reader(), _scope(path="/big"), _pieces(600, 400))
    assert sent[0]["status"] == 200
    sent, _ = _run(_Reader(), _scope("PUT", "/big"), _pieces(101, 0))
    assert sent[0]["status"] == 413


@pytest.mark.parametrize(
    ("length", "status"), [("101", 413), ("99999999999999999999", 413), ("-5", 422), ("abc", 422), ("1e3", 422)]
)
def test_an_announced_length_is_checked_before_the_application_is_called(length: str, status: int) -> None:
    app = _Reader()
    sent, _ = _run(app, _scope(content_length=length), _pieces(5))
    assert _answer(sent)[0] == status
    assert not app.called


def test_a_client_that_expects_100_continue_is_not_asked_for_the_body() -> None:
    asked = False

    def pieces() -> Iterator[Message]:
        nonlocal asked
        asked = True
        yield from _pieces(101)

    sent, _ = _run(_Reader(), _scope(content_length="101", expect="100-continue"), pieces())
    assert _answer(sent)[0] == 413
    assert not asked


def test_a_stalled_body_is_abandoned() -> None:
    first: list[Message] = [{"type": "http.request", "body": b"x", "more_body": True}]
    sent, _ = _run(_Reader(), _scope(), iter(first), stall_seconds=0.01)
    status, body = _answer(sent)
    assert (status, body["code"]) == (408, "request_timeout")


def test_a_slow_response_after_the_body_is_not_abandoned() -> None:
    class Slow(_Reader):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            leaving = asyncio.ensure_future(receive())  # waits for the client to disconnect, as streams do
            await asyncio.sleep(0.05)
            assert not leaving.done()
            leaving.cancel()
            await send({"type": "http.response.start", "status": 200, "headers": []})

    sent, error = _run(Slow(), _scope(), _pieces(5), stall_seconds=0.01)
    assert error is None
    assert sent[0]["status"] == 200
