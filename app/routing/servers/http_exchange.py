"""One POST over one connection within four limits: connect, first token, stall, and total.

Called by `app.routing.servers.chat_completion`. The standard library parses HTTP; this module owns the socket, because
no available HTTP client has a first-token limit, and reading a stream token by token with one costs three times the CPU
of the rest of a call (docs/decisions/0004). A cancelled or late call closes the connection.
"""

import contextlib
import functools
import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, Self
from urllib.parse import SplitResult, urlsplit

import httpx

from app.routing.attempt import Cancellation

LimitName = Literal["connect", "first_token", "stall", "total"]
# From host and port to the result of `socket.getaddrinfo`. May raise `NotConnected` for a forbidden address.
Resolver = Callable[[str, int], Sequence[tuple[Any, ...]]]
_READ_BYTES = 65_536
# While an answer streams, bytes are gathered for this share of the elapsed time, up to a maximum: a few dozen reads
# instead of one per token, for 5 % more latency on average.
_GATHER_SHARE = 0.1
_LONGEST_GATHER_SECONDS = 0.25
_MOST_CHUNK_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`total_seconds` counts from the start, `first_token_seconds` from when the connection is established."""

    connect_seconds: float
    first_token_seconds: float
    stall_seconds: float
    total_seconds: float


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of a response; header names in lower case."""

    status: int
    headers: Mapping[str, str]


class LimitReached(Exception):
    def __init__(self, limit: LimitName) -> None:
        super().__init__(limit)
        self.limit: LimitName = limit


class NotConnected(Exception):
    """Nothing was sent. `code` is short and code-like."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Exchange:
    """A request that was sent: `head` is available, `read` yields the body as it arrives. Use as a context manager.

    With its own `resolve` no proxy is used: whoever checks addresses has to be the one who connects to them.
    """

    def __init__(
        self, url: str, headers: Mapping[str, str], body: bytes, limits: Limits, resolve: Resolver | None = None
    ) -> None:
        self._limits = limits
        self._url = urlsplit(url)
        self._headers = headers
        self._body = body
        self._until = time.monotonic() + limits.total_seconds
        self._resolve = resolve or system_addresses
        self._proxy = _proxy_of(self._url) if resolve is None else None
        self._sock: socket.socket | None = None
        self._detach: Callable[[], None] = lambda: None
        self._reader: _LimitedReader | None = None
        self._response: http.client.HTTPResponse | None = None

    def open(self, cancel: Cancellation | None) -> Head:
        """Connect, send, and wait for status and headers.

        Raises `NotConnected` while nothing is sent, later `LimitReached`, `OSError` or `http.client.HTTPException`.
        """
        self._sock = sock = self._connect()
        if cancel is not None:
            # The base class's method: that of a TLS socket must not be called from another thread.
            self._detach = cancel.attach(lambda: _hang_up(sock))
        first_token = time.monotonic() + self._limits.first_token_seconds
        self._reader = _LimitedReader(sock, first_token, self._until)
        sock.settimeout(max(0.001, min(first_token, self._until) - time.monotonic()))
        try:
            sock.sendall(self._request_head() + self._body)
        except TimeoutError:
            raise LimitReached("first_token" if first_token < self._until else "total") from None
        self._response = _receive_head(self._reader)
        headers = {name.lower(): value for name, value in self._response.getheaders()}
        return Head(self._response.status, headers)

    def read(self) -> Iterator[bytes]:
        """Pieces of the body. Call `answering` when the first token was among them: from then on stalls count."""
        response = self._opened()
        if response.chunked:
            yield from _chunks(response.fp)
            return
        while piece := response.read1(_READ_BYTES):
            yield piece
        # Python reports a body that is shorter than announced only when all of it is read at once.
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)

    def answering(self) -> None:
        if self._reader is not None:
            self._reader.answering(self._limits.stall_seconds)

    def _opened(self) -> http.client.HTTPResponse:
        if self._response is None:
            raise RuntimeError("call `open` before `read`")
        return self._response

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._detach()
        if self._response is not None:
            self._response.close()
        if self._sock is not None:
            _hang_up(self._sock)
            self._sock.close()

    def _request_head(self) -> bytes:
        path = self._url.path or "/"
        target = f"{path}?{self._url.query}" if self._url.query else path
        if self._proxy is not None and self._url.scheme == "http":
            target = self._url.geturl()
        host = self._url.netloc.rpartition("@")[2]
        fixed = {"host": host, "content-length": str(len(self._body)), "connection": "close"}
        lines = [f"POST {target} HTTP/1.1"]
        for name, value in {**{k.lower(): v for k, v in self._headers.items()}, **fixed}.items():
            if "\r" in value or "\n" in value:
                raise NotConnected("header_with_line_break")
            lines.append(f"{name}: {value}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _connect(self) -> socket.socket:
        until = min(self._until, time.monotonic() + self._limits.connect_seconds)
        host = self._url.hostname or ""
        secure = self._url.scheme == "https"
        port = self._url.port or (443 if secure else 80)
        proxy = self._proxy
        sock = _reach(*(proxy or (host, port)), until, self._resolve)
        try:
            if proxy is not None and secure:
                sock.settimeout(_left(until))
                sock.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode())
                if _receive_head(_LimitedReader(sock, until, until), "CONNECT").status != 200:
                    raise NotConnected("proxy_refused")  # noqa: TRY301 - goes through the clause that closes
            if secure:
                sock.settimeout(_left(until))
                sock = _tls().wrap_socket(sock, server_hostname=host)
        except NotConnected:
            sock.close()
            raise
        except (TimeoutError, LimitReached):
            sock.close()
            raise NotConnected("connect_timeout") from None
        except ssl.SSLError:
            sock.close()
            raise NotConnected("tls_failed") from None
        except (OSError, http.client.HTTPException):
            sock.close()
            raise NotConnected("connection_failed") from None
        return sock


def _proxy_of(url: SplitResult) -> tuple[str, int] | None:
    """From HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as every client on the machine reads them."""
    address = urllib.request.getproxies().get(url.scheme)
    if not address or urllib.request.proxy_bypass(url.netloc.rpartition("@")[2]):
        return None
    parts = urlsplit(address if "://" in address else f"http://{address}")
    return (parts.hostname, parts.port or 80) if parts.hostname else None


class _LimitedReader(io.RawIOBase):
    """The socket's bytes for `http.client`; each wait ends at the earliest limit."""

    def __init__(self, sock: socket.socket, first_token: float, total: float) -> None:
        super().__init__()
        self._sock = sock
        self._first_token: float | None = first_token
        self._total = total
        self._stall_seconds = 0.0
        self._answering_since = 0.0

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, _READ_BYTES)

    def readable(self) -> bool:
        return True

    def answering(self, stall_seconds: float) -> None:
        self._first_token = None
        self._stall_seconds = stall_seconds
        self._answering_since = time.monotonic()

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        now = time.monotonic()
        limit: LimitName = "first_token"
        until = self._first_token
        if until is None:
            gather = min(_LONGEST_GATHER_SECONDS, (now - self._answering_since) * _GATHER_SHARE, self._total - now)
            if gather > 0:
                time.sleep(gather)
            limit, until = "stall", time.monotonic() + self._stall_seconds
        if until >= self._total:
            limit, until = "total", self._total
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise LimitReached(limit)
        self._sock.settimeout(seconds)
        try:
            return self._sock.recv_into(buffer)
        except TimeoutError:
            raise LimitReached(limit) from None


