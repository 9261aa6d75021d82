"""Answers every request immediately with the same streamed completion: `python -m app.benchmark.null_server`.

The load generator is measured against it, so that every result can state the generator's own ceiling. The server exits
when its standard input is closed.
"""

import asyncio
import json
import sys

_EVENTS = 300


def _answer() -> bytes:
    def event(choices: list[object], **more: object) -> bytes:
        return b"data: " + json.dumps({"id": "null", "model": "null", "choices": choices, **more}).encode() + b"\n\n"

    token = [{"index": 0, "delta": {"content": "null "}, "finish_reason": None}]
    last = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    usage = {"prompt_tokens": 1, "completion_tokens": _EVENTS, "total_tokens": _EVENTS + 1}
    events = [*[event(list(token))] * _EVENTS, event(list(last)), event([], usage=usage), b"data: [DONE]\n\n"]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in events) + b"0\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + chunks


_ANSWER = _answer()


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end]).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(self._received) < end + 4 + length:
                return
            del self._received[: end + 4 + length]
            if self._transport is not None:
                self._transport.write(_ANSWER)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - whoever started this reads the port
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
