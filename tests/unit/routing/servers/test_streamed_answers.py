"""A streamed answer is parsed the same way whether or not its events have the usual form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routing.servers import chat_completion

PIECES = st.lists(st.text(max_size=8), min_size=1, max_size=40)


def stream(pieces: list[str], *, odd_at: int | None = None, spaced: bool = False, **last: Any) -> bytes:
    """A server's usual events; the one at `odd_at` has an unusual form with the same meaning."""
    events: list[str] = []
    for number, piece in enumerate(pieces):
        delta: dict[str, Any] = {"content": piece}
        if number == 0:
            delta = {"role": "assistant", **delta}
        if number == odd_at:
            delta = {"refusal": None, **delta}
        event = {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}], "usage": None}
        events.append(json.dumps(event, separators=None if spaced else (",", ":"), ensure_ascii=spaced))
    events.append(json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", **last}]}))
    usage = {"prompt_tokens": 7, "completion_tokens": len(pieces)}
    events.append(json.dumps({"choices": [], "usage": usage}))
    return "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()


@given(PIECES, st.booleans(), st.none() | st.integers(0, 39))
def test_every_piece_arrives_once_and_in_order(pieces: list[str], spaced: bool, odd_at: int | None) -> None:  # noqa: FBT001
    read = chat_completion._read_stream(stream(pieces, spaced=spaced, odd_at=odd_at), None)  # pyright: ignore[reportPrivateUsage]
    assert read.text == "".join(pieces)
    assert read.finish_reason == "stop"
    assert read.failure is None
    assert read.usage is not None
    assert (read.usage.input_tokens, read.usage.output_tokens) == (7, len(pieces))


@pytest.mark.parametrize(
    "text",
    ['"delta":{"content":"x"}', '{"error": {"message": "x"}}', 'data: {"delta":{"content":"y"},"error":1}', "\\"],
)
def test_a_text_that_looks_like_an_event_is_text(text: str) -> None:
    pieces = [*text, text, *["and so on"] * 5]
    read = chat_completion._read_stream(stream(pieces), None)  # pyright: ignore[reportPrivateUsage]
    assert read.text == "".join(pieces)
    assert read.failure is None


def test_an_error_between_normal_events_is_found() -> None:
    raw = stream(["a"] * 20).replace(b'{"id":"c"', b'{"error":{"message":"out of memory"},"id":"c"', 1)
    read = chat_completion._read_stream(raw, None)  # pyright: ignore[reportPrivateUsage]
    assert read.failure is not None
    assert read.failure.error == "error_in_stream"


def test_a_finish_reason_before_the_last_events_is_found() -> None:
    raw = stream(["a"] * 20)
    trailing = b"".join(b'data: {"choices":[],"usage":null}\n\n' for _ in range(9))
    read = chat_completion._read_stream(raw.replace(b"data: [DONE]", trailing + b"data: [DONE]"), None)  # pyright: ignore[reportPrivateUsage]
    assert (read.finish_reason, read.text) == ("stop", "a" * 20)


@given(PIECES, st.booleans(), st.none() | st.integers(0, 39), st.integers(1, 300))
def test_the_text_is_read_once_while_it_arrives(
    pieces: list[str],
    spaced: bool,  # noqa: FBT001
    odd_at: int | None,
    step: int,
) -> None:
    raw = stream(pieces, spaced=spaced, odd_at=odd_at)
    reader = chat_completion._StreamedText()  # pyright: ignore[reportPrivateUsage]
    texts = [reader.take(bytearray(raw[:end])) for end in (*range(0, len(raw), step), len(raw))]
    assert "".join(texts) == "".join(pieces)
