"""One POST over one connection within four limits: connect, first token, stall, and total.

Called by `app.routing.servers.chat_completion` and by webhooks. httpcore connects, talks to proxies, makes TLS and
parses HTTP; `app.network.limited_stream` keeps the limits, gathers the bytes of a stream and lets another thread close
the connection, `app.network.response_body` reads chunks, which httpcore reads one by one (docs/decisions/0015).
A cancelled or late call closes the connection.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlsplit

import httpcore

from app.network.certificates import BadCertificates
from app.network.limited_stream import (
    READ_BYTES,
    LimitReached,
    Limits,
    NotConnected,
    Resolver,
    Wire,
    system_addresses,
    with_brackets,
)
from app.network.proxy_choice import BadProxy, Proxy
from app.network.response_body import ClosedEarly, inflate, read_chunks
from app.network.server_route import ServerRoute
from app.routing.attempt import Cancellation

_PROXY_WANTS_PASSWORD = 407
_NO_BODY = frozenset({204, 304})
# What a URL's path may hold besides letters and digits; everything else is percent-encoded.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~-._?"


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of a response; header names in lower case."""

    status: int
    headers: Mapping[str, str]


class Exchange:
    """A request that was sent: `head` is available, `read` yields the body as it arrives. Use as a context manager.

    With its own `resolve` no proxy is used: whoever checks addresses has to be the one who connects to them.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        limits: Limits,
        resolve: Resolver | None = None,
        *,
        route: ServerRoute | None = None,
    ) -> None:
        self._url = url
        self._headers = headers
        self._body = body
        self._limits = limits
        self._resolve = resolve
        self._route = route or ServerRoute()
        self._wire: Wire | None = None
        self._pool: httpcore.ConnectionPool | None = None
        self._response: httpcore.Response | None = None
        self._head: Head | None = None
        self._detach: Callable[[], None] = lambda: None

    def open(self, cancel: Cancellation | None) -> Head:
        """Connect, send, and wait for status and headers.

        Raises `NotConnected` while nothing is sent, later `LimitReached`, `OSError` (`ClosedEarly` for a response that
        breaks off) or `ValueError`.
        """
        request = self._request()
        proxy = self._proxy()
        secure = request.url.scheme == b"https"
        handshakes = int(secure) + int(proxy is not None and proxy.scheme == "https")
        self._wire = wire = Wire(self._limits, self._resolve or system_addresses, handshakes=handshakes)
        try:
            certificates = self._route.certificates if handshakes else None
        except BadCertificates:
            raise NotConnected("ca_file_unreadable") from None
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates if secure else None,
            proxy=None if proxy is None else self._through(proxy),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=wire,
        )
        if cancel is not None:
            self._detach = cancel.attach(wire.hang_up)
        try:
            self._response = self._pool.handle_request(request)
        except (NotConnected, httpcore.ProxyError, httpcore.LocalProtocolError) as error:
            raise NotConnected(_code_of(error)) from None
        except (LimitReached, httpcore.RemoteProtocolError, OSError, ValueError) as error:
            if not wire.connected:
                raise NotConnected(_code_of(error)) from None
            if isinstance(error, httpcore.RemoteProtocolError):
                raise _broken_head(error) from None
            raise
        self._head = Head(self._response.status, _headers_of(self._response))
        if self._head.status == _PROXY_WANTS_PASSWORD:
            raise NotConnected("proxy_authentication")
        return self._head

    def read(self) -> Iterator[bytes]:
        """Pieces of the body. Call `answering` when the first token was among them: from then on stalls count.

        Raises what `open` raises, except `NotConnected`.
        """
        if self._head is None or self._response is None or self._wire is None:
            raise RuntimeError("call `open` before `read`")
        stream = self._wire.stream
        stream.body_begins()
        headers = self._head.headers
        if "chunked" in headers.get("transfer-encoding", "").lower() and self._head.status not in _NO_BODY:
            pieces = read_chunks(lambda: stream.read(READ_BYTES))
        else:
            pieces = _plain_body(self._response)
        return inflate(pieces, headers.get("content-encoding", ""))

    def answering(self) -> None:
        if self._wire is not None:
            self._wire.answering()

    def finishing(self, seconds: float) -> None:
        """The answer is complete; whatever else belongs to it comes within this time."""
        if self._wire is not None:
            self._wire.finishing(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._detach()
        if self._wire is not None:
            self._wire.hang_up()
        if self._response is not None:
            self._response.close()
        if self._pool is not None:
            self._pool.close()

    def _request(self) -> httpcore.Request:
        try:
            url = urlsplit(self._url)
            port = url.port
            host = _ascii_host(url.hostname or "")
        except ValueError:
            raise NotConnected("dns_failure") from None
        target = quote(url.path or "/", safe=_PATH_CHARACTERS) + (
            f"?{quote(url.query, safe=_PATH_CHARACTERS)}" if url.query else ""
        )
        address = httpcore.URL(scheme=url.scheme, host=with_brackets(host), port=port, target=target)
        fixed = {
            "host": with_brackets(host) + (f":{port}" if port else ""),
            "content-length": str(len(self._body)),
            "connection": "close",
        }
        headers: list[tuple[bytes, bytes]] = []
        for name, value in {**{k.lower(): v for k, v in self._headers.items()}, **fixed}.items():
            if "\r" in value or "\n" in value:
                raise NotConnected("header_with_line_break")
            headers.append((name.encode("latin-1", "replace"), value.strip().encode("latin-1", "replace")))
        return httpcore.Request("POST", address, headers=headers, content=self._body)

    def _proxy(self) -> Proxy | None:
        if self._resolve is not None:
            return None
        try:
            return self._route.proxy_to(self._url)
        except BadProxy:
            raise NotConnected("proxy_unusable") from None

    def _through(self, proxy: Proxy) -> httpcore.Proxy:
        address = httpcore.URL(scheme=proxy.scheme, host=with_brackets(proxy.host), port=proxy.port, target="/")
        return httpcore.Proxy(
            address,
            auth=None if proxy.user is None else (proxy.user.encode(), proxy.password.encode()),
            ssl_context=self._route.certificates if proxy.scheme == "https" else None,
        )


def _ascii_host(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()


def _headers_of(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _plain_body(response: httpcore.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_stream()
    except httpcore.RemoteProtocolError:  # of a body that is not chunked, the only thing that can be wrong
        raise ClosedEarly from None


def _broken_head(error: httpcore.RemoteProtocolError) -> Exception:
    # httpcore's own words, before h11 has seen anything of a response.
    return ClosedEarly() if "disconnected" in str(error) else ValueError("not an HTTP response")


def _code_of(error: Exception) -> str:
    """Why nothing was sent."""
    if isinstance(error, NotConnected):
        return error.code
    if isinstance(error, httpcore.ProxyError):
        return "proxy_authentication" if str(error).startswith(str(_PROXY_WANTS_PASSWORD)) else "proxy_refused"
    if isinstance(error, httpcore.LocalProtocolError):
        return "invalid_header"
    if isinstance(error, LimitReached):
        return "connect_timeout"
    return "connection_failed" if isinstance(error, OSError) else "proxy_refused"
