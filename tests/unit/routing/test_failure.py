"""Classifying failed exchanges, and detecting answers that were only partly parsed."""

import json

import pytest

from app.routing.attempt import Outcome
from app.routing.failure import classify_http_failure, classify_transport_failure
from app.routing.servers.answer_loss import lost_too_much

KEYS = frozenset({"name", "person", "work", "employer", "position", "summary", "skills", "keywords", "lines"})


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, "rejected"),
        (401, "unauthorised"),
        (403, "unauthorised"),
        (404, "rejected"),
        (408, "timeout"),
        (413, "too_long"),
        (422, "rejected"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
        (504, "timeout"),
        (200, "server_error"),
    ],
)
def test_each_status_has_its_outcome(status: int, outcome: Outcome) -> None:
    failure = classify_http_failure(status, "", None)
    assert (failure.outcome, failure.http_status) == (outcome, status)


@pytest.mark.parametrize(
    "body",
    [
        '{"error":{"message":"This model\'s maximum context length is 2048 tokens.","param":"max_tokens"}}',
        '{"error":{"message":"...","code":"context_length_exceeded"}}',
        '{"error":{"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}',
        '{"error":{"message":"too much","param": "input_tokens"}}',
    ],
)
def test_a_400_about_length_is_distinguished_from_other_400s(body: str) -> None:
    assert classify_http_failure(400, body, None).outcome == "too_long"


def test_an_unsupported_parameter_is_not_mistaken_for_a_length_error() -> None:
    error = {"message": "Unsupported parameter", "param": "max_tokens", "code": "unsupported_parameter"}
    body = json.dumps({"error": error})
    failure = classify_http_failure(400, body, None)
    assert (failure.outcome, failure.error) == ("rejected", "http_400_unsupported_parameter")


def test_an_error_code_is_passed_on_but_the_error_body_is_not() -> None:
    body = json.dumps({"error": {"message": "you sent: Jo Doe, 5 Elm Street", "code": "Jo Doe 5 Elm Street"}})
    assert classify_http_failure(500, body, None).error == "http_500"


@pytest.mark.parametrize(
    ("status", "message", "outcome", "billed"),
    [
        (503, 'ConnectError("tcp connect error", ... Connection refused)', "unreachable", False),
        (503, 'ConnectError("dns error", ...)', "unreachable", False),
        (2, "source: reqwest::Error { kind: Body, source: TimedOut }", "timeout", False),
        (2, "kind: ConnectionReset", "server_error", True),
        (2, "source: hyper::Error(Body, Custom { kind: UnexpectedEof, error: IncompleteBody })", "server_error", True),
        (2, "something new", "server_error", True),
    ],
)
def test_failures_without_a_response_are_classified_too(
    status: int,
    message: str,
    outcome: Outcome,
    billed: bool,  # noqa: FBT001
) -> None:
    failure = classify_transport_failure(status, message)
    assert (failure.outcome, failure.may_be_billed) == (outcome, billed)


def test_a_lost_list_is_detected() -> None:
    raw = '{"person":{"name":"Jo Kim"},"work":[{"employer":"A","position":"B","summary":"C","ongoing":"yes"}]}'
    assert lost_too_much(raw, {"person": {"name": "Jo Kim"}}, KEYS)
    kept = {"person": {"name": "Jo Kim"}, "work": [{"employer": "A", "position": "B", "summary": "C"}]}
    assert not lost_too_much(raw, kept, KEYS)


def test_strings_in_place_of_objects_are_detected() -> None:
    assert lost_too_much('{"skills":["SQL","Go","Rust"]}', {"skills": [{}, {}, {}]}, KEYS)


def test_unexpected_keys_and_numbers_as_text_are_no_loss() -> None:
    raw = '{"id":"x1","note":"n","mood":"m","other":"o","person":{"name":"Jo","lines":["3"]}}'
    assert not lost_too_much(raw, {"person": {"name": "Jo", "lines": [3]}}, KEYS)


def test_escapes_line_breaks_and_thinking_are_no_loss() -> None:
    raw = '<think>"a" "b" "c" {"d": "e"}</think> ```json {"person":{"name":"Zo\\u00eb \\"Z\\" Kim\\nLee"}}```'
    assert not lost_too_much(raw, {"person": {"name": 'Zoë "Z" Kim\nLee'}}, KEYS)
