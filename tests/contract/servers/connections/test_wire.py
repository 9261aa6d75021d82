"""Framings of an answer that HTTP allows, or that servers send anyway; each is read, or fails with the right code."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.network import response_body
from app.network.response_body import ClosedEarly, inflate, read_chunks
from app.routing.attempt import Cancellation
from app.routing.servers.chat_completion import complete
from app.routing.servers.http_exchange import Exchange
from tests.contract.servers.connections.wire_server import (
    LIMITS,
    PLAIN,
    SSE,
    STREAM,
    TEXT,
    Answer,
    ask,
    chunked,
    sending,
    serving,
)

_CHUNKED = SSE + b"Transfer-Encoding: chunked\r\n"
_GZIP = b"Content-Encoding: gzip\r\n"
_HALF = len(STREAM) // 2


def _each_byte(text: bytes) -> list[bytes]:
    return [text[at : at + 1] for at in range(len(text))]


def _bare_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def _flushed(content: bytes) -> list[bytes]:
    """A gzip stream that is flushed after each piece, as a proxy does with a streamed answer."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    pieces = [content[at : at + 300] for at in range(0, len(content), 300)]
    return [*[packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH) for piece in pieces], packer.flush()]


_READ: dict[str, Answer] = {
    # RFC 9110 15.2: a client must be able to read any number of 1xx responses
    "100-continue (RFC 9110 15.2)": sending(b"HTTP/1.1 100 Continue\r\n\r\n" + SSE + b"\r\n" + STREAM),
    "several 1xx with headers (RFC 8297, openresty/openresty early hints)": sending(
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
        _CHUNKED + b"\r\n",
        chunked(STREAM),
    ),
    "HTTP/1.0 without a length (BaseHTTPRequestHandler)": sending(
        b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + STREAM
    ),
    "no reason phrase (RFC 9112 4)": sending(b"HTTP/1.1 200 \r\nContent-Type: application/json\r\n\r\n" + PLAIN),
    "chunk extensions (RFC 9112 7.1.1)": sending(
        _CHUNKED + b"\r\n" + chunked(STREAM[:_HALF], STREAM[_HALF:], extension=b' ;a=b;c="d"')
    ),
    "trailers (RFC 9112 7.1.2)": sending(_CHUNKED + b"\r\n" + chunked(STREAM, trailer=b"Server-Timing: a\r\nX: y\r\n")),
    "sizes in capitals with zeros": sending(_CHUNKED + b"\r\n" + b"0000%X\r\n%s\r\n00\r\n\r\n" % (len(STREAM), STREAM)),
    "a byte at a time, split inside sizes": sending(
        *_each_byte(_CHUNKED + b"\r\n" + chunked(STREAM[:60], STREAM[60:]))
    ),
    "header names in capitals": sending(SSE.replace(b"Content-Type", b"CONTENT-TYPE") + b"\r\n" + STREAM),
    "header names in lower case, no blanks": sending(
        b"HTTP/1.1 200 OK\r\ncontent-type:text/event-stream\r\ntransfer-encoding:chunked\r\n\r\n" + chunked(STREAM)
    ),
    "headers in two packets": sending(SSE[:30], SSE[30:] + b"\r", b"\n" + STREAM, pause_seconds=0.05),
    "line feeds without carriage returns (RFC 9112 2.2)": sending(SSE.replace(b"\r\n", b"\n") + b"\n" + STREAM),
    "keep-alive with a length, socket left open": sending(
        SSE + b"Connection: keep-alive\r\nContent-Length: %d\r\n\r\n" % len(STREAM) + STREAM, hang=True
    ),
    "keep-alive, chunked, socket left open": sending(
        _CHUNKED + b"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n" + chunked(STREAM), hang=True
    ),
    "a plain answer with a length, socket left open": sending(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(PLAIN) + PLAIN,
        hang=True,
    ),
    "gzip (nginx gzip_types)": sending(SSE + _GZIP + b"\r\n" + gzip.compress(STREAM)),
    "gzip in chunks, flushed": sending(_CHUNKED + _GZIP + b"\r\n" + chunked(*_flushed(STREAM))),
    "gzip in two members": sending(
        SSE + _GZIP + b"\r\n" + gzip.compress(STREAM[:_HALF]) + gzip.compress(STREAM[_HALF:])
    ),
    "gzip with padding": sending(SSE + _GZIP + b"\r\n" + gzip.compress(STREAM) + bytes(16)),
    "x-gzip (RFC 9110 8.4.1.3)": sending(SSE + b"Content-Encoding: X-GZIP\r\n\r\n" + gzip.compress(STREAM)),
    "deflate with a header": sending(SSE + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(STREAM)),
    "deflate without one (RFC 9110 8.4.1.2)": sending(
        SSE + b"Content-Encoding: deflate\r\n\r\n" + _bare_deflate(STREAM)
    ),
    "two compressions": sending(
        SSE + b"Content-Encoding: deflate, gzip\r\n\r\n" + gzip.compress(zlib.compress(STREAM))
    ),
    "identity": sending(SSE + b"Content-Encoding: identity\r\n\r\n" + STREAM),
}


