"""A model server for load tests that imitates continuous batching: `python -m tests.scripted_model.batching --port
8000`.

Up to `slots` requests run at once and the others wait. Prompts are read one after the other at a fixed rate. Then every
running request gets one token per step, and a step takes longer the more requests run, so latency grows with load and
throughput levels off, as on a GPU. Each token event has the size that vLLM sends. Several tokens share one write,
because this server shares its CPU with the system under test. Answers are truthful (`answers.py`), computed once per
prompt, and take about a millisecond of CPU per request.
"""

import argparse
import asyncio
import collections
import json
import re
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from tests.scripted_model.answers import truthful_answer

_TICK_SECONDS = 0.01
_WRITE_EVERY_SECONDS = 0.05
_CHARACTERS_PER_TOKEN = 4
_NUMBER = re.compile(r"0\| Ref \d{12}\n")
_CHAT_ID = "chatcmpl-0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Shape:
    """Defaults: about 120 answers of 350 tokens per second at 256 in flight, like a small model on a large GPU."""

    slots: int = 256
    prefill_tokens_per_second: float = 200_000.0
    step_seconds: float = 0.003
    step_seconds_per_request: float = 0.000_012
    most_waiting: int = 4096


@dataclass(slots=True)
class _Rendered:
    """An answer as sent: one event per token, and the complete body for requests without streaming."""

    events: list[bytes]
    usage_event: bytes
    whole: bytes
    prompt_tokens: int

    @property
    def tokens(self) -> int:
        return len(self.events)


@dataclass(slots=True, eq=False)
class _Request:
    transport: asyncio.Transport
    rendered: _Rendered
    stream: bool
    usage: bool
    first_token_at: float = 0.0
    progress: float = 0.0
    sent: int = 0
    written_at: float = 0.0
    gone: bool = False


@dataclass(slots=True)
class Counts:
    """The server's counters, exposed by GET /metrics and /admin/counts."""

    finished: int = 0
    abandoned: int = 0
    most_running: int = 0
    connections: int = 0
    prompt_tokens: int = 0
    generation_tokens: int = 0
    started_at: float = field(default_factory=time.monotonic)


class BatchingModel:
    """The batch. `serve` calls `advance` on every tick."""

    def __init__(self, shape: Shape, model: str = "scripted-model", max_model_len: int = 32_768) -> None:
        self.shape = shape
        self.model = model
        self.max_model_len = max_model_len
        self.counts = Counts()
        self.running: list[_Request] = []
        self.waiting: collections.deque[_Request] = collections.deque()
        self._answers: dict[str, _Rendered] = {}
        self._prefill_free_at = 0.0

    def accept(self, request: _Request) -> bool:
        """False if the queue is full."""
        if len(self.waiting) >= self.shape.most_waiting:
            return False
        self.waiting.append(request)
        self._admit(time.monotonic())
        return True

    def advance(self, now: float, elapsed: float) -> None:
        """Give every running request the tokens for the elapsed time, and admit waiting requests."""
        count = len(self.running)
        if count:
            tokens = elapsed / (self.shape.step_seconds + self.shape.step_seconds_per_request * count)
            done = False
            for request in self.running:
                if request.gone:
                    done = True
                    continue
                if now < request.first_token_at:
                    continue
                request.progress += tokens
                done |= self._write(request, now)
            if done:
                self.running = [r for r in self.running if not r.gone]
        self._admit(now)

    def rendered(self, prompt: str, stream_model: str) -> _Rendered:
        prompt = _NUMBER.sub("", prompt)  # `vitae bench` writes this into each prompt to make it unique
        known = self._answers.get(prompt)
        if known is None:
            if len(self._answers) > 10_000:
                self._answers.clear()
            known = self._answers[prompt] = _render(truthful_answer(prompt), prompt, stream_model)
        return known

    def metrics(self) -> str:
        label = f'{{model_name="{self.model}"}}'
        rows = {
            "vllm:num_requests_running": len(self.running),
            "vllm:num_requests_waiting": len(self.waiting),
            "vllm:kv_cache_usage_perc": len(self.running) / self.shape.slots,
            "vllm:prompt_tokens_total": self.counts.prompt_tokens,
            "vllm:generation_tokens_total": self.counts.generation_tokens,
        }
        return "".join(f"{name}{label} {value}\n" for name, value in rows.items())

    def _admit(self, now: float) -> None:
        while self.waiting and len(self.running) < self.shape.slots:
            request = self.waiting.popleft()
            if request.gone:
                continue
            self._prefill_free_at = (
                max(now, self._prefill_free_at) + request.rendered.prompt_tokens / self.shape.prefill_tokens_per_second
            )
            request.first_token_at = self._prefill_free_at
            self.running.append(request)
            self.counts.most_running = max(self.counts.most_running, len(self.running))

    def _write(self, request: _Request, now: float) -> bool:
        """True once the request is finished."""
        rendered = request.rendered
        finished = request.progress >= rendered.tokens
        if request.stream:
            upto = rendered.tokens if finished else int(request.progress)
            due = finished or not request.sent or now - request.written_at >= _WRITE_EVERY_SECONDS
            if upto > request.sent and due:
                # One HTTP chunk per token, as a server writes them, but several chunks per packet.
                pieces = rendered.events[request.sent : upto]
                if finished:
                    pieces.append(rendered.usage_event if request.usage else b"")
                    pieces.append(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
                request.transport.write(b"".join(pieces))
                request.sent, request.written_at = upto, now
        elif finished:
            request.transport.write(_response(200, rendered.whole))
        if finished:
            self._finish(request)
        return finished

    def _finish(self, request: _Request) -> None:
        request.gone = True
        self.counts.finished += 1
        self.counts.prompt_tokens += request.rendered.prompt_tokens
        self.counts.generation_tokens += request.rendered.tokens
        protocol = request.transport.get_protocol()
        if isinstance(protocol, _Connection):
            protocol.answered()


class _Connection(asyncio.Protocol):
    """One connection; its requests are sequential."""

    def __init__(self, model: BatchingModel) -> None:
        self._model = model
        self._buffer = bytearray()
        self._request: _Request | None = None
        self._close = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._model.counts.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if self._request is not None and not self._request.gone:
            self._request.gone = True
            self._model.counts.abandoned += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._read()

    def answered(self) -> None:
        self._request = None
        if self._close and self._transport is not None:
            self._transport.close()
        else:
            self._read()

    def _read(self) -> None:
        if self._request is not None or self._transport is None:
            return
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        self._close = headers.get("connection", "").lower() == "close"
        method, path, _ = first.split(" ", 2)
        self._route(method, path, body)

    def _route(self, method: str, path: str, body: bytes) -> None:
        match method, path:
            case "POST", "/v1/chat/completions":
                self._complete(body)
            case "GET", "/v1/models":
                entry = {"id": self._model.model, "object": "model", "max_model_len": self._model.max_model_len}
                self._reply(200, {"object": "list", "data": [entry]})
            case "GET", "/health":
                self._reply(200, {})
            case "GET", "/metrics":
                self._reply(200, self._model.metrics(), "text/plain; version=0.0.4")
            case "GET", "/admin/counts":
                counts = self._model.counts
                self._reply(200, {name: getattr(counts, name) for name in Counts.__dataclass_fields__})
            case _:
                self._reply(404, {"error": {"message": f"no such path {path}"}})

    def _complete(self, body: bytes) -> None:
        try:
            asked: dict[str, Any] = json.loads(body)
            prompt = "\n".join(_text_of(message) for message in asked["messages"])
            rendered = self._model.rendered(prompt, str(asked.get("model")))
        except (ValueError, KeyError, TypeError) as error:
            return self._reply(400, {"error": {"message": str(error), "type": "BadRequestError", "code": 400}})
        assert self._transport is not None
        stream = bool(asked.get("stream"))
        usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        request = _Request(self._transport, rendered, stream, usage)
        self._request = request
        if not self._model.accept(request):
            self._request = None
            return self._reply(503, {"error": {"message": "the queue is full", "code": 503}})
        if stream:
            # Send the headers immediately, as vLLM does.
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
                b"transfer-encoding: chunked\r\n\r\n"
            )
        return None

    def _reply(self, status: int, value: Any, media_type: str = "application/json") -> None:
        raw = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        assert self._transport is not None
        self._transport.write(_response(status, raw, media_type))
        self.answered()


