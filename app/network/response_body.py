"""Reads the body of a response: chunks, many at once, and compressed bodies within a limit.

Used by `app.routing.servers.http_exchange`. h11 parses each chunk separately, so each token of a streamed answer; that
alone would cost more than the rest of a call (docs/decisions/0015).
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator

_MOST_CHUNK_BYTES = 8 * 1024 * 1024
_LONGEST_SIZE_LINE = 4096  # characters; extensions may follow the size
_MOST_INFLATED_BYTES = 64 * 1024 * 1024  # above what a caller accepts
_INFLATED_PIECE_BYTES = 1024 * 1024
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?")
_GZIP = b"\x1f\x8b"


class ClosedEarly(ConnectionError):
    """The other side ended the connection before the response was complete."""


def read_chunks(read: Callable[[], bytes]) -> Iterator[bytes]:
    """The content of a chunked body: all whole chunks of a read at once. Trailers are left unread.

    `read` returns b"" at the end of the connection. Raises `ClosedEarly` and `ValueError`.
    """
    buffer = b""
    open_bytes = 0  # of a long chunk whose beginning was passed on
    while True:
        piece = read()
        if not piece:
            raise ClosedEarly
        buffer += piece
        parts: list[bytes] = []
        at = 0
        if open_bytes:
            at = min(open_bytes, len(buffer) - 2)
            if at <= 0:
                continue
            parts.append(buffer[:at])
            open_bytes -= at
            if open_bytes == 0:
                at = _after_line_end(buffer, at)
        while not open_bytes and (end := buffer.find(b"\r\n", at)) >= 0:
            size = _size_in(buffer[at:end])
            if size == 0:
                yield b"".join(parts)
                return
            begin = end + 2
            if len(buffer) < begin + size + 2:
                if len(buffer) - begin > _INFLATED_PIECE_BYTES:
                    parts.append(buffer[begin:-2])
                    open_bytes = size - len(parts[-1])
                    at = len(buffer) - 2
                break
            parts.append(buffer[begin : begin + size])
            at = _after_line_end(buffer, begin + size)
        buffer = buffer[at:]
        if not open_bytes and len(buffer) > _LONGEST_SIZE_LINE and b"\r\n" not in buffer[:_LONGEST_SIZE_LINE]:
            raise ValueError("a chunk without a size")
        if parts:
            yield b"".join(parts)


def _size_in(line: bytes) -> int:
    found = _SIZE.fullmatch(line)
    if found is None or (size := int(found[1], 16)) > _MOST_CHUNK_BYTES:
        raise ValueError("a chunk of impossible size")
    return size


def _after_line_end(buffer: bytes, at: int) -> int:
    if buffer[at : at + 2] != b"\r\n":
        raise ValueError("a chunk that is longer than its size")
    return at + 2


def inflate(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The content of a body with this Content-Encoding. Raises `ValueError` if it is unknown, broken or too large."""
    for name in reversed([name.strip().lower() for name in encoding.split(",")]):
        if name in {"gzip", "x-gzip", "deflate"}:
            pieces = _inflate(pieces)
        elif name not in {"", "identity"}:
            raise ValueError("an unknown compression")
    yield from pieces


def _inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    inflated = 0
    unpack = None
    for piece in pieces:
        rest, more = piece, True
        while more:
            if unpack is None or unpack.eof:
                if unpack is not None and not rest.startswith(_GZIP):
                    break  # padding; only gzip bodies have further members
                unpack = zlib.decompressobj(_window_bits(rest))
            try:
                some = unpack.decompress(rest, _INFLATED_PIECE_BYTES)
            except zlib.error:
                raise ValueError("a body that cannot be decompressed") from None
            rest = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            more = bool(rest) or (len(some) == _INFLATED_PIECE_BYTES and not unpack.eof)
            inflated += len(some)
            if inflated > _MOST_INFLATED_BYTES:
                raise ValueError("an endless answer")
            if some:
                yield some
    if unpack is not None and not unpack.eof:
        raise ClosedEarly


def _window_bits(beginning: bytes) -> int:
    """By the first byte: gzip or zlib with a header, or a bare deflate stream, which some servers send."""
    if beginning[0] == 0x1F or beginning[0] & 0x0F == zlib.DEFLATED:
        return zlib.MAX_WBITS | 32
    return -zlib.MAX_WBITS
