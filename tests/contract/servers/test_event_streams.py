"""Streams as servers really write them: each gives the whole answer and its token counts, in one attempt."""

import json

import pytest

from app.routing.attempt import ModelResult
from tests.contract.servers.body_server import (
    ANSWER,
    DRAFT,
    TEXT,
    USAGE,
    ask_with,
    chunk,
    plain,
    stream_of,
    usage_chunk,
    usual_stream,
)

SSE = "text/event-stream"
WHATWG = "WHATWG HTML, 9.2"
OVER_LINES = b"".join(
    b"\n".join(b"data: " + line for line in json.dumps(each, indent=1).encode().split(b"\n")) + b"\n\n"
    for each in (chunk(TEXT), chunk(None, "stop"), usage_chunk())
)
NULLS = chunk(TEXT, None, role="assistant", tool_calls=None, refusal=None)
WHOLE_MESSAGE = {"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]}
IN_PARTS = {"choices": [{"delta": {"content": [{"type": "text", "text": TEXT}]}, "finish_reason": "stop"}]}
NAMED = usual_stream().replace(b"data: {", b"event: message\nid: 7\ndata: {")

# name, body, Content-Type, source
STREAMS: tuple[tuple[str, bytes, str | None, str], ...] = (
    ("usual", usual_stream(), SSE, "OpenAI API reference, chat completions, streaming"),
    ("with charset", usual_stream(), f"{SSE}; charset=utf-8", "vllm-project/vllm"),
    ("type in capitals", usual_stream(), "Text/Event-Stream", "RFC 9110, 8.3.1"),
    ("text/plain", usual_stream(), "text/plain", "Wei-Shaw/sub2api#2826"),
    ("application/octet-stream", usual_stream(), "application/octet-stream", "openclaw/openclaw#97474"),
    ("application/json", usual_stream(), "application/json", "xiaoliu10/claude-code-router-next#45"),
    ("no type", usual_stream(), None, "Wei-Shaw/sub2api#2826"),
    ("CRLF", usual_stream(end=b"\r\n\r\n"), SSE, WHATWG),
    ("CR", usual_stream(end=b"\r\r"), SSE, WHATWG),
    ("byte order mark", usual_stream(before=b"\xef\xbb\xbf"), SSE, WHATWG),
    ("byte order mark, no type", usual_stream(before=b"\xef\xbb\xbf"), None, WHATWG),
    ("one line end only", usual_stream(end=b"\n"), SSE, "own variant"),
    ("comments", usual_stream(before=b": OPENROUTER PROCESSING\n\n" * 3), SSE, "OpenRouter, streaming"),
    ("comments, no type", usual_stream(before=b": ping\n\n"), None, "OpenRouter, streaming"),
    ("names and numbers", NAMED, SSE, WHATWG),
    ("retry field first", usual_stream(before=b"retry: 3000\n\n"), SSE, WHATWG),
    ("no blank after the colon", usual_stream().replace(b"data: ", b"data:"), SSE, WHATWG),
    ("no [DONE]", usual_stream(done=False), SSE, "own variant"),
    ("[DONE] without a line end", usual_stream().removesuffix(b"\n\n"), SSE, "own variant"),
    ("one text over several lines of data", OVER_LINES, SSE, WHATWG),
    ("several tokens in an event", stream_of([chunk(TEXT), chunk(None, "stop"), usage_chunk()]), SSE, "vllm#45678"),
    ("finish reason with the last token", stream_of([chunk(TEXT, "stop"), usage_chunk()]), SSE, "ggml-org/llama.cpp"),
    ("usage with the finish reason", stream_of([chunk(TEXT, "stop") | {"usage": USAGE}]), SSE, "Mistral API"),
    (
        "error: null",
        stream_of([chunk(TEXT) | {"error": None}, chunk(None, "stop"), usage_chunk()]),
        SSE,
        "vercel/ai#1835",
    ),
    ("fields of null", stream_of([NULLS, chunk(None, "stop"), usage_chunk()]), SSE, "langchain-ai/langchain#35236"),
    ("empty events", usual_stream().replace(b"data: [DONE]", b"data:\n\ndata: [DONE]"), SSE, "own variant"),
    ("message in place of delta", stream_of([WHOLE_MESSAGE, usage_chunk()]), SSE, "own variant"),
    ("text as a list of parts", stream_of([IN_PARTS, usage_chunk()]), SSE, "Mistral API, magistral"),
    ("a plain answer instead", plain(), "application/json", "own variant"),
    ("a plain answer labelled as a stream", plain(), SSE, "own variant"),
    ("a plain answer after blank lines", b"\n\n  " + plain(), None, "OpenRouter, errors and debugging"),
    ("a plain answer with a byte order mark", b"\xef\xbb\xbf" + plain(), "application/json", "own variant"),
)


def check(result: ModelResult) -> None:
    assert (result.outcome, result.error) == ("ok", None)
    assert result.value == ANSWER
    assert (result.usage.input_tokens, result.usage.output_tokens, result.usage.estimated) == (420, 61, False)


@pytest.mark.parametrize(("body", "content_type"), [row[1:3] for row in STREAMS], ids=[row[0] for row in STREAMS])
def test_every_framing_gives_the_whole_answer(body: bytes, content_type: str | None) -> None:
    check(ask_with(body, content_type=content_type))


@pytest.mark.parametrize("end", [1, 2, 3, 5, 17])
def test_events_may_be_split_anywhere(end: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.network.limited_stream.READ_BYTES", end)
    monkeypatch.setattr("app.routing.servers.http_exchange.READ_BYTES", end)
    check(ask_with(usual_stream(end=b"\r\n\r\n")))


@pytest.mark.parametrize("content_type", ["text/event-stream", None])
@pytest.mark.parametrize("usage", [True, False])
def test_a_complete_answer_whose_connection_stays_open_is_complete(content_type: str | None, usage: object) -> None:
    body = usual_stream(done=False) if usage else stream_of([chunk(TEXT), chunk(None, "stop")], done=False)
    result = ask_with(body, content_type=content_type, stays_open=True)
    assert (result.outcome, result.value) == ("ok", ANSWER)
    assert result.latency_ms < 15_000, "the stall limit of 20 seconds must not be waited for"
    assert result.usage.estimated is (not usage)


@pytest.mark.parametrize("words", ["[DONE]", "data: [DONE]", '"finish_reason": "stop"', '{"error": "x"}', "</think>"])
@pytest.mark.parametrize("parts", [1, 3])
def test_words_of_the_protocol_in_a_resume_are_words(words: str, parts: int) -> None:
    answer = {**ANSWER, "person": {"name": f"Ilse {words} Varga", "lines": [1, 2]}}
    text = json.dumps(answer)
    step = -(-len(text) // parts)
    chunks = [chunk(text[at : at + step]) for at in range(0, len(text), step)]
    result = ask_with(stream_of([*chunks, chunk(None, "stop"), usage_chunk()]))
    assert (result.outcome, result.value) == ("ok", answer)


@pytest.mark.parametrize("name", ["Ilse 🙂 Varga", "👩🏽‍🔧 Ilse", "𝓘lse"])
def test_a_character_may_come_in_two_events(name: str) -> None:
    text = json.dumps({**ANSWER, "person": {"name": name, "lines": [1, 2]}}, ensure_ascii=False)
    halves = [json.dumps(text[at])[1:-1] for at in range(len(text))]
    pieces = [part for half in halves for part in ([half[:6], half[6:]] if len(half) == 12 else [half])]
    body = b"".join(
        b'data: {"choices":[{"index":0,"delta":{"content":"' + piece.encode() + b'"}}]}\n\n' for piece in pieces
    )
    result = ask_with(body + stream_of([chunk(None, "stop"), usage_chunk()]))
    assert result.outcome == "ok"
    assert result.value is not None
    assert result.value["person"]["name"] == name


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("eos", "ok"),
        ("eos_token", "ok"),
        ("EOS_TOKEN", "ok"),
        ("end_turn", "ok"),
        ("stop_sequence", "ok"),
        ("STOP", "ok"),
        ("complete", "ok"),
        ("COMPLETE", "ok"),
        (None, "ok"),
        ("", "ok"),
        ("length", "cut_off"),
        ("max_tokens", "cut_off"),
        ("MAX_TOKENS", "cut_off"),
        ("model_length", "cut_off"),
        ("content_filter", "cut_off"),
        ("SAFETY", "cut_off"),
        ("refusal", "cut_off"),
        ("unheard_of", "cut_off"),
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
def test_finish_reasons_count_by_their_meaning(reason: str | None, outcome: str, streamed: object) -> None:
    """TGI: eos_token; Anthropic: end_turn; Cohere: COMPLETE; Gemini: STOP, SAFETY; Mistral: model_length."""
    # A draft has no entry of a career, so that nothing of an answer that was cut off is used.
    text = TEXT if outcome == "ok" else DRAFT
    body = stream_of([chunk(text), chunk("", reason), usage_chunk()]) if streamed else plain(text, reason)
    result = ask_with(body, content_type="text/event-stream" if streamed else "application/json")
    assert result.outcome == outcome


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        ({"message": "This model's maximum context length is 4096 tokens", "code": 400}, "too_long", "too_long"),
        (
            {
                "message": "Rate limit reached for requests",
                "type": "rate_limit_exceeded",
                "code": "rate_limit_exceeded",
            },
            "rate_limited",
            "",
        ),
        ({"message": "CUDA out of memory"}, "server_error", "error_in_stream"),
        ("the backend has crashed", "server_error", "error_in_stream"),
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
def test_an_error_after_the_status_200_is_an_error(error: object, outcome: str, code: str, streamed: object) -> None:
    body = stream_of([chunk("{"), {"error": error}]) if streamed else json.dumps({"error": error}).encode()
    result = ask_with(body, content_type="text/event-stream" if streamed else "application/json")
    assert result.outcome == outcome
    assert code in (result.error or "")
