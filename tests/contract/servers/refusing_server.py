"""A model server that refuses requests in the words it is told, and answers the others; over real HTTP."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.scripted_model.answers import truthful_answer

Body = dict[str, Any] | list[Any] | str


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    body: Body  # a text is sent as it is
    headers: dict[str, str] = field(default_factory=dict[str, str])


class RefusingServer:
    """`refuses` gets the body of a request and returns the refusal; None means that the request is answered."""

    def __init__(self, refuses: Callable[[dict[str, Any]], Refusal | None]) -> None:
        self.refuses = refuses
        self.requests: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The requests without model and messages."""
        return [{k: v for k, v in one.items() if k not in {"model", "messages"}} for one in self.requests]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
                """No output."""

            def do_POST(self) -> None:
                request: dict[str, Any] = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                server.requests.append(request)
                refusal = server.refuses(request)
                if refusal is None:
                    self._answer(request)
                    return
                is_text = isinstance(refusal.body, str)
                raw = refusal.body if isinstance(refusal.body, str) else json.dumps(refusal.body)
                kind = "text/html" if raw.lstrip().startswith("<") else "text/plain" if is_text else "application/json"
                self._send(refusal.status, raw.encode(), kind, refusal.headers)

            def _answer(self, request: dict[str, Any]) -> None:
                text = truthful_answer("\n".join(str(message["content"]) for message in request["messages"]))
                usage = {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000}
                if not request.get("stream"):
                    message = {"role": "assistant", "content": text}
                    choice = {"index": 0, "message": message, "finish_reason": "stop"}
                    body = {"object": "chat.completion", "choices": [choice], "usage": usage}
                    self._send(200, json.dumps(body).encode(), "application/json", {})
                    return
                choices = [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]
                events = [{"choices": choices}, {"choices": [], "usage": usage}]
                raw = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
                self._send(200, raw.encode(), "text/event-stream", {})

            def _send(self, status: int, raw: bytes, kind: str, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

        return Handler
