"""A server that answers every request with the same bytes, for framings and shapes that no library would write."""

import json
import socket
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from app.routing.attempt import ModelResult
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client
from app.routing.question import Question

RESUME = "1| Ilse Varga-Okoye\n2| ilse.varga@example.org\n3| Work\n4| Fitter, Northwind Ltd"
ANSWER = {
    "is_resume": True,
    "person": {"name": "Ilse Varga-Okoye", "lines": [1, 2]},
    "work": [{"employer": "Northwind Ltd", "position": "Fitter", "lines": [4]}],
}
TEXT = json.dumps(ANSWER)
DRAFT = json.dumps({"is_resume": True, "person": {"name": "Northwind Ltd", "lines": [4]}})
USAGE = {"prompt_tokens": 420, "completion_tokens": 61, "total_tokens": 481}


@contextmanager
def body_server(
    body: bytes, *, content_type: str | None = "text/event-stream", stays_open: bool = False
) -> Generator[Client]:
    """The client of a server that sends the body and closes the connection, or leaves it open."""
    stop = threading.Event()
    head = "HTTP/1.1 200 OK\r\n" + (f"Content-Type: {content_type}\r\n" if content_type else "")
    head += "\r\n" if stays_open else "Connection: close\r\n\r\n"
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)

        def serve() -> None:
            while not stop.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    with connection:
                        _read_request(connection)
                        connection.sendall(head.encode() + body)
                        if stays_open:
                            stop.wait(30)

        threading.Thread(target=serve, daemon=True).start()
        yield Client(
            name="Odd",
            provider="openai-generic",
            model="odd-model",
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}/v1",
            location="local",
            structured_output=False,
            stall_timeout_seconds=20,
            total_timeout_seconds=40,
        )
        stop.set()


def _read_request(connection: socket.socket) -> None:
    """All of it: a connection that is closed with unread bytes is reset, and the answer may be lost."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, rest = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(rest) < length:
        rest += connection.recv(65536)


def ask(client: Client) -> ModelResult:
    return BamlCaller().call(Question.extract_profile(RESUME), client, timeout_seconds=40)


def ask_with(body: bytes, *, content_type: str | None = "text/event-stream", stays_open: bool = False) -> ModelResult:
    with body_server(body, content_type=content_type, stays_open=stays_open) as client:
        return ask(client)


def chunk(content: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One event of a stream; `more` goes into its delta."""
    delta = {**({} if content is None else {"content": content}), **more}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def usage_chunk(usage: Any = None) -> dict[str, Any]:
    return {"choices": [], "usage": USAGE if usage is None else usage}


def stream_of(chunks: Sequence[Any], *, end: bytes = b"\n\n", before: bytes = b"", done: bool = True) -> bytes:
    events = [b"data: " + json.dumps(each).encode() + end for each in chunks]
    return before + b"".join(events) + (b"data: [DONE]" + end if done else b"")


def usual_stream(text: str = TEXT, usage: Any = None, **framing: Any) -> bytes:
    half = len(text) // 2
    return stream_of([chunk(text[:half]), chunk(text[half:]), chunk(None, "stop"), usage_chunk(usage)], **framing)


def plain(text: str | None = TEXT, finish: str | None = "stop", usage: Any = None, **message: Any) -> bytes:
    answer = {"role": "assistant", "content": text, **message}
    body = {
        "choices": [{"index": 0, "message": answer, "finish_reason": finish}],
        "usage": USAGE if usage is None else usage,
    }
    return json.dumps(body).encode()
