"""The lines of a batch file, as sent and as returned."""

import json

import pytest

from app.routing.servers.batch_lines import MalformedLine, check_line, read_line, write_line

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello\nthere"}]}


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"method": "POST", "url": "/v1/chat/completions", "body": {}}',
        '{"custom_id": "a", "method": "GET", "url": "/v1/chat/completions", "body": {}}',
        '{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "messages": []}}',
        '{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": [{}]}}',
        '{"custom_id": "a"}\n',
    ],
)
def test_a_line_that_a_server_would_reject_is_never_sent(line: str) -> None:
    with pytest.raises(MalformedLine):
        check_line(line)


def test_a_line_is_one_line_whatever_it_contains() -> None:
    odd = {**BODY, "messages": [{"role": "user", "content": "a\nb\r\nc\u2028d\u0085e\x0b"}]}
    line = write_line("a", odd)
    assert len(line.splitlines()) >= 1
    assert "\n" not in line
    assert json.loads(line)["body"] == odd
    with pytest.raises(MalformedLine, match="streaming"):
        write_line("a", {**BODY, "stream": True})
    with pytest.raises(ValueError, match="JSON"):
        write_line("a", {**BODY, "temperature": float("nan")})


def test_an_unparsable_line_in_an_output_file_is_not_an_answer() -> None:
    for line in ("", "{", "[]", '{"response": {}}', "null"):
        assert read_line(line) is None
    for line in ('{"custom_id": "a"}', '{"custom_id": "a", "response": {"status_code": "x", "body": 7}}'):
        answered = read_line(line)
        assert answered is not None
        assert answered.completion.failure is not None
