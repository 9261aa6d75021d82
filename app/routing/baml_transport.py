"""A call through BAML's own HTTP, for providers whose protocol only BAML knows (Anthropic, Gemini, Bedrock, ...).

Called by `app.routing.baml_client`, which loads BAML and passes its modules. There is no first-token limit here: BAML's
streaming holds Python's lock, so these answers arrive in one piece.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.routing.attempt import Cancellation, TokenUsage
from app.routing.clients import Client
from app.routing.failure import ERROR_CHARACTERS, Failure, classify_http_failure, classify_transport_failure
from app.routing.question import Question
from app.routing.servers.chat_completion import read_retry_after

# BAML raises one error for both time limits. One that comes after this share of the read limit is a read timeout: the
# connect limit is normally far shorter, and timers are not exact.
_READ_LIMIT_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class BamlCall:
    """The result of one call: an answer in BAML's type, or a failure; `usage` None when the provider reported none.

    Both are set for an answer that broke off: `answer` has its complete entries.
    """

    answer: BaseModel | None = None
    raw: str = ""
    usage: TokenUsage | None = None
    failure: Failure | None = None
    first_token_seconds: float | None = None
    nothing_lost: bool = False  # the answer was exactly the agreed JSON
    begun: bool = True  # False: no part of the answer arrived
    reasoning: str = ""  # reported apart from the answer
    parsed: str = ""  # the part of `raw` that the answer was read from, if it is known


def call_with_baml_transport(
    baml_client: Any,
    library: Any,
    errors: Any,
    question: Question,
    client: Client,
    options: dict[str, Any],
    timeout_seconds: float,
    cancel: Cancellation | None,
) -> BamlCall:
    registry = library.ClientRegistry()
    registry.add_llm_client(client.name, client.provider, options)
    registry.set_primary(client.name)
    collector = library.Collector(name=question.function)
    # The limits in the client's options are per read: a trickling body outlives them. This one is for the whole call.
    controller = library.AbortController(timeout_ms=max(1, round(timeout_seconds * 1000)))
    detach: Callable[[], None] = cancel.attach(controller.abort) if cancel else lambda: None
    answer: BaseModel | None = None
    failure: Failure | None = None
    began = time.perf_counter()
    try:
        answer = getattr(baml_client, question.function)(
            **question.arguments,
            baml_options={"client_registry": registry, "collector": collector, "abort_controller": controller},
        )
    except Exception as caught:  # noqa: BLE001 - sorted here; its text holds the prompt and must not travel
        limit_seconds = min(client.total_timeout_seconds, timeout_seconds)
        # The same error for connecting and reading: one that came long before the read limit was connecting.
        connecting = time.perf_counter() - began < _READ_LIMIT_SHARE * limit_seconds
        failure = _classify(errors, caught, collector.last, cancel, connecting=connecting)
    finally:
        detach()
    log = collector.last
    return BamlCall(answer, (log.raw_llm_response if log else None) or "", _usage(log), failure)


def _classify(errors: Any, error: Exception, log: Any, cancel: Cancellation | None, *, connecting: bool) -> Failure:
    if isinstance(error, errors.BamlAbortError):
        cancelled = cancel is not None and cancel.cancelled
        return Failure("cancelled", "cancelled") if cancelled else Failure("timeout", "total_timeout")
    if isinstance(error, errors.BamlClientFinishReasonError):
        reason = str(getattr(error, "finish_reason", None) or "unknown")
        return Failure("cut_off", f"finish_reason_{reason}"[:ERROR_CHARACTERS], 200)
    if isinstance(error, errors.BamlValidationError):
        return Failure("parse_error", "not_the_agreed_shape", 200)
    if isinstance(error, errors.BamlTimeoutError):
        status, headers, body = _response_of(log)
        if status == 408:
            return classify_http_failure(status, body, read_retry_after(headers))
        return Failure("unreachable", "connect_timeout") if connecting else Failure("timeout", "read_timeout")
    if isinstance(error, errors.BamlClientHttpError):
        reported: Any = error
        status, headers, body = _response_of(log)
        if status is not None and status == reported.status_code:
            return classify_http_failure(status, body, read_retry_after(headers))
        return classify_transport_failure(reported.status_code, str(reported.message))
    return Failure("server_error", f"internal_{type(error).__name__}"[:ERROR_CHARACTERS])


def _response_of(log: Any) -> tuple[int | None, dict[str, str], str]:
    """Status, headers and body of the last response. Request headers contain the key and are never read."""
    calls: list[Any] = list(log.calls) if log else []
    response = calls[-1].http_response if calls else None
    if response is None:
        return None, {}, ""
    headers = {str(k).lower(): str(v) for k, v in dict(response.headers or {}).items()}
    with suppress(Exception):
        return int(response.status), headers, str(response.body.text())
    return int(response.status), headers, ""


def _usage(log: Any) -> TokenUsage | None:
    selected = log.selected_call if log else None
    usage = selected.usage if selected else None
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    # More cached than input tokens is impossible; the bill is based on input.
    cached = min(usage.cached_input_tokens or 0, usage.input_tokens)
    return TokenUsage(input_tokens=usage.input_tokens, cached_tokens=cached, output_tokens=usage.output_tokens)