@pytest.mark.parametrize("answer", _READ.values(), ids=_READ.keys())
def test_an_answer_in_any_legal_framing_is_read(answer: Answer) -> None:
    with serving(answer) as server:
        done = ask(server.address)
    assert (done.failure, done.text, done.finish_reason) == (None, TEXT, "stop")


def test_a_server_with_an_ipv6_address_is_called() -> None:
    with serving(sending(SSE + b"\r\n" + STREAM), family=socket.AF_INET6) as server:
        assert ask(server.address).text == TEXT
    assert f"host: {server.address}\r\n".encode() in server.requests[0].lower()


_BROKEN: dict[str, tuple[bytes, str]] = {
    "a length that is too large": (
        SSE + b"Content-Length: %d\r\n\r\n" % (len(STREAM) + 9) + STREAM[:_HALF],
        "connection_closed_early",
    ),
    "two lengths that differ (RFC 9112 6.3)": (
        SSE + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + STREAM,
        "unreadable_response",
    ),
    "a chunk longer than its size": (_CHUNKED + b"\r\n3\r\ndata: \r\n0\r\n\r\n", "unreadable_response"),
    "a negative size": (_CHUNKED + b"\r\n-5\r\nhello\r\n", "unreadable_response"),
    "a size with an underscore": (_CHUNKED + b"\r\n1_0\r\n" + STREAM[:16] + b"\r\n", "unreadable_response"),
    "a size of 4 GB": (_CHUNKED + b"\r\nffffffff\r\nx", "unreadable_response"),
    "no size for many bytes": (_CHUNKED + b"\r\n" + b"a" * 9000, "unreadable_response"),
    "an unknown compression": (SSE + b"Content-Encoding: zz\r\n\r\n" + STREAM, "unreadable_response"),
    "a body that is not gzip": (SSE + _GZIP + b"\r\n" + STREAM, "unreadable_response"),
    "a gzip body that ends early": (SSE + _GZIP + b"\r\n" + gzip.compress(STREAM)[:60], "connection_closed_early"),
    "a head of 100 KB": (SSE + b"X: " + b"y" * 100_000 + b"\r\n\r\n", "unreadable_response"),
    "half a head": (SSE[:40], "connection_closed_early"),
    "a header without a colon": (b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "unreadable_response"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", "unreadable_response"),
    "HTTP/2 frames": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "unreadable_response"),
}


@pytest.mark.parametrize(("answer", "error"), _BROKEN.values(), ids=_BROKEN.keys())
def test_a_framing_that_cannot_be_read_is_a_server_error(answer: bytes, error: str) -> None:
    with serving(sending(answer)) as server:
        done = ask(server.address)
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.error) == ("server_error", error)


def test_something_that_is_not_http_is_noticed_before_a_limit() -> None:
    with serving(sending(b"220 mail.example.org ESMTP\r\n", hang=True)) as server:
        began = time.monotonic()
        done = ask(server.address)
    assert done.failure is not None
    assert done.failure.error == "unreadable_response"
    assert time.monotonic() - began < LIMITS.first_token_seconds


