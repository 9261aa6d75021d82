"""The only module that calls BAML: one call, one result, never an exception for a failed call.

Used by the router in the analysis worker and the command line. BAML itself is loaded at the first call, not at
import: it must never be loaded in a process that forks afterwards (the children hang), so the API and the extraction
worker never call it.
"""

import importlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from pydantic import BaseModel

from app.routing.answer_loss import lost_too_much
from app.routing.attempt import WORKED, Cancellation, ModelResult, Outcome, TokenUsage
from app.routing.baml_source import installed_source
from app.routing.clients import Client
from app.routing.failure import Failure, classify_http_failure, classify_transport_failure
from app.routing.question import Question
from app.routing.tokens import estimate_tokens

# Models that refuse a temperature other than their own.
_FIXED_TEMPERATURE = ("gpt-5", "o1", "o3", "o4")


@dataclass(frozen=True, slots=True)
class _Baml:
    """The loaded packages. `process_id` is the process that loaded them: no other may use them."""

    client: Any  # baml_client.sync_client.b
    library: Any  # baml_py
    errors: Any  # baml_py.errors
    process_id: int


_load_lock = threading.Lock()
_loaded: _Baml | None = None


def _load() -> _Baml:
    global _loaded  # noqa: PLW0603 - BAML's runtime is one per process
    with _load_lock:
        if _loaded is None:
            # With such a key BAML would send every prompt, and so every resume, to a tracing service.
            for name in [name for name in os.environ if name.startswith("BOUNDARY_")]:
                del os.environ[name]
            # BAML's default prints prompts and answers; the variable counts when its runtime starts.
            os.environ["BAML_LOG"] = "off"
            # By name, because an import statement at the top would load BAML with this module.
            library = importlib.import_module("baml_py")
            generated = importlib.import_module("baml_client.sync_client")
            importlib.import_module("baml_py.logging").set_log_level("OFF")
            _loaded = _Baml(generated.b, library, importlib.import_module("baml_py.errors"), os.getpid())
        if _loaded.process_id != os.getpid():
            raise RuntimeError(
                "BAML was loaded before this process was forked, and would hang. Run model calls in a worker with "
                "--pool=threads, and load nothing of BAML before a fork."
            )
        return _loaded


class BamlCaller:
    """Calls BAML functions; safe to share between threads, which BAML serves at the same time."""

    def call(
        self, question: Question, client: Client, *, timeout_seconds: float, cancel: Cancellation | None = None
    ) -> ModelResult:
        return call_model(question, client, timeout_seconds=timeout_seconds, cancel=cancel)

    def estimate_prompt_tokens(self, question: Question) -> int:
        return estimate_prompt_tokens(question)

    def prompt_version(self, function: str) -> str:
        return prompt_version(function)


@cache
def prompt_version(function: str) -> str:
    """Twelve hex digits: changes exactly when the prompt or its types change. For the ledger and cache keys."""
    return installed_source().prompt_version(function)


def render_prompt(question: Question) -> str:
    """The prompt as it would be sent, its messages joined by line breaks. Sends nothing."""
    baml = _load()
    request = getattr(baml.client.request, question.function)(**question.arguments)
    messages: list[dict[str, Any]] = request.body.json()["messages"]
    return "\n".join(_content_of(message) for message in messages)


def estimate_prompt_tokens(question: Question) -> int:
    """Tokens of the whole prompt, on the safe side: the constant part once per process, plus the arguments."""
    arguments = sum(estimate_tokens(text) for text in question.arguments.values())
    return _constant_tokens(question.function, tuple(question.arguments)) + arguments


@cache
def _constant_tokens(function: str, argument_names: tuple[str, ...]) -> int:
    return estimate_tokens(render_prompt(Question(function, dict.fromkeys(argument_names, ""))))


def call_model(
    question: Question, client: Client, *, timeout_seconds: float, cancel: Cancellation | None = None
) -> ModelResult:
    """Ask `client` once. A failed call is a result with another outcome than ok; what it cost is in `usage`.

    Raises only when BAML cannot be used at all: not generated, or loaded before a fork.
    """
    baml = _load()
    registry = baml.library.ClientRegistry()
    registry.add_llm_client(client.name, client.provider, _client_options(client, timeout_seconds))
    registry.set_primary(client.name)
    collector = baml.library.Collector(name=question.function)
    # The limits in the client's options are per read: a body that trickles outlives them. This one is for the whole.
    controller = baml.library.AbortController(timeout_ms=max(1, round(timeout_seconds * 1000)))
    detach: Callable[[], None] = cancel.attach(controller.abort) if cancel else lambda: None
    answer: BaseModel | None = None
    error: Exception | None = None
    began = time.perf_counter()
    try:
        answer = getattr(baml.client, question.function)(
            **question.arguments,
            baml_options={"client_registry": registry, "collector": collector, "abort_controller": controller},
        )
    except Exception as caught:  # noqa: BLE001 - sorted below; its text holds the prompt and must not travel
        error = caught
    finally:
        detach()
    latency_seconds = time.perf_counter() - began
    log = collector.last
    if answer is not None:
        value = answer.model_dump(mode="json", exclude_none=True)
        raw = (log.raw_llm_response if log else None) or ""
        lost = lost_too_much(raw, value, _field_names(type(answer)))
        failure = Failure("parse_error", "values_lost", 200) if lost else None
    else:
        value = None
        failure = _classify(baml, error, log, client, cancel, latency_seconds, timeout_seconds)
    outcome: Outcome = failure.outcome if failure else "ok"
    return ModelResult(
        outcome=outcome,
        latency_ms=round(latency_seconds * 1000),
        usage=_usage(log, question, client, failure),
        value=None if failure else value,
        http_status=failure.http_status if failure else 200,
        error=failure.error if failure else None,
        retry_after_seconds=failure.retry_after_seconds if failure else None,
    )


