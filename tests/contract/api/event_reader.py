"""A client for server-sent event streams."""

import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

# The longest silence and the longest stream that a test accepts. They measure nothing. Keep-alive comments end a
# silence, so the second limit ends a stream that never sends the expected event.
_SILENCE_SECONDS = 15
_STREAM_SECONDS = 40


@dataclass(frozen=True)
class Received:
    kind: str
    id: str | None
    data: dict[str, Any]


class EventReader:
    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments = 0
        self._lines = self._before_the_deadline(response.iter_lines())

    def next(self) -> Received | None:
        """The next event; None at the end of the stream. Comments are counted."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line == "":
                if fields:
                    return Received(fields["event"], fields.get("id"), json.loads(fields["data"]))
            elif line.startswith(":"):
                self.comments += 1
            else:
                name, _, value = line.partition(": ")
                fields[name] = value
        return None

    def skip_to_comment(self) -> None:
        for line in self._lines:
            if line.startswith(":"):
                return
        raise AssertionError("the stream ended")

    def _before_the_deadline(self, lines: Iterator[str]) -> Iterator[str]:
        deadline = time.monotonic() + _STREAM_SECONDS
        for line in lines:
            assert time.monotonic() < deadline, "the stream goes on without saying what was expected"
            yield line

    def rest(self) -> list[Received]:
        events: list[Received] = []
        while (event := self.next()) is not None:
            events.append(event)
        return events


@contextmanager
def listening(url: str, key: str, last_event_id: str | None = None) -> Generator[EventReader, None, None]:
    headers = {"Authorization": f"Bearer {key}"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    # Without certificates, because a hundred clients would load them a hundred times.
    with (
        httpx.Client(verify=False, timeout=_SILENCE_SECONDS) as http,  # noqa: S501 - plain http on this machine
        http.stream("GET", url, headers=headers) as response,
    ):
        yield EventReader(response)
