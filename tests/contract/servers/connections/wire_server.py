"""Servers and proxies on raw sockets that send exactly what a test says and keep what they were sent."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from app.network.limited_stream import Limits
from app.network.server_route import ServerRoute
from app.routing.servers.chat_completion import Completion, complete

LIMITS = Limits(connect_seconds=5, first_token_seconds=10, stall_seconds=10, total_seconds=20)
TEXT = "Zsófia Perrault wrote 42 pipelines."
RESUME = "Nadia Perrault, +1 415 555 0134"


def event(delta: str, finish: str | None = None) -> bytes:
    choice = {"delta": {"content": delta}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


STREAM = b"".join(event(letter) for letter in TEXT) + event("", "stop") + b"data: [DONE]\n\n"
PLAIN = json.dumps({"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]}).encode()
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def chunked(*pieces: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    return framed + b"0\r\n" + trailer + b"\r\n"


@dataclass
class Seen:
    """Everything that arrived, over all connections."""

    address: str = ""
    requests: list[bytes] = field(default_factory=list[bytes])

    @property
    def everything(self) -> bytes:
        return b"".join(self.requests)


Answer = Callable[[socket.socket, bytes, threading.Event], None]


def sending(*pieces: bytes, pause_seconds: float = 0.0, hang: bool = False) -> Answer:
    def answer(connection: socket.socket, _: bytes, stop: threading.Event) -> None:
        for piece in pieces:
            connection.sendall(piece)
            stop.wait(pause_seconds)
        if hang:
            stop.wait(30)

    return answer


@contextmanager
def serving(
    answer: Answer,
    *,
    tls: ssl.SSLContext | None = None,
    family: socket.AddressFamily = socket.AF_INET,
    reads: bool = True,
) -> Generator[Seen]:
    """Reads whole requests, one per connection, and calls `answer` for each; it reads by itself without `reads`."""
    stop = threading.Event()
    seen = Seen()
    threads: list[threading.Thread] = []
    with socket.socket(family) as listening:
        listening.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        listening.listen(20)
        listening.settimeout(0.05)

        def handle(connection: socket.socket) -> None:
            connection.settimeout(20)
            with suppress(OSError):
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                request = read_request(connection) if reads else b""
                if request or not reads:
                    seen.requests.append(request)
                    answer(connection, request, stop)
            connection.close()

        def accept() -> None:
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection, _ = listening.accept()
                    threads.append(threading.Thread(target=handle, args=(connection,), daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        host = "[::1]" if family == socket.AF_INET6 else "127.0.0.1"
        seen.address = f"{host}:{listening.getsockname()[1]}"
        try:
            yield seen
        finally:
            stop.set()
            for thread in (accepting, *threads):
                thread.join(10)


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65536)
        if not piece:
            return request
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.lower() for line in head.split(b"\r\n")]
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        request += piece
        body += piece
    return request


def ask(address: str, *, scheme: str = "http", route: ServerRoute | None = None, limits: Limits = LIMITS) -> Completion:
    """One call with a resume in it."""
    body = {"model": "m", "messages": [{"role": "user", "content": RESUME}]}
    return complete(f"{scheme}://{address}/v1/chat/completions", {}, body, limits, None, route=route)
