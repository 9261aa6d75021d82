"""Sorts failed HTTP exchanges into the few outcomes the router acts on; called by `app.routing.baml_client`.

Only codes leave this module: a server's error body may repeat the prompt. `app.routing.refusals` knows the words.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from app.routing.attempt import Outcome
from app.routing.refusals.error_bodies import ErrorBody, read_error_body, read_error_value
from app.routing.refusals.parameter_complaints import RESPONSE_FORMAT, named_parameters
from app.routing.refusals.refusal_meanings import AFTER_PARAMETERS, BEFORE_PARAMETERS, PAGES, Meaning

STRUCTURED_OUTPUT_REFUSED = "structured_output_refused"
REDIRECT = "redirect"
ERROR_CHARACTERS = 60  # longest `error`; `http_<status>_` and a provider's code of 40 characters fit
_CODE = re.compile(r"^[\w.-]{1,40}$")
# "Please try again in 1m2.5s", "retry after 20 seconds", "retryDelay": "33s"
_WAIT = re.compile(
    r"\b(?:retry|try again)(?:ing)? (?:in|after) (?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?) ?(ms|s\b|sec))?",
    re.IGNORECASE,
)
_STREAM_ERROR = "error_in_stream"


@dataclass(frozen=True, slots=True)
class Failure:
    """`may_be_billed`: the request arrived, and the model may have worked although no usage came back.

    `named_parameters` are those that the server refuses. The request need not have had them; `refused_parameter` is the
    one that it had and that can be left out.
    """

    outcome: Outcome
    error: str
    http_status: int | None = None
    retry_after_seconds: float | None = None
    may_be_billed: bool = False
    named_parameters: tuple[str, ...] = field(default=(), repr=False)
    refused_parameter: str | None = None


def classify_http_failure(status: int, body: str, retry_after_seconds: float | None) -> Failure:
    """A response with a status: `error` is `http_<status>`, plus the provider's own code if it is one word, or the
    meaning of its text.
    """
    if 300 <= status < 400:  # never followed: a resume goes only where the settings say
        return Failure("rejected", REDIRECT, status)
    read = read_error_body(body)
    if read.is_page and status in PAGES:
        return _refused(PAGES[status], status, read, retry_after_seconds)
    meaning = _first_of(BEFORE_PARAMETERS, status, read)
    if meaning is not None:
        return _refused(meaning, status, read, retry_after_seconds)
    named = named_parameters(status, read)
    if RESPONSE_FORMAT in read.parameters:  # its schema may be called too long
        return Failure("rejected", STRUCTURED_OUTPUT_REFUSED, status, named_parameters=named)
    meaning = _first_of(AFTER_PARAMETERS, status, read)
    if meaning is not None:
        return _refused(meaning, status, read, retry_after_seconds)
    if RESPONSE_FORMAT in named[:1]:
        return Failure("rejected", STRUCTURED_OUTPUT_REFUSED, status, named_parameters=named)
    error = _error(status, read.code)
    if status == 403:
        return Failure("unauthorised", error, status)
    if 400 <= status < 500 or status == 501:
        return Failure("rejected", error, status, named_parameters=named)
    if status >= 500:
        return Failure("server_error", error, status, retry_after_seconds, named_parameters=named)
    return Failure("server_error", "not_a_completion", status, may_be_billed=True)


def classify_error_in_stream(error: Any, *, begun: bool) -> Failure:
    """An error that came as an event of a stream, after the status 200; `begun`: some of the answer came before it."""
    read = read_error_value(error)
    for meaning in (*BEFORE_PARAMETERS, *AFTER_PARAMETERS):
        if _says(meaning, read):
            return Failure(
                meaning.outcome,
                f"{_STREAM_ERROR}_{meaning.name}"[:ERROR_CHARACTERS],
                200,
                _wait_in(read),
                may_be_billed=begun or meaning.may_be_billed,
            )
    return Failure("server_error", _STREAM_ERROR, 200, may_be_billed=True)


def classify_transport_failure(synthetic_status: int, message: str) -> Failure:
    """No usable response. BAML reports 503 when no connection was made, 2 when it broke later."""
    if "TimedOut" in message:
        return Failure("timeout", "read_timeout")
    if synthetic_status == 503 or "ConnectError" in message:
        return Failure("unreachable", "dns_failure" if "dns error" in message else "connection_failed")
    if "ConnectionReset" in message or "BrokenPipe" in message:
        return Failure("server_error", "connection_reset", may_be_billed=True)
    if "IncompleteBody" in message or "IncompleteMessage" in message:
        return Failure("server_error", "connection_closed_early", may_be_billed=True)
    return Failure("server_error", "unreadable_response", may_be_billed=True)


def _first_of(meanings: tuple[Meaning, ...], status: int, read: ErrorBody) -> Meaning | None:
    for meaning in meanings:
        if status in meaning.always or (status in meaning.statuses and _says(meaning, read)):
            return meaning
    return None


def _says(meaning: Meaning, read: ErrorBody) -> bool:
    if any(code.lower() in meaning.codes for code in read.codes):
        return True
    if meaning.words is None or not meaning.words.search(read.text):
        return False
    return meaning.unless is None or not meaning.unless.search(read.text)


def _refused(meaning: Meaning, status: int, read: ErrorBody, retry_after_seconds: float | None) -> Failure:
    code = read.code
    if meaning.is_named and (code or "").lower() not in meaning.codes and (read.is_page or _says(meaning, read)):
        code = meaning.name
    busy = meaning.outcome == "rate_limited"
    return Failure(
        meaning.outcome,
        _error(status, code),
        status,
        (_wait_in(read) if retry_after_seconds is None else retry_after_seconds) if busy else None,
        may_be_billed=meaning.may_be_billed,
    )


def _error(status: int, code: str | None) -> str:
    """The `code` of an OpenAI-style error, if it is a word (some servers repeat the status there)."""
    usable = code is not None and _CODE.match(code) and not code.isdigit()
    return f"http_{status}_{code}"[:ERROR_CHARACTERS] if usable else f"http_{status}"


def _wait_in(read: ErrorBody) -> float | None:
    """The pause that a busy server asks for in words."""
    found = _WAIT.search(read.text)
    if found is None or not any(found.groups()):
        return None
    seconds = float(found[3] or 0) / (1000 if found[4] == "ms" else 1)
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + seconds
