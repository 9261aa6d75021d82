"""The scripted model's HTTP side: chat completions (streamed or not), models, health, metrics and an admin path.

    with ScriptedModel(max_model_len=8192) as model:
        model.script.replace(Step(Behaviour("error", status=500), calls=2), Behaviour())
        ...   # the client's base_url is model.base_url
        assert model.calls[0].outcome == "error"

Of a prompt, only its length and a hash of its first message are kept, so no test can print a resume by accident.
"""

import contextlib
import hashlib
import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.scripted_model.answers import function_of, lying_answer, truthful_answer
from tests.scripted_model.batches import ScriptedBatches
from tests.scripted_model.behaviour import Behaviour, Script

_POLL_SECONDS = 0.02
# The vLLM histograms, reported with count and sum.
_DURATIONS = (
    "time_to_first_token_seconds",
    "inter_token_latency_seconds",
    "request_queue_time_seconds",
    "e2e_request_latency_seconds",
)
_HANG_SECONDS = 600.0  # longer than any test; stopping the server ends it sooner


@dataclass(slots=True)
class Call:
    """One chat completion as the server saw it."""

    number: int
    behaviour: str
    model: str
    function: str | None
    prompt_characters: int
    system_sha256: str  # equal for all calls of one function, so a prefix cache can work
    has_key: bool
    stream: bool
    max_tokens: int | None
    roles: tuple[str, ...]  # of the messages, in order
    began: float  # time.monotonic()
    ended: float | None = None
    hung_up: bool = False  # the caller closed the connection before the answer was complete
    options: dict[str, Any] = field(default_factory=dict[str, Any])  # the request body without its messages


