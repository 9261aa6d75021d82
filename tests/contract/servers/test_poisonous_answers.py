"""Answers that take minutes and gigabytes to parse are refused at once, and never reach a tolerant parser."""

import json
import time

import pytest

from tests.contract.servers.body_server import ANSWER, TEXT, ask_with, chunk, plain, stream_of, usage_chunk

# name, text, error; BoundaryML/baml#1755, QwenLM/Qwen3#513, nushell/nushell#13944 and own variants
POISONS: tuple[tuple[str, str, str], ...] = (
    ("opening brackets", "[" * 100_000, "answer_too_deep"),
    ("closed brackets", "[" * 50_000 + "]" * 50_000, "answer_too_deep"),
    ("a few hundred brackets before the answer", "[" * 500 + "]" * 500 + TEXT, "answer_too_deep"),
    ("opening braces", "{" * 100_000, "answer_too_deep"),
    ("braces and keys", '{"a":' * 20_000, "answer_too_deep"),
    ("braces, brackets and quotes", '{"a":["' * 20_000, "answer_too_deep"),
    ("a bracket in every value", '{"person": {"name": "' + "[" * 5_000 + '"', "answer_too_deep"),
    ("a very long text", '{"is_resume": true, "person": {"name": "' + "a" * 4_000_000 + '"}}', "answer_too_long"),
    ("many quotes", '"word ' * 20_000, "not_the_agreed_shape"),
    ("many closing brackets", "]" * 100_000, "not_the_agreed_shape"),
    ("many empty objects", "{} " * 30_000, "not_the_agreed_shape"),
    ("many backslashes", '{"a": "' + "\\" * 99_999, "not_the_agreed_shape"),
    ("many commas", "{" + "," * 100_000 + "}", "not_the_agreed_shape"),
)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(("text", "error"), [row[1:] for row in POISONS], ids=[row[0] for row in POISONS])
def test_a_poisonous_answer_is_a_parse_error_at_once(text: str, error: str, streamed: object) -> None:
    body = stream_of([chunk(text), chunk(None, "stop"), usage_chunk()]) if streamed else plain(text)
    began = time.monotonic()
    result = ask_with(body, content_type=None)
    assert (result.outcome, result.error, result.value) == ("parse_error", error, None)
    assert time.monotonic() - began < 10, "without the checks, most of these take minutes"


@pytest.mark.parametrize(("text", "error"), [row[1:] for row in POISONS], ids=[row[0] for row in POISONS])
def test_a_poisonous_answer_that_is_cut_off_is_cut_off_at_once(text: str, error: str) -> None:
    del error
    began = time.monotonic()
    assert ask_with(plain(text, "length"), content_type=None).outcome == "cut_off"
    assert time.monotonic() - began < 10


def test_deep_json_around_the_answer_is_no_completion() -> None:
    body = b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    result = ask_with(body, content_type="application/json")
    assert (result.outcome, result.error) == ("server_error", "not_a_completion")
    result = ask_with(stream_of([], before=b"data: " + b"[" * 100_000 + b"\n\n"))
    assert result.outcome == "server_error"


def test_an_answer_with_as_many_brackets_as_a_resume_may_hold_is_read() -> None:
    resume = {**ANSWER, "skills": [{"keywords": [f"[{number}]"], "lines": [4]} for number in range(150)]}
    result = ask_with(plain(json.dumps(resume)), content_type="application/json")
    assert (result.outcome, result.value) == ("ok", resume)
