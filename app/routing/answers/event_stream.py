"""Server-sent events as OpenAI-compatible servers write them: by the specification, and by habit.

The specification: https://html.spec.whatwg.org/multipage/server-sent-events.html. Used by
`app.routing.servers.chat_completion`. A usual stream is several hundred events, so the common case is one regular
expression over all of them.
"""

import json
import re

_BOM = b"\xef\xbb\xbf"
_DATA = re.compile(rb"^data(?:: ?(.*))?$", re.MULTILINE)
# Two lines of data in one event: a JSON text over several lines, or a server that writes no empty lines.
_SEVERAL = re.compile(rb"^data.*\n(?:.+\n)*?data", re.MULTILINE)
_DATA_LINE = re.compile(rb"(?:^|[\r\n]|\xbf)data[:\r\n]")
_EMPTY_LINES = re.compile(rb"\n{2,}")
_DONE = b"[DONE]"
_DONE_EVENT = re.compile(rb"(?:^|[\r\n])data:[ \t]*\[DONE\][ \t]*(?:[\r\n]|$)")
_DONE_BYTES = 40  # longer than such a line
_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"[^"]+"')
_FINISHED_BYTES = 200
_FIELD = re.compile(rb"(?:data|event|id|retry)?[ \t]*:")
_LONGEST_FIELD = 8


def is_event_stream(beginning: bytes, content_type: str) -> bool | None:
    """Whether a body is a stream of events. Its first bytes decide, because servers label bodies wrongly; None while
    they are too few.
    """
    text = beginning.removeprefix(_BOM).lstrip()
    if text[:1] in {b"{", b"["}:
        return False
    if _FIELD.match(text):
        return True
    if len(text) < _LONGEST_FIELD:
        return None
    return "event-stream" in content_type.lower()


def has_data(received: bytearray) -> bool:
    """Whether any event has data. Comments that keep a connection alive have none."""
    return _DATA_LINE.search(received) is not None


def payloads(raw: bytes) -> list[bytes]:
    """The data of each event that has any; `[DONE]` is left out. The last event need not be complete."""
    raw = raw.removeprefix(_BOM)
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if _SEVERAL.search(raw) is None:
        found = _DATA.findall(raw)
    else:
        found = [payload for event in _EMPTY_LINES.split(raw) for payload in _of_event(event)]
    return [payload for each in found if (payload := each.strip()) and payload != _DONE]


def _of_event(event: bytes) -> list[bytes]:
    lines: list[bytes] = _DATA.findall(event)
    if len(lines) < 2:
        return lines
    whole = b"\n".join(lines)
    return [whole] if _is_json(whole) else lines


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def ends_with_done(received: bytearray, new_bytes: int) -> bool:
    """Whether `[DONE]` is among the last `new_bytes`, as an event of its own: the words may also be in a resume."""
    return _DONE_EVENT.search(received, max(0, len(received) - new_bytes - _DONE_BYTES)) is not None


def has_finished(received: bytearray, new_bytes: int) -> bool:
    """Whether a finish reason is among the last `new_bytes`. Inside a text its quotes would be escaped."""
    return _FINISHED.search(received, max(0, len(received) - new_bytes - _FINISHED_BYTES)) is not None