class ScriptedModel:
    """One server on its own port, in threads of this process."""

    def __init__(
        self,
        *,
        port: int = 0,
        script: Script | None = None,
        model: str = "scripted-model",
        max_model_len: int = 32_768,
        slots: int = 512,
        api_key: str | None = None,
        vllm_version: str | None = None,
    ) -> None:
        self.script = script or Script()
        self.model = model
        self.max_model_len = max_model_len
        self.api_key = api_key  # if set, calls without it get a 401
        self.started_at = time.time()
        self.vllm_version = vllm_version  # if set, the server identifies itself as vLLM
        self.healthy = True
        self.gate: Callable[[], object] = lambda: None  # each call runs this when it starts; may block
        self.stopping = threading.Event()
        self._slots = threading.BoundedSemaphore(slots)
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._running = 0
        self._waiting = 0
        self.most_running = 0
        self._totals = {"prompt": 0, "generation": 0, "cached": 0, "stop": 0, "length": 0}
        self._durations: dict[str, tuple[int, float]] = dict.fromkeys(_DURATIONS, (0, 0.0))
        self.batches = ScriptedBatches(self._answer_line)
        self._server: _Server | None = None
        self.port = port
        self.listen()

    def listen(self) -> None:
        """Accept connections (again on the same port after `refuse`)."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), self)
            self.port = int(self._server.server_address[1])
            threading.Thread(
                target=self._server.serve_forever, args=(0.02,), name="scripted-model", daemon=True
            ).start()

    def refuse(self) -> None:
        """Close the listening socket: connections are refused until `listen` is called. Running calls continue."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def close(self) -> None:
        self.stopping.set()
        self.refuse()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def calls(self) -> list[Call]:
        """The chat completions so far, oldest first."""
        with self._lock:
            return list(self._calls)

    def reset(self) -> None:
        """Forget the calls and answer truthfully again."""
        with self._lock:
            self._calls.clear()
            self.most_running = 0
        self.script.replace()

    def count_tokens(self, text: str) -> int:
        """Four UTF-8 bytes per token, at least one token per word: close enough to real tokenizers for limits and
        prices.
        """
        return max(-(-len(text.encode()) // 4), len(text.split()))

    def _answer_line(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body for one line of a batch, according to the script."""
        prompt = "\n".join(_text_of(message) for message in body["messages"])
        behaviour = self.script.next()
        if behaviour.kind == "error":
            return behaviour.status, {"error": {"message": behaviour.error_message, "code": behaviour.status}}
        text, finish_reason = answer_to(behaviour, prompt)
        usage: dict[str, Any] = {
            "prompt_tokens": behaviour.prompt_tokens or self.count_tokens(prompt),
            "completion_tokens": behaviour.completion_tokens or self.count_tokens(text),
        }
        if behaviour.cached_tokens is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": behaviour.cached_tokens}
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
        return 200, {"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage}

    def begin(self, call: Call) -> None:
        with self._lock:
            call.number = len(self._calls) + 1
            self._calls.append(call)

    @contextlib.contextmanager
    def slot(self) -> Generator[None]:
        """Wait for one of the model's slots, like a request in a real server's queue."""
        with self._lock:
            self._waiting += 1
        began = time.monotonic()
        self._slots.acquire()
        self.add_duration("request_queue_time_seconds", time.monotonic() - began)
        with self._lock:
            self._waiting -= 1
            self._running += 1
            self.most_running = max(self.most_running, self._running)
        try:
            yield
        finally:
            self._slots.release()
            with self._lock:
                self._running -= 1

    def add_duration(self, name: str, seconds: float, times: int = 1) -> None:
        with self._lock:
            count, total = self._durations[name]
            self._durations[name] = (count + times, total + seconds)

    def add_usage(self, prompt: int, generation: int, finish_reason: str, cached: int = 0) -> None:
        with self._lock:
            self._totals["cached"] += cached
            self._totals["prompt"] += prompt
            self._totals["generation"] += generation
            self._totals[finish_reason] = self._totals.get(finish_reason, 0) + 1

    def metrics(self) -> str:
        label = f'{{model_name="{self.model}"}}'
        with self._lock:
            rows = [
                ("vllm:num_requests_running", "gauge", label, self._running),
                ("vllm:num_requests_waiting", "gauge", label, self._waiting),
                ("vllm:kv_cache_usage_perc", "gauge", label, min(1.0, self._running / 64)),
                ("vllm:prompt_tokens_total", "counter", label, self._totals["prompt"]),
                ("vllm:generation_tokens_total", "counter", label, self._totals["generation"]),
                ("vllm:prefix_cache_queries_total", "counter", label, self._totals["prompt"]),
                ("vllm:prefix_cache_hits_total", "counter", label, self._totals["cached"]),
                ("vllm:num_preemptions_total", "counter", label, 0),
            ] + [
                (
                    "vllm:request_success_total",
                    "counter",
                    f'{{finished_reason="{reason}",model_name="{self.model}"}}',
                    self._totals[reason],
                )
                for reason in ("stop", "length")
            ]
            for name, (count, total) in self._durations.items():
                rows += [(f"vllm:{name}_count", "", label, count), (f"vllm:{name}_sum", "", label, total)]
        out = [f"process_start_time_seconds {self.started_at}"]
        for name, kind, labels, value in rows:
            heading = f"# TYPE {name} {kind}"
            if kind and heading not in out:
                out.append(heading)
            out.append(f"{name}{labels} {float(value)}")
        return "\n".join(out) + "\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # a burst of connections waits here; the default of 5 would refuse it
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], model: ScriptedModel) -> None:
        self.scripted = model
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers hang up all the time here, so broken pipes are not reported."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def scripted(self) -> ScriptedModel:
        return self.server.scripted

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """No output: `calls` is the log."""

    def do_GET(self) -> None:
        match self.path:
            case "/v1/models":
                entry = {"id": self.scripted.model, "object": "model", "max_model_len": self.scripted.max_model_len}
                if self.scripted.vllm_version is not None:
                    entry["owned_by"] = "vllm"
                self._json(200, {"object": "list", "data": [entry]})
            case "/version" if self.scripted.vllm_version is not None:
                self._json(200, {"version": self.scripted.vllm_version})
            case "/health":
                self._json(200 if self.scripted.healthy else 503, {})
            case "/metrics":
                self._send(200, self.scripted.metrics().encode(), "text/plain; version=0.0.4")
            case "/admin/calls":
                self._json(200, {"count": len(self.scripted.calls), "calls": [asdict(c) for c in self.scripted.calls]})
            case _:
                self._batches("GET", b"")

    def do_DELETE(self) -> None:
        self._batches("DELETE", b"")

    def _batches(self, method: str, body: bytes) -> None:
        found = self.scripted.batches.handle(method, self.path, self.headers.get("Content-Type") or "", body)
        status, answer = found or (404, {"error": {"message": f"no such path {self.path}"}})
        if isinstance(answer, bytes):
            self._send(status, answer, "application/octet-stream")
        else:
            self._json(status, answer)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            match self.path:
                case "/v1/chat/completions":
                    self._complete(json.loads(body))
                case "/admin/script":
                    self.scripted.script.replace(*Script.steps_from_json(body.decode()))
                    self._json(200, {})
                case "/admin/reset":
                    self.scripted.reset()
                    self._json(200, {})
                case "/admin/refuse":
                    seconds = float(json.loads(body or b"{}").get("seconds", 5))
                    self._json(200, {})
                    threading.Thread(target=self._refuse_for, args=(seconds,), daemon=True).start()
                case "/admin/health":
                    self.scripted.healthy = bool(json.loads(body)["healthy"])
                    self._json(200, {})
                case _:
                    self._batches("POST", body)
        except (ValueError, KeyError) as error:
            self._json(400, {"error": {"message": str(error), "type": "BadRequestError", "code": 400}})

    def _refuse_for(self, seconds: float) -> None:
        self.scripted.refuse()
        self.scripted.stopping.wait(seconds)
        if not self.scripted.stopping.is_set():
            self.scripted.listen()

    def _complete(self, body: dict[str, Any]) -> None:
        messages: list[dict[str, Any]] = body["messages"]
        prompt = "\n".join(_text_of(message) for message in messages)
        behaviour = self.scripted.script.next()
        call = Call(
            number=0,
            behaviour=behaviour.kind,
            model=str(body.get("model")),
            function=function_of(prompt),
            prompt_characters=len(prompt),
            system_sha256=hashlib.sha256(_text_of(messages[0]).encode()).hexdigest(),
            has_key=bool(self.headers.get("Authorization", "").removeprefix("Bearer").strip()),
            stream=bool(body.get("stream")),
            max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
            roles=tuple(str(message.get("role")) for message in messages),
            began=time.monotonic(),
            options={key: value for key, value in body.items() if key != "messages"},
        )
        self.scripted.begin(call)
        try:
            with self.scripted.slot():
                self.scripted.gate()
                self._behave(behaviour, call, prompt)
        except OSError:
            call.hung_up = True
        finally:
            call.ended = time.monotonic()
            self.scripted.add_duration("e2e_request_latency_seconds", call.ended - call.began)

    def _behave(self, behaviour: Behaviour, call: Call, prompt: str) -> None:
        if behaviour.kind == "hang_before_headers":
            return self._wait(_HANG_SECONDS, call)
        if behaviour.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        if behaviour.kind != "trickle":
            self._wait(behaviour.latency_seconds, call)
        if self.scripted.api_key and self.headers.get("Authorization") != f"Bearer {self.scripted.api_key}":
            return self._json(401, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})
        prompt_tokens = behaviour.prompt_tokens or self.scripted.count_tokens(prompt)
        if behaviour.kind == "too_long" or prompt_tokens + (call.max_tokens or 1) > self.scripted.max_model_len:
            return self._json(400, self._too_long(prompt_tokens, call.max_tokens))
        if behaviour.kind == "error":
            extra = {"Retry-After": behaviour.retry_after} if behaviour.retry_after is not None else {}
            error = {"message": behaviour.error_message, "type": "ServerError", "code": behaviour.status}
            return self._json(behaviour.status, {"error": error}, extra)
        text, finish_reason = answer_to(behaviour, prompt)
        completion_tokens = behaviour.completion_tokens or self.scripted.count_tokens(text)
        usage: dict[str, Any] = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        }
        if behaviour.cached_tokens is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": behaviour.cached_tokens}
        self.scripted.add_usage(prompt_tokens, completion_tokens, finish_reason, behaviour.cached_tokens or 0)
        self.scripted.add_duration("time_to_first_token_seconds", time.monotonic() - call.began)
        model = "somebody-else-7b" if behaviour.kind == "wrong_model" else call.model
        envelope = {"id": f"chatcmpl-{call.number}", "created": int(time.time()), "model": model}
        reported = usage if behaviour.report_usage else None
        if call.stream:
            want_usage = bool((call.options.get("stream_options") or {}).get("include_usage"))
            return self._stream(behaviour, envelope, text, finish_reason, reported if want_usage else None, call)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish_reason}
        answer: dict[str, Any] = {**envelope, "object": "chat.completion", "choices": [choice]}
        if reported:
            answer["usage"] = reported
        raw = b'{"id": "chatcmpl-' if behaviour.kind == "malformed" else json.dumps(answer).encode()
        return self._send_body(behaviour, raw, call)

    def _too_long(self, prompt_tokens: int, max_tokens: int | None) -> dict[str, Any]:
        limit = self.scripted.max_model_len
        parameter = "input_tokens" if prompt_tokens >= limit else "max_tokens"
        message = (
            f"This model's maximum context length is {limit} tokens. However, you requested {max_tokens or 1} output "
            f"tokens and your prompt contains {prompt_tokens} input tokens. (parameter={parameter})"
        )
        return {"error": {"message": message, "type": "BadRequestError", "param": parameter, "code": 400}}

    def _send_body(self, behaviour: Behaviour, raw: bytes, call: Call) -> None:
        if behaviour.kind not in {"hang_after_headers", "cut_body", "trickle"}:
            return self._send(200, raw, "application/json")
        self._headers(200, "application/json", {"Content-Length": str(len(raw))})
        if behaviour.kind == "hang_after_headers":
            return self._wait(_HANG_SECONDS, call)
        if behaviour.kind == "cut_body":
            self.wfile.write(raw[: len(raw) // 2])
            self.close_connection = True
            return None
        for position in range(len(raw)):
            self._wait(behaviour.latency_seconds, call)
            self.wfile.write(raw[position : position + 1])
            self.wfile.flush()
        return None

    def _stream(
        self,
        behaviour: Behaviour,
        envelope: dict[str, Any],
        text: str,
        finish_reason: str,
        usage: dict[str, Any] | None,
        call: Call,
    ) -> None:
        self._headers(200, "text/event-stream", {"Connection": "close"})
        self.close_connection = True
        if behaviour.kind == "hang_after_headers":
            return self._wait(_HANG_SECONDS, call)
        if behaviour.kind == "malformed":
            self.wfile.write(b'data: {"id": "chatcmpl-\n\n')
            return None
        envelope = {**envelope, "object": "chat.completion.chunk"}
        pieces = [text[i : i + 4] for i in range(0, len(text), 4)]
        for number, piece in enumerate(pieces):
            if behaviour.kind == "cut_body" and number >= len(pieces) // 2:
                return None
            if behaviour.kind == "stall" and number >= len(pieces) // 2:
                return self._wait(_HANG_SECONDS, call)
            self._wait(behaviour.latency_seconds if behaviour.kind == "trickle" else behaviour.token_seconds, call)
            self.scripted.add_duration("inter_token_latency_seconds", behaviour.token_seconds)
            delta = {"role": "assistant", "content": piece} if number == 0 else {"content": piece}
            self._event({**envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        self._event({**envelope, "choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]})
        if usage:
            self._event({**envelope, "choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")
        return None

    def _event(self, value: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
        self.wfile.flush()

    def _wait(self, seconds: float, call: Call) -> None:
        """Wait, but react to a caller who hangs up (raises ConnectionResetError) and to the server's own stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.scripted.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], min(left, _POLL_SECONDS))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                call.hung_up = True
                raise ConnectionResetError
            if readable:  # a pipelined request sent more bytes: only the time limit applies
                time.sleep(min(left, _POLL_SECONDS))

    def _json(self, status: int, value: Any, extra: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", extra)

    def _send(self, status: int, raw: bytes, media_type: str, extra: dict[str, str] | None = None) -> None:
        self._headers(status, media_type, {"Content-Length": str(len(raw)), **(extra or {})})
        self.wfile.write(raw)

    def _headers(self, status: int, media_type: str, extra: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        for name, value in extra.items():
            self.send_header(name, value)
        self.end_headers()


def answer_to(behaviour: Behaviour, prompt: str) -> tuple[str, str]:
    if behaviour.answer is not None:
        given = behaviour.answer
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        return text, "length" if behaviour.kind == "truncated" else "stop"
    if behaviour.kind == "lies":
        return lying_answer(prompt), "stop"
    if behaviour.kind == "prose":
        return "I am afraid that I can not help you with this document today.", "stop"
    text = truthful_answer(prompt)
    return (text[: len(text) // 2], "length") if behaviour.kind == "truncated" else (text, "stop")


def _text_of(message: dict[str, Any]) -> str:
    """OpenAI messages contain a string or a list of parts."""
    content: Any = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)
