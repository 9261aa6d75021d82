"""Length-prefixed messages between the caller and the sandbox; used by `sandbox` and `sandbox_server`."""

import socket
import time

HEADER = 8  # bytes of a big-endian length
MAX_ANSWER_BYTES = 64 * 1024 * 1024
PROGRAMS_BEGIN = b"P"  # sent at most once before the result: from now on programs run and get their own time


def send_message(channel: socket.socket, content: bytes) -> None:
    channel.sendall(len(content).to_bytes(HEADER, "big"))
    channel.sendall(content)


def receive_message(channel: socket.socket) -> bytes:
    return receive_exactly(channel, int.from_bytes(receive_exactly(channel, HEADER, None), "big"), None)


def receive_exactly(channel: socket.socket, count: int, deadline: float | None) -> bytes:
    """Raises EOFError if the other side ends early, TimeoutError at `deadline` (on the monotonic clock)."""
    parts: list[bytes] = []
    while count:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        part = channel.recv(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