def _client_options(client: Client, timeout_seconds: float) -> dict[str, Any]:
    """BAML's options: what clients.baml declares, under what `Client` says. The output limit's name varies."""
    options: dict[str, Any] = {"finish_reason_allow_list": ["stop"], "temperature": 0, **client.options}
    model = (client.model or "").lower()
    if model.startswith(_FIXED_TEMPERATURE):
        options.pop("temperature", None)
    if client.provider in {"openai", "azure-openai"}:
        options["max_completion_tokens"] = client.max_output_tokens
    elif client.provider in {"openai-generic", "anthropic", "ollama"}:
        options["max_tokens"] = client.max_output_tokens
    given = {"base_url": client.base_url, "model": client.model, "api_key": client.api_key}
    options |= {name: value for name, value in given.items() if value is not None}
    limit_seconds = min(client.total_timeout_seconds, timeout_seconds)
    options["http"] = {
        "connect_timeout_ms": max(1, round(min(client.connect_timeout_seconds, limit_seconds) * 1000)),
        "request_timeout_ms": max(1, round(limit_seconds * 1000)),
    }
    return options


def _classify(
    baml: _Baml,
    error: Exception | None,
    log: Any,
    client: Client,
    cancel: Cancellation | None,
    latency_seconds: float,
    timeout_seconds: float,
) -> Failure:
    errors = baml.errors
    if isinstance(error, errors.BamlAbortError):
        cancelled = cancel is not None and cancel.cancelled
        return Failure("cancelled", "cancelled") if cancelled else Failure("timeout", "total_timeout")
    if isinstance(error, errors.BamlClientFinishReasonError):
        reason = str(getattr(error, "finish_reason", None) or "unknown")
        return Failure("cut_off", f"finish_reason_{reason}"[:60], 200)
    if isinstance(error, errors.BamlValidationError):
        return Failure("parse_error", "not_the_agreed_shape", 200)
    if isinstance(error, errors.BamlTimeoutError):
        status, headers, body = _response_of(log)
        if status == 408:
            return classify_http_failure(status, body, _retry_after_seconds(headers))
        # The same error for connecting and for reading: one that came long before the read limit was connecting.
        limit_seconds = min(client.total_timeout_seconds, timeout_seconds)
        connecting = latency_seconds < 0.9 * limit_seconds
        return Failure("unreachable", "connect_timeout") if connecting else Failure("timeout", "read_timeout")
    if isinstance(error, errors.BamlClientHttpError):
        reported: Any = error
        status, headers, body = _response_of(log)
        if status is not None and status == reported.status_code:
            return classify_http_failure(status, body, _retry_after_seconds(headers))
        return classify_transport_failure(reported.status_code, str(reported.message))
    return Failure("server_error", f"internal_{type(error).__name__}"[:60])


def _response_of(log: Any) -> tuple[int | None, dict[str, str], str]:
    """Status, headers and body of the last response. Request headers hold the key and are never looked at."""
    calls: list[Any] = list(log.calls) if log else []
    response = calls[-1].http_response if calls else None
    if response is None:
        return None, {}, ""
    headers = {str(k).lower(): str(v) for k, v in dict(response.headers or {}).items()}
    with suppress(Exception):
        return int(response.status), headers, str(response.body.text())
    return int(response.status), headers, ""


def _retry_after_seconds(headers: dict[str, str]) -> float | None:
    """`Retry-After` in seconds or as a date; `retry-after-ms` as some gateways send it."""
    with suppress(ValueError):
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
    raw = headers.get("retry-after", "").strip()
    with suppress(ValueError):
        return max(0.0, float(raw)) if raw else None
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds())
    return None


def _usage(log: Any, question: Question, client: Client, failure: Failure | None) -> TokenUsage:
    """Tokens as the provider reported them; estimated where it may bill but reported none; else zero."""
    selected = log.selected_call if log else None
    usage = selected.usage if selected else None
    if usage is not None and usage.input_tokens is not None and usage.output_tokens is not None:
        # More cached than input tokens is impossible; input is what the bill is made of.
        cached = min(usage.cached_input_tokens or 0, usage.input_tokens)
        return TokenUsage(usage.input_tokens, cached, usage.output_tokens)
    if failure is not None and not (failure.outcome in WORKED or failure.may_be_billed):
        return TokenUsage(0, 0, 0)
    raw = log.raw_llm_response if log else None
    prompt_tokens = estimate_prompt_tokens(question)
    # Without a text to count, the answer is taken to be as long as such answers usually are.
    arguments = sum(estimate_tokens(text) for text in question.arguments.values())
    expected = round(arguments * question.answer_tokens_per_input_token)
    output_tokens = estimate_tokens(raw) if raw else min(client.max_output_tokens, expected)
    return TokenUsage(prompt_tokens, 0, output_tokens, estimated=True)


@cache
def _field_names(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(_walk_field_names(model))


def _walk_field_names(model: type[BaseModel]) -> Iterator[str]:
    """Names of all fields of the type and of the types within it (they have no cycles)."""
    for name, field in model.model_fields.items():
        yield name
        pending: list[Any] = [field.annotation]
        while pending:
            annotation = pending.pop()
            pending.extend(getattr(annotation, "__args__", ()))
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from _walk_field_names(annotation)


def _content_of(message: dict[str, Any]) -> str:
    content: Any = message.get("content") or ""
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)
