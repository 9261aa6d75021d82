"""Measures the CPU of one streamed call by who reads its chunks: `python -m benchmarks.streamed_calls --calls 20`.

A server in a separate process streams one valid answer in chunks, one event of 220 bytes each, either in packets of
their own with pauses or all at once. The whole call is measured: BAML writes the request, the answer is read and
checked. The two readers take turns, so that other load on the machine meets both. Results: docs/decisions/0015.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app.extraction.limits import ExtractionLimits
from app.extraction.textual.plain_text import read_plain_text
from app.network.limited_stream import READ_BYTES
from app.routing.baml_client import call_model
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.servers.expectations import is_listening
from app.routing.servers.http_exchange import Exchange
from tests.end_to_end.service import free_port
from tests.scripted_model.answers import extract

_SAMPLE = next(iter(sorted((Path(__file__).resolve().parents[1] / "samples").glob("*.txt"))))
_EVENTS = 700


def question() -> Question:
    document = read_plain_text(_SAMPLE.read_bytes(), ExtractionLimits())
    return Question.extract_profile(document.numbered_text())


def events() -> list[bytes]:
    """One answer in so many events, framed as chunks."""
    text = json.dumps(extract(question().arguments["numbered_text"]))
    size = max(1, -(-len(text) // (_EVENTS - 3)))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    choices: list[dict[str, Any]] = [{"delta": {"role": "assistant", "content": ""}}]
    choices += [{"delta": {"content": piece}} for piece in pieces]
    choices += [{"delta": {"content": ""}}] * max(0, _EVENTS - len(choices) - 2)
    choices.append({"delta": {}, "finish_reason": "stop"})
    lines = [json.dumps({"id": "c" * 60, "object": "chat.completion.chunk", "choices": [one]}) for one in choices]
    lines.append(json.dumps({"choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": _EVENTS}}))
    return [f"data: {line}\n\n".encode() for line in [*lines, "[DONE]"]]


def serve(port: int, pause_seconds: float) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = [b"%x\r\n%s\r\n" % (len(event), event) for event in events()] + [b"0\r\n\r\n"]
    with socket.create_server(("127.0.0.1", port)) as listening:
        while True:
            connection, _ = listening.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection:
                request = connection.recv(READ_BYTES)
                if not request:  # only looked whether anyone is listening
                    continue
                while not request.endswith(b"}"):
                    request += connection.recv(READ_BYTES)
                connection.sendall(head)
                for chunk in [b"".join(chunks)] if pause_seconds == 0 else chunks:
                    connection.sendall(chunk)
                    time.sleep(pause_seconds)
                connection.recv(1)


def _read_each_chunk(exchange: Exchange) -> Iterator[bytes]:
    """As httpcore reads a body: h11 parses each chunk."""
    # The benchmark replaces one method.
    response, wire = exchange._response, exchange._wire  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if response is None or wire is None:
        raise RuntimeError("call `open` before `read`")
    wire.stream.body_begins()
    return response.iter_stream()


def cpu_ms(client: Client) -> float:
    asked = question()
    began = time.process_time()
    result = call_model(asked, client, timeout_seconds=60)
    used = 1000 * (time.process_time() - began)
    if result.outcome != "ok":
        raise SystemExit(f"the call failed: {result.outcome} {result.error}")
    return used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--pause-ms", type=float, default=2.0, help="between two events; 0 sends all of them at once")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.pause_ms / 1000)
        return
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.streamed_calls", f"--serve={port}", f"--pause-ms={given.pause_ms}"]
    )
    try:
        client = Client(name="Measured", provider="openai-generic", model="m", base_url=f"http://127.0.0.1:{port}/v1")
        measure(client, given.calls, {"many chunks at once": Exchange.read, "each chunk by h11": _read_each_chunk})
    finally:
        server.kill()
        server.wait()


def measure(client: Client, calls: int, readers: dict[str, Callable[[Exchange], Iterator[bytes]]]) -> None:
    wait_for_server(client)
    used: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(calls + 1):
        for name, read in readers.items():
            with patch.object(Exchange, "read", read):
                milliseconds = cpu_ms(client)
            if number > 0:  # the first call loads BAML
                used[name].append(milliseconds)
    print("| reader | CPU of a call, median | lowest |\n|---|---:|---:|")
    for name, milliseconds in used.items():
        print(f"| {name} | {statistics.median(milliseconds):.1f} ms | {min(milliseconds):.1f} ms |")


def wait_for_server(client: Client) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if is_listening(client):
            return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
