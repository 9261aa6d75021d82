"""Sockets for httpcore that keep our limits, gather bytes, close at once when cancelled, and use our own resolver.

Used by `app.routing.servers.http_exchange`. httpcore opens connections, wraps them in TLS and talks to proxies through
these classes; its own time limits are per read, so a response that trickles would outlive them.
"""

import contextlib
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpcore

LimitName = Literal["connect", "first_token", "stall", "total"]
# From host and port to the result of `socket.getaddrinfo`. May raise `NotConnected` for a forbidden address.
Resolver = Callable[[str, int], Sequence[tuple[Any, ...]]]
READ_BYTES = 65_536
_MOST_HEAD_BYTES = 64 * 1024
_END_OF_HEAD = re.compile(rb"\n\r?\n")
# While an answer streams, bytes are gathered for this share of the elapsed time, up to a maximum: a few dozen reads
# instead of one per token, for 5 % more latency on average.
_GATHER_SHARE = 0.1
_LONGEST_GATHER_SECONDS = 0.25
_FAST_READ_BYTES = 16_384  # of one read; no model writes that fast, so that there is nothing to gather


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`total_seconds` counts from the start, `first_token_seconds` from when the connection is established."""

    connect_seconds: float
    first_token_seconds: float
    stall_seconds: float
    total_seconds: float


class LimitReached(Exception):
    def __init__(self, limit: LimitName) -> None:
        super().__init__(limit)
        self.limit: LimitName = limit


class NotConnected(Exception):
    """Nothing was sent. `code` is short and code-like."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Wire(httpcore.NetworkBackend):
    """The one connection of an exchange. `handshakes` TLS handshakes follow before the request can be sent."""

    def __init__(self, limits: Limits, resolve: Resolver, *, handshakes: int) -> None:
        now = time.monotonic()
        self._limits = limits
        self._stall_seconds = limits.stall_seconds
        self._resolve = resolve
        self._handshakes = handshakes
        self._total = now + limits.total_seconds
        self._connect = min(self._total, now + limits.connect_seconds)
        self._first_token: float | None = None
        self._answering_since: float | None = None
        self._hung_up = False
        self._stream: LimitedStream | None = None

    @property
    def connected(self) -> bool:
        """False while a failure means that nothing of the request was sent."""
        return self._first_token is not None

    @property
    def stream(self) -> "LimitedStream":
        if self._stream is None:
            raise RuntimeError("there is no connection yet")
        return self._stream

    def answering(self) -> None:
        """The first token has arrived: from now on stalls count, and bytes are gathered."""
        if self._answering_since is None:
            self._answering_since = time.monotonic()

    def finishing(self, seconds: float) -> None:
        """The answer is complete, so that a longer stall is not waited for."""
        self._stall_seconds = min(self._stall_seconds, seconds)

    def hang_up(self) -> None:
        """End the connection so that the server notices. May be called from any thread."""
        self._hung_up = True
        if self._stream is not None:
            self._stream.hang_up()

    def gather(self) -> None:
        if self._answering_since is not None:
            now = time.monotonic()
            seconds = min(_LONGEST_GATHER_SECONDS, (now - self._answering_since) * _GATHER_SHARE, self._total - now)
            if seconds > 0:
                time.sleep(seconds)

    def next_limit(self) -> tuple[LimitName, float]:
        """The limit that ends a wait that begins now, and the seconds until then. Raises `LimitReached`."""
        now = time.monotonic()
        limit: LimitName = "connect"
        until = self._connect
        if self._answering_since is not None:
            limit, until = "stall", now + self._stall_seconds
        elif self._first_token is not None:
            limit, until = "first_token", self._first_token
        if limit != "connect" and until >= self._total:
            limit, until = "total", self._total
        if until <= now:
            raise LimitReached(limit)
        return limit, until - now

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del timeout, local_address, socket_options
        try:
            addresses = _look_up(without_brackets(host), port, self._connect, self._resolve)
        except (OSError, UnicodeError):
            raise NotConnected("dns_failure") from None
        code = "connection_failed"
        for *_, address in addresses:
            seconds = self._connect - time.monotonic()
            if seconds <= 0:
                raise NotConnected("connect_timeout")
            try:
                # The address, not the name: whoever checked it has to be the one who connects to it.
                inner = httpcore.SyncBackend().connect_tcp(address[0], address[1], timeout=seconds)
            except httpcore.ConnectTimeout:
                code = "connect_timeout"
            except httpcore.ConnectError:
                continue
            else:
                return self._reached(inner)
        raise NotConnected(code)

    def start_tls(self, inner: httpcore.NetworkStream, context: ssl.SSLContext, host: str | None) -> "LimitedStream":
        seconds = self._connect - time.monotonic()
        try:
            if seconds <= 0:
                raise httpcore.ConnectTimeout  # noqa: TRY301 - the same as one that comes a moment later
            secured = inner.start_tls(context, without_brackets(host or ""), seconds)
        except httpcore.ConnectTimeout:
            inner.close()
            raise NotConnected("connect_timeout") from None
        except httpcore.ConnectError as error:
            inner.close()
            raise NotConnected("tls_failed" if _is_about_tls(error) else "connection_failed") from None
        except ValueError:  # a host name that cannot be in a certificate
            inner.close()
            raise NotConnected("tls_failed") from None
        self._handshakes -= 1
        return self._reached(secured)

    def _reached(self, inner: httpcore.NetworkStream) -> "LimitedStream":
        self._stream = LimitedStream(inner, self)
        if self._hung_up:
            self._stream.close()
            raise NotConnected("cancelled")
        if self._handshakes == 0:
            self._first_token = time.monotonic() + self._limits.first_token_seconds
        return self._stream


