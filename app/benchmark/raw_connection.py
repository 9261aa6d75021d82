"""The load generator's HTTP/1.1 connections: kept alive, several hundred at once, little CPU each.

Called by the loads. General-purpose HTTP clients need 1 to 3 ms of CPU for a streamed response of a few hundred events,
which would make the generator the bottleneck long before the model server. This client only records when bytes arrived
and parses them later (benchmarks/README.md has the comparison).
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

_MOST_HEAD_BYTES = 64 * 1024
_MOST_BODY_BYTES = 64 * 1024 * 1024
_LAST_CHUNK = b"0\r\n\r\n"


class ExchangeFailed(Exception):
    """No complete response. `kind` is a short word for the error table; `began` is true if any byte arrived."""

    def __init__(self, kind: str, *, began: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.began = began


@dataclass(slots=True)
class Exchange:
    """A response and its timestamps on the event loop's clock."""

    status: int = 0
    content_type: str = ""
    received: bytes = b""  # the body as received, with its chunk framing
    chunked: bool = False
    first_body_at: float | None = None
    ended_at: float = 0.0

    @property
    def body(self) -> bytes:
        """The body without chunk framing; slow for long streams. Raises `ValueError` if the framing is broken."""
        return _without_chunks(self.received) if self.chunked else self.received


@dataclass(frozen=True, slots=True)
class Address:
    """The target of the requests, parsed from a URL."""

    host: str
    port: int
    secure: bool
    path: str  # without a trailing slash

    @classmethod
    def of(cls, url: str) -> "Address":
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url} is not an HTTP address")
        secure = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if secure else 80), secure, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def request_bytes(method: str, address: Address, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A complete request as sent over the wire. `path` is absolute."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {address.authority}"]
    lines += [f"{name.lower()}: {value}" for name, value in headers.items() if name.lower() != "host"]
    if body or method == "POST":
        lines.append(f"content-length: {len(body)}")
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header contains a line break")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


@dataclass
class Connections:
    """Opens connections to one address as needed and reuses them. For a single event loop."""

    address: Address
    connect_seconds: float = 5.0
    opened: int = 0
    _idle: list["_Wire"] = field(default_factory=list["_Wire"])
    _tls: ssl.SSLContext | None = None

    async def exchange(self, request: bytes) -> Exchange:
        """Send one request and wait for the complete response. Raises `ExchangeFailed`."""
        while self._idle:
            wire = self._idle.pop()
            if not wire.usable:
                continue
            try:
                return await self._ask(wire, request)
            except ExchangeFailed as failed:
                # A server may close an idle connection just as it is reused. Send again, like every HTTP client.
                if failed.kind != "closed_early" or failed.began:
                    raise
        return await self._ask(await self._open(), request)

    async def _ask(self, wire: "_Wire", request: bytes) -> Exchange:
        try:
            exchange = await wire.ask(request)
        except BaseException:
            wire.close()
            raise
        if wire.usable:
            self._idle.append(wire)
        return exchange

    def close(self) -> None:
        for wire in self._idle:
            wire.close()
        self._idle.clear()

    async def _open(self) -> "_Wire":
        loop = asyncio.get_running_loop()
        if self.address.secure and self._tls is None:
            self._tls = httpx.create_ssl_context()
        try:
            async with asyncio.timeout(self.connect_seconds):
                _, wire = await loop.create_connection(
                    lambda: _Wire(loop), self.address.host, self.address.port, ssl=self._tls
                )
        except TimeoutError:
            raise ExchangeFailed("connect_timeout") from None
        except ssl.SSLError:
            raise ExchangeFailed("tls_failed") from None
        except OSError:
            raise ExchangeFailed("connection_failed") from None
        self.opened += 1
        return wire


class _Wire(asyncio.Protocol):
    """One connection, one exchange at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Exchange] | None = None
        self._exchange = Exchange()
        self._received = bytearray()
        self._in_body = False
        self._length: int | None = None
        self._chunked = False
        self._keep = True

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing() and self._keep

    def ask(self, request: bytes) -> "asyncio.Future[Exchange]":
        self._exchange = Exchange()
        self._received.clear()
        self._in_body = False
        self._answer = self._loop.create_future()
        if self._transport is not None:
            self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self._keep = False  # unexpected bytes
            return
        self._received += data
        if not self._in_body and not self._read_head():
            return
        exchange = self._exchange
        if exchange.first_body_at is None and self._answers():
            exchange.first_body_at = self._loop.time()
        if self._length is not None:
            if len(self._received) >= self._length:
                self._end(bytes(self._received[: self._length]))
        elif self._chunked and self._received.endswith(_LAST_CHUNK) and bytes(self._received[-7:-5]) in {b"", b"\r\n"}:
            self._end(bytes(self._received))
        if len(self._received) > _MOST_BODY_BYTES:
            self._fail("endless_answer")

    def _answers(self) -> bool:
        """Whether the body has started. In a stream only events count, not keep-alive comments."""
        streamed = self._exchange.content_type.startswith("text/event-stream")
        return b"data:" in self._received if streamed else bool(self._received)

    def eof_received(self) -> None:
        if self._in_body and self._length is None and not self._chunked:
            self._keep = False
            self._end(bytes(self._received))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the shape of asyncio's callback
        self._keep = False
        self._fail("closed_early")

    def _read_head(self) -> bool:
        """Parse the head and remove it from the buffer. Returns False until it is complete."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > _MOST_HEAD_BYTES:
                self._fail("unreadable_response")
            return False
        first, *lines = bytes(self._received[:end]).decode("latin-1").split("\r\n")
        del self._received[: end + 4]
        parts = first.split(" ", 2)
        if not parts[0].startswith("HTTP/1.") or len(parts) < 2 or not parts[1].isdigit():
            self._fail("unreadable_response")
            return False
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._exchange.status = int(parts[1])
        self._exchange.content_type = headers.get("content-type", "").lower()
        self._chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "")
        self._length = int(length) if length.isdigit() and not self._chunked else None
        if self._exchange.status in {204, 304}:
            self._length = 0
        self._keep = headers.get("connection", "").lower() != "close"
        self._in_body = True
        return True

    def _end(self, body: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._exchange.received = body
            self._exchange.chunked = self._chunked
            self._exchange.ended_at = self._loop.time()
            self._answer.set_result(self._exchange)

    def _fail(self, kind: str) -> None:
        if self._answer is not None and not self._answer.done():
            began = bool(self._received) or self._in_body
            self._keep = False
            self._answer.set_exception(ExchangeFailed(kind, began=began))


def _without_chunks(raw: bytes) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while True:
        end = raw.find(b"\r\n", at)
        if end < 0:
            raise ValueError("the body ends in the middle of a chunk")
        size = int(raw[at:end].partition(b";")[0], 16)
        if size == 0:
            return b"".join(pieces)
        at = end + 2 + size + 2
        pieces.append(raw[end + 2 : end + 2 + size])