def _response(status: int, raw: bytes, media_type: str = "application/json") -> bytes:
    return (f"HTTP/1.1 {status} .\r\ncontent-type: {media_type}\r\ncontent-length: {len(raw)}\r\n\r\n").encode() + raw


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _render(text: str, prompt: str, model: str) -> _Rendered:
    created = int(time.time())
    envelope = {"id": _CHAT_ID, "object": "chat.completion.chunk", "created": created, "model": model}
    events: list[bytes] = []
    pieces = [text[at : at + _CHARACTERS_PER_TOKEN] for at in range(0, len(text), _CHARACTERS_PER_TOKEN)] or [""]
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        choice = {
            "index": 0,
            "delta": {"content": piece},
            "logprobs": None,
            "finish_reason": "stop" if last else None,
            "token_ids": None,
        }
        events.append(_event({**envelope, "choices": [choice]}))
    prompt_tokens = -(-len(prompt.encode()) // _CHARACTERS_PER_TOKEN)
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": len(events),
        "total_tokens": prompt_tokens + len(events),
    }
    message = {"role": "assistant", "content": text}
    whole = {
        **envelope,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }
    usage_event = _event({**envelope, "choices": [], "usage": usage})
    return _Rendered(events, usage_event, json.dumps(whole, ensure_ascii=False).encode(), prompt_tokens)


def _event(value: dict[str, Any]) -> bytes:
    return _chunk(b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n")


def _text_of(message: dict[str, Any]) -> str:
    content: Any = message.get("content") or ""
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)


async def serve(model: BatchingModel, port: int, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(model), "127.0.0.1", port, backlog=4096)
    print(f"batching model on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    before = time.monotonic()
    async with server:
        while not stop.is_set():
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            model.advance(now, now - before)
            before = now


def main() -> int:
    usual = Shape()
    parser = argparse.ArgumentParser(prog="python -m tests.scripted_model.batching", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--model", default="scripted-model")
    parser.add_argument("--slots", type=int, default=usual.slots)
    parser.add_argument("--step-ms", type=float, default=usual.step_seconds * 1000)
    parser.add_argument("--step-ms-per-request", type=float, default=usual.step_seconds_per_request * 1000)
    parser.add_argument("--prefill-tokens-per-second", type=float, default=usual.prefill_tokens_per_second)
    options = parser.parse_args()
    shape = Shape(
        slots=options.slots,
        prefill_tokens_per_second=options.prefill_tokens_per_second,
        step_seconds=options.step_ms / 1000,
        step_seconds_per_request=options.step_ms_per_request / 1000,
    )

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(BatchingModel(shape, options.model), options.port, stop)

    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
