"""Sends requests to a model server exactly as Vitae would, and reads the responses. For `vitae bench model`."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from app.benchmark.raw_connection import Address, Connections, Exchange, ExchangeFailed, request_bytes
from app.benchmark.sample import Sample
from app.routing.baml_client import ChatRequest

_LAST_BYTES = 8192  # of a stream: more than its last events take
STOP = frozenset({"stop"})


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request as sent over the wire. `MARK`, if present, is replaced by a new number each time it is sent."""

    MARK: ClassVar[str] = "0| Ref 000000000000"
    wire: bytes

    def numbered(self, number: int) -> bytes:
        """The numbered request. It has the same length, so no header changes."""
        return self.wire.replace(self.MARK.encode(), f"0| Ref {number % 10**12:012d}".encode(), 1)

    @classmethod
    def of(cls, asked: ChatRequest, address: Address) -> "Prompt":
        body = json.dumps(asked.body, ensure_ascii=False).encode()
        path = asked.url.split("://", 1)[-1].partition("/")[2]
        return cls(request_bytes("POST", address, f"/{path}", asked.headers, body))


class ModelLoad:
    """Sends the prompts in rotation."""

    def __init__(
        self, prompts: Sequence[Prompt], address: Address, *, timeout_seconds: float, finishes: frozenset[str] = STOP
    ) -> None:
        """`finishes` are the finish reasons of a successful response."""
        self._prompts = prompts
        self._connections = Connections(address)
        self._timeout_seconds = timeout_seconds
        self._finishes = finishes
        self._first = secrets.randbits(36)  # a random start, so that no run repeats the prompts of an earlier one
        self._loop = asyncio.get_running_loop()

    @property
    def connections_opened(self) -> int:
        return self._connections.opened

    async def send(self, number: int, due: float) -> Sample:
        sample = Sample(due, self._loop.time())
        try:
            async with asyncio.timeout(self._timeout_seconds):
                exchange = await self._connections.exchange(
                    self._prompts[number % len(self._prompts)].numbered(self._first + number)
                )
        except TimeoutError:
            sample.outcome, sample.ended_at = "timeout", self._loop.time()
        except ExchangeFailed as failed:
            sample.outcome, sample.ended_at = failed.kind, self._loop.time()
        else:
            sample.ended_at = exchange.ended_at
            read_answer(exchange, sample, self._finishes)
        return sample

    def close(self) -> None:
        self._connections.close()


def read_answer(exchange: Exchange, sample: Sample, finishes: frozenset[str] = STOP) -> None:
    """Sets outcome, tokens and time of the first token, from a streamed or a complete response."""
    if exchange.status != 200:
        sample.outcome = f"http_{exchange.status}"
        return
    streamed = exchange.content_type.startswith("text/event-stream")
    try:
        finish, usage, events = _end_of_stream(exchange) if streamed else _whole(exchange.body)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        sample.outcome = "unreadable_answer"
        return
    # Without streaming, the time of the first token is unknown.
    sample.first_token_at = exchange.first_body_at if streamed else None
    if finish is None:
        sample.outcome = "closed_early"
    elif finish not in finishes:
        sample.outcome = f"finish_{finish}"[:40]
    if usage:
        details = usage.get("prompt_tokens_details") or {}
        sample.input_tokens = int(usage.get("prompt_tokens") or 0)
        sample.output_tokens = int(usage.get("completion_tokens") or 0)
        sample.cached_tokens = int(details.get("cached_tokens") or 0)
    else:
        sample.output_tokens, sample.tokens_estimated = events, True


def _end_of_stream(exchange: Exchange) -> tuple[str | None, dict[str, Any] | None, int]:
    """Reads only the last events if each arrived as a separate chunk, which is usual; otherwise the whole body."""
    with suppress(ValueError):
        finish, usage, _ = _last_of_stream(exchange.received[-_LAST_BYTES:].partition(b"\n")[2])
        if finish is not None and usage:
            return finish, usage, exchange.received.count(b"data:") - 1
    return _last_of_stream(exchange.body)


def _last_of_stream(body: bytes) -> tuple[str | None, dict[str, Any] | None, int]:
    """Finish reason, usage and number of events. Parses only the last events."""
    events = [line[5:].strip() for line in body.replace(b"\r\n", b"\n").split(b"\n") if line.startswith(b"data:")]
    if b"[DONE]" in events[-1:]:
        events.pop()
    finish, usage = None, None
    for raw in reversed(events[-4:]):
        event: dict[str, Any] = json.loads(raw)
        usage = usage or event.get("usage")
        choices = event.get("choices") or []
        finish = finish or (choices[0].get("finish_reason") if choices else None)
    return finish, usage, len(events)


def _whole(body: bytes) -> tuple[str | None, dict[str, Any] | None, int]:
    answer: dict[str, Any] = json.loads(body)
    return answer["choices"][0]["finish_reason"], answer.get("usage"), 0