def test_slow_header_bytes_count_against_the_first_token_limit() -> None:
    head = _each_byte(b"HTTP/1.1 100 Continue\r\n\r\n" * 40)
    with serving(sending(*head, pause_seconds=0.03)) as server:
        done = ask(server.address, limits=replace(LIMITS, first_token_seconds=0.5))
    assert done.failure is not None
    assert done.failure.error == "first_token_timeout"


def test_an_early_refusal_is_read_although_the_request_could_not_be_sent() -> None:
    """Servers refuse a body that is too large while it is being sent, and close."""

    def refuse(connection: socket.socket, *_: object) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                refuse(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        body = {"model": "m", "messages": [{"role": "user", "content": "x" * 4_000_000}]}
        done = complete(f"http://127.0.0.1:{listening.getsockname()[1]}/v1/chat/completions", {}, body, LIMITS, None)
        thread.join(10)
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.http_status) == ("too_long", 413)


def _before_the_head(connection: socket.socket) -> None:
    del connection


def _within_the_body(connection: socket.socket) -> None:
    connection.sendall(_CHUNKED + b"\r\n" + chunked(STREAM[:_HALF])[:-5])


@pytest.mark.parametrize("begin", [_before_the_head, _within_the_body])
def test_a_cancelled_call_closes_the_connection_so_that_the_server_notices(
    begin: Callable[[socket.socket], None],
) -> None:
    noticed = threading.Event()
    waiting = threading.Event()

    def answer(connection: socket.socket, *_: object) -> None:
        begin(connection)
        waiting.set()
        if connection.recv(1) == b"":
            noticed.set()

    cancel = Cancellation()
    with serving(answer) as server:
        calling = threading.Thread(
            target=complete, args=(f"http://{server.address}/v1/chat/completions", {}, {}, LIMITS, cancel)
        )
        calling.start()
        assert waiting.wait(10)
        cancel.cancel()
        assert noticed.wait(5)
        calling.join(5)
        assert not calling.is_alive()


def test_a_call_that_is_cancelled_before_it_begins_sends_nothing() -> None:
    cancel = Cancellation()
    cancel.cancel()
    with serving(sending(SSE + b"\r\n" + STREAM)) as server:
        done = complete(f"http://{server.address}/v1/chat/completions", {}, {}, LIMITS, cancel)
    assert done.failure is not None
    assert done.failure.outcome == "cancelled"
    assert server.requests == []


def test_many_small_events_are_read_in_a_few_pieces() -> None:
    """Each read costs CPU; a token that waits a moment for the next ones costs nothing."""
    events = [b"%x\r\n%s\r\n" % (40, b"data: %033d\n" % number) for number in range(300)]
    with (
        serving(sending(_CHUNKED + b"\r\n", *events, b"0\r\n\r\n", pause_seconds=0.005)) as server,
        Exchange(f"http://{server.address}/", {}, b"{}", LIMITS) as exchange,
    ):
        exchange.open(None)
        pieces = 0
        for _ in exchange.read():
            exchange.answering()
            pieces += 1
    assert pieces < 100


def test_a_compressed_answer_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_body, "_MOST_INFLATED_BYTES", 4 * 1024 * 1024)
    pieces: list[int] = []
    with pytest.raises(ValueError, match="endless"):
        pieces.extend(len(piece) for piece in inflate([gzip.compress(bytes(64 * 1024 * 1024))], "gzip"))
    assert max(pieces) <= 1024 * 1024
    assert sum(pieces) <= 4 * 1024 * 1024


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000, 700_000, 5_000_000])
def test_chunks_of_any_length_are_read_from_reads_of_any_length(step: int) -> None:
    content = bytes(range(256)) * 16_000 if step >= 1000 else bytes(range(256))
    framed = chunked(content[:5], content[5:9], content[9:], extension=b";x")
    reads = iter([framed[at : at + step] for at in range(0, len(framed), step)])
    assert b"".join(read_chunks(lambda: next(reads, b""))) == content


def test_a_chunked_body_that_breaks_off_is_noticed_at_every_byte() -> None:
    framed = chunked(b"hello", b"world")
    for end in range(len(framed) - len(b"\r\n\r\n")):
        reads = iter([framed[:end]])
        with pytest.raises(ClosedEarly):
            list(read_chunks(lambda reads=reads: next(reads, b"")))
