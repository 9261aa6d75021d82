"""Sorts failed HTTP exchanges into the few outcomes the router acts on; called by `app.routing.baml_client`.

Only codes leave this module: a server's error body may repeat the prompt.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from app.routing.attempt import Outcome

# The wording of vLLM and OpenAI, llama.cpp, Ollama, gateways.
_TOO_LONG = re.compile(
    r"maximum context length|context[_ ]length[_ ]exceeded|exceed_context_size|context (?:window|size)"
    r"|max_model_len|prompt is too long|input (?:is )?too long|\"param\":\s*\"input_tokens\"",
    re.IGNORECASE,
)
# vLLM, llama.cpp, gateways: a server or grammar backend that cannot enforce this schema.
_ABOUT_SCHEMA = re.compile(r"response_format|json_schema|structured.?output|guided|grammar|\bschema\b", re.IGNORECASE)
STRUCTURED_OUTPUT_REFUSED = "structured_output_refused"
ERROR_CHARACTERS = 60  # longest `error`; `http_<status>_` and a provider's code of 40 characters fit
_CODE = re.compile(r"^[\w.-]{1,40}$")


@dataclass(frozen=True, slots=True)
class Failure:
    """`may_be_billed`: the request arrived, and the model may have worked although no usage came back."""

    outcome: Outcome
    error: str
    http_status: int | None = None
    retry_after_seconds: float | None = None
    may_be_billed: bool = False


def classify_http_failure(status: int, body: str, retry_after_seconds: float | None) -> Failure:
    """A response with a status: `error` is `http_<status>`, plus the provider's own code if it is one word."""
    code = _code_in(body)
    error = f"http_{status}_{code}" if code else f"http_{status}"
    if status in {401, 403}:
        return Failure("unauthorised", error, status)
    if status == 429:
        return Failure("rate_limited", error, status, retry_after_seconds)
    if status in {408, 504}:  # a gateway timed out; the model behind it may still be working
        return Failure("timeout", error, status, may_be_billed=True)
    if status in {400, 413, 422} and (status == 413 or _TOO_LONG.search(body)):
        return Failure("too_long", error, status)
    if status in {400, 422} and _ABOUT_SCHEMA.search(_complaint_in(body)):
        return Failure("rejected", STRUCTURED_OUTPUT_REFUSED, status)
    if 400 <= status < 500:
        return Failure("rejected", error, status)
    if status >= 500:
        return Failure("server_error", error, status, retry_after_seconds)
    return Failure("server_error", "not_a_completion", status, may_be_billed=True)


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


def _code_in(body: str) -> str | None:
    """The `code` of an OpenAI-style error, if it is a word (some servers repeat the status there)."""
    code = _error_in(body).get("code")
    return code if isinstance(code, str) and _CODE.match(code) and not code.isdigit() else None


def _complaint_in(body: str) -> str:
    """The parameter that an OpenAI-style error names; the rest of the body may repeat the request."""
    error = _error_in(body)
    return f"{error.get('param')} {error.get('message')}"


def _error_in(body: str) -> dict[str, Any]:
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        return {}
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return error if isinstance(error, dict) else {}
