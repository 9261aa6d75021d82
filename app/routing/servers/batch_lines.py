"""The lines of a batch file: one request each, checked before they are sent, and the answers as they come back.

OpenAI's Batch API and `vllm run-batch` share the format. One malformed line makes either refuse the whole file, so
every line is parsed again before the file is sent. Called by app.pipeline.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

from app.routing.attempt import TokenUsage
from app.routing.failure import ERROR_CHARACTERS, Failure, classify_http_failure
from app.routing.servers.chat_completion import Completion, read_completion

ENDPOINT = "/v1/chat/completions"
# What OpenAI writes for a request it never worked on (guide "Batch", section on expiration).
_NOT_DONE = {"batch_expired": "timeout", "batch_cancelled": "cancelled"}


class MalformedLine(ValueError):
    """Says what is wrong with a line, without any of its content."""


def write_line(custom_id: str, body: dict[str, Any]) -> str:
    """One line, without its line break. Raises `MalformedLine` when a server would refuse it."""
    line = json.dumps(
        {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )
    check_line(line)
    return line


def check_line(line: str) -> str:
    """The line's custom_id. Raises `MalformedLine`."""
    if "\n" in line or "\r" in line:
        raise MalformedLine("it has a line break")
    try:
        request: Any = json.loads(line)
    except ValueError:
        raise MalformedLine("it is not JSON") from None
    if not isinstance(request, dict):
        raise MalformedLine("it is not an object")
    known = cast("dict[str, Any]", request)
    custom_id, body = known.get("custom_id"), known.get("body")
    if not isinstance(custom_id, str) or not custom_id:
        raise MalformedLine("it has no custom_id")
    if known.get("method") != "POST" or known.get("url") != ENDPOINT:
        raise MalformedLine(f"it is not a POST to {ENDPOINT}")
    if not isinstance(body, dict):
        raise MalformedLine("it has no body")
    _check_body(cast("dict[str, Any]", body))
    return custom_id


def _check_body(body: dict[str, Any]) -> None:
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise MalformedLine("its body names no model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise MalformedLine("its body has no messages")
    for message in cast("list[Any]", messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise MalformedLine("a message has no role")
        if not isinstance(message.get("content"), str | list):
            raise MalformedLine("a message has no content")
    if body.get("stream"):
        raise MalformedLine("it requests streaming, which a batch does not support")


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    custom_id: str
    completion: Completion


def read_line(line: str) -> AnsweredLine | None:
    """A line of an output or error file; None for a line that answers no request."""
    try:
        parsed: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(parsed, dict):
        return None
    answer = cast("dict[str, Any]", parsed)
    custom_id = answer.get("custom_id")
    return AnsweredLine(custom_id, _completion(answer)) if isinstance(custom_id, str) else None


def _completion(answer: dict[str, Any]) -> Completion:
    response = answer.get("response")
    if not isinstance(response, dict):
        error = answer.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        code = code if isinstance(code, str) and code.isidentifier() else "no_answer"
        outcome: Any = _NOT_DONE.get(code, "server_error")
        return Completion(
            "",
            usage=TokenUsage(input_tokens=0, cached_tokens=0, output_tokens=0),
            failure=Failure(outcome, code[:ERROR_CHARACTERS]),
        )
    known = cast("dict[str, Any]", response)
    status, body = known.get("status_code"), known.get("body")
    if status != 200:
        number = status if isinstance(status, int) else 500
        return Completion("", failure=classify_http_failure(number, json.dumps(body), None))
    return read_completion(body)