def _chunks(body: BinaryIO) -> Iterator[bytes]:
    """All whole chunks of a read at once; Python's own reader makes a round of calls for each, so for each token."""
    buffer = b""
    while True:
        piece = body.read1(_READ_BYTES)  # type: ignore[attr-defined]
        if not piece:
            raise http.client.IncompleteRead(b"")
        buffer += piece
        whole: list[bytes] = []
        at = 0
        while (end := buffer.find(b"\r\n", at)) >= 0:
            size = int(buffer[at:end].partition(b";")[0], 16)
            if not 0 <= size <= _MOST_CHUNK_BYTES:
                raise ValueError("a chunk of impossible size")
            if size == 0:
                yield b"".join(whole)
                return
            after = end + 2 + size
            if len(buffer) < after + 2:
                break
            whole.append(buffer[end + 2 : after])
            at = after + 2
        buffer = buffer[at:]
        if whole:
            yield b"".join(whole)


def _receive_head(reader: _LimitedReader, method: str = "POST") -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(reader, method=method)  # pyright: ignore[reportArgumentType]
    response.begin()
    return response


def system_addresses(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _look_up(host: str, port: int, until: float, resolve: Resolver) -> Sequence[tuple[Any, ...]]:
    """The system's resolver has no limit but its own (many seconds), so names are resolved in a thread that can be
    abandoned.
    """
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return resolve(host, port)
    answers: queue.SimpleQueue[Sequence[tuple[Any, ...]] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolve(host, port))
        except Exception as error:  # noqa: BLE001 - raised again where somebody waits for it
            answers.put(error)

    threading.Thread(target=look_up, name="dns", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        raise NotConnected("dns_timeout") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _reach(host: str, port: int, until: float, resolve: Resolver) -> socket.socket:
    try:
        addresses = _look_up(host, port, until, resolve)
    except (OSError, UnicodeError):
        raise NotConnected("dns_failure") from None
    code = "connection_failed"
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(until))
            sock.connect(address)
        except TimeoutError:
            sock.close()
            code = "connect_timeout"
            continue
        except OSError:
            sock.close()
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise NotConnected(code)


def _left(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@functools.cache
def _tls() -> ssl.SSLContext:
    """The certificates of httpx or of SSL_CERT_FILE; loaded once, because it takes 20 ms."""
    return httpx.create_ssl_context()