class LimitedStream(httpcore.NetworkStream):
    """Until `body_begins`, a read returns at most one response head and keeps what follows it for the body."""

    def __init__(self, inner: httpcore.NetworkStream, wire: Wire) -> None:
        self._inner = inner
        self._wire = wire
        self._held = b""
        self._in_body = False
        self._is_fast = False

    def body_begins(self) -> None:
        self._in_body = True

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        if self._in_body:
            held, self._held = self._held, b""
            return held or self._receive(max_bytes)
        while (end := _END_OF_HEAD.search(self._held)) is None:
            piece = self._receive(max_bytes)
            self._held += piece
            # What is not HTTP says so in its first bytes, and may never send an empty line.
            if len(self._held) > _MOST_HEAD_BYTES or self._held[:5] != b"HTTP/"[: len(self._held)]:
                raise ValueError("not an HTTP response")
            if not piece:
                return b""
        head, self._held = self._held[: end.end()], self._held[end.end() :]
        return head

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        for at in range(0, len(buffer), READ_BYTES):
            limit, seconds = self._wire.next_limit()
            try:
                self._inner.write(buffer[at : at + READ_BYTES], seconds)
            except httpcore.WriteTimeout:
                raise LimitReached(limit) from None

    def close(self) -> None:
        self.hang_up()
        self._inner.close()

    def hang_up(self) -> None:
        sock = self._inner.get_extra_info("socket")
        with contextlib.suppress(OSError):
            # The base class's method: that of a TLS socket must not be called from another thread.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        return self._wire.start_tls(self._inner, ssl_context, server_hostname)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _receive(self, max_bytes: int) -> bytes:
        self._wire.next_limit()
        if not self._is_fast:
            self._wire.gather()
        limit, seconds = self._wire.next_limit()
        try:
            received = self._inner.read(max_bytes, seconds)
        except httpcore.ReadTimeout:
            raise LimitReached(limit) from None
        except httpcore.ReadError as error:
            cause = error.__cause__
            # Many servers close a TLS connection without saying so; whether the answer is complete shows in its text.
            if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
                return b""
            raise (cause if isinstance(cause, OSError) else OSError("the connection broke")) from None
        self._is_fast = len(received) >= _FAST_READ_BYTES
        return received


def system_addresses(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def with_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def without_brackets(host: str) -> str:
    return host.removeprefix("[").removesuffix("]")


def _is_about_tls(error: BaseException) -> bool:
    return isinstance(error.__cause__, ssl.SSLError)


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
