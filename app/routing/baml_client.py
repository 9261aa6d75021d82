"""The only module that calls BAML: one call, one result, never an exception for a failed call.

Used by the router in the analysis worker and the command line. BAML is loaded at the first call, not at import: it must
never be loaded in a process that forks afterwards (the children hang), so the API and the extraction worker never call
it.
"""

import importlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain
from typing import Any, get_type_hints

from pydantic import BaseModel

from app.network.limited_stream import Limits
from app.routing.answers.final_answer import (
    candidates,
    complete_objects,
    ends_with_object,
    is_repairable,
    too_complex,
    without_thinking,
)
from app.routing.attempt import WORKED, Cancellation, ModelCallsUnavailable, ModelResult, TokenUsage
from app.routing.baml_source import installed_source
from app.routing.baml_transport import BamlCall, call_with_baml_transport
from app.routing.clients import OPENAI_SHAPED, Client
from app.routing.failure import ERROR_CHARACTERS, Failure
from app.routing.parameters.refused_parameters import other_name, refused_of
from app.routing.question import Question
from app.routing.sections.section_answers import answer_by_sections
from app.routing.sections.section_requests import asks_by_sections
from app.routing.servers.answer_loss import lost_too_much
from app.routing.servers.answer_schema import answer_schema
from app.routing.servers.chat_completion import Completion, complete, text_so_far
from app.routing.servers.partial_answer import AnswerFollower, breaks_off, close_answer, is_substantial
from app.routing.servers.repetition import RepetitionWatch
from app.routing.servers.strict_answer import read_strictly
from app.routing.servers.structured_output import StructuredOutput
from app.routing.tokens import estimate_tokens

_MOST_REFUSALS = 4  # parameters that one attempt may leave out; more means that the server refuses everything


@dataclass(frozen=True, slots=True, kw_only=True)
class _Baml:
    """The loaded packages. Only the process `process_id`, which loaded them, may use them."""

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
            # BAML's default level prints prompts and answers; the variable is read when its runtime starts.
            os.environ["BAML_LOG"] = "off"
            # Imported by name, because an import statement at the top would load BAML with this module.
            library = importlib.import_module("baml_py")
            generated = importlib.import_module("baml_client.sync_client")
            importlib.import_module("baml_py.logging").set_log_level("OFF")
            _loaded = _Baml(
                client=generated.b,
                library=library,
                errors=importlib.import_module("baml_py.errors"),
                process_id=os.getpid(),
            )
        if _loaded.process_id != os.getpid():
            raise ModelCallsUnavailable(
                "BAML was loaded before this process was forked, and would hang. Run model calls in a worker with "
                "--pool=threads, and load nothing of BAML before a fork."
            )
        return _loaded


class BamlCaller:
    """Calls BAML functions. Safe to share between threads, which BAML serves in parallel."""

    def __init__(self, structured_output: StructuredOutput | None = None) -> None:
        self._structured_output = structured_output or StructuredOutput()

    def call(
        self,
        question: Question,
        client: Client,
        *,
        timeout_seconds: float,
        cancel: Cancellation | None = None,
        follower: AnswerFollower | None = None,
    ) -> ModelResult:
        if not asks_by_sections(question, client):
            until = time.monotonic() + timeout_seconds
            return self._call_until(until, question, client, cancel=cancel, follower=follower)
        until = time.monotonic() + min(timeout_seconds, client.total_timeout_seconds)
        return answer_by_sections(
            question, until, lambda section: self._call_until(until, section, client, cancel=cancel)
        )

    def _call_until(
        self,
        until: float,
        question: Question,
        client: Client,
        *,
        cancel: Cancellation | None,
        follower: AnswerFollower | None = None,
    ) -> ModelResult:
        def ask(structured: bool, left_out: frozenset[str]) -> ModelResult:  # noqa: FBT001
            return call_model(
                question,
                client,
                timeout_seconds=until - time.monotonic(),
                cancel=cancel,
                structured=structured,
                left_out=left_out,
                follower=follower,
            )

        structured = self._structured_output.wanted(client)
        left_out = self._structured_output.refused.of(client)
        for _ in range(_MOST_REFUSALS):
            result = ask(structured, left_out)
            if result.refused_parameter is None:
                return result
            # Refused before any work, so repeating the call without the parameter belongs to the same attempt.
            self._structured_output.refused.note(client, result.refused_parameter)
            left_out |= {result.refused_parameter}
        return ask(structured, left_out)

    def estimate_prompt_tokens(self, question: Question) -> int:
        return estimate_prompt_tokens(question)

    def prompt_version(self, function: str) -> str:
        return prompt_version(function)


@cache
def prompt_version(function: str) -> str:
    """Twelve hex digits that change exactly when the prompt or its types change. For the ledger and cache keys."""
    return installed_source().prompt_version(function)


def render_request(question: Question, *, structured: bool = False) -> dict[str, Any]:
    """The body of a chat completion as it is sent to a self-hosted server, except the model name. Sends nothing."""
    baml = _load()
    request = getattr(baml.client.request, question.function)(**question.arguments)
    body: dict[str, Any] = request.body.json()
    del body["model"]
    response_format = _response_format(question) if structured else None
    return body | ({"response_format": response_format} if response_format else {})


def render_messages(question: Question) -> list[dict[str, str]]:
    """The messages of the request, each with its role and its content as one string. Sends nothing."""
    messages: list[dict[str, Any]] = render_request(question)["messages"]
    return [{"role": message["role"], "content": _content_of(message)} for message in messages]


def render_prompt(question: Question) -> str:
    """The prompt as it would be sent, its messages joined by line breaks. Sends nothing."""
    return "\n".join(message["content"] for message in render_messages(question))


def estimate_prompt_tokens(question: Question) -> int:
    """Upper estimate of the tokens of the whole prompt: the constant part once per process, plus the arguments."""
    arguments = sum(estimate_tokens(text) for text in question.arguments.values())
    return _constant_tokens(question.function, tuple(question.arguments)) + arguments


@cache
def _constant_tokens(function: str, argument_names: tuple[str, ...]) -> int:
    return estimate_tokens(render_prompt(Question(function, dict.fromkeys(argument_names, ""))))


def call_model(
    question: Question,
    client: Client,
    *,
    timeout_seconds: float,
    cancel: Cancellation | None = None,
    structured: bool = False,
    left_out: frozenset[str] = frozenset(),
    follower: AnswerFollower | None = None,
) -> ModelResult:
    """Call `client` once. A failed call is a result with an outcome other than ok; `usage` says what it cost.

    `structured` makes the server enforce the function's schema, `left_out` names parameters that it refused, `follower`
    sees the answer grow; all three need an OpenAI-compatible server.

    Raises only when BAML cannot be used at all: not generated, or loaded before a fork.
    """
    baml = _load()
    began = time.perf_counter()
    if client.provider in OPENAI_SHAPED:
        client = replace(client, stream=client.stream and "stream" not in left_out)
        call = _ask_openai_shaped(
            baml, question, client, timeout_seconds, cancel, structured=structured, left_out=left_out, follower=follower
        )
    elif client.route.is_overridden_by_environment(client.base_url):
        call = BamlCall(failure=Failure("unreachable", "proxy_unavoidable"), begun=False)
    else:
        options = client_options(client, timeout_seconds)
        call = call_with_baml_transport(
            baml.client, baml.library, baml.errors, question, client, options, timeout_seconds, cancel
        )
    return _result(question, client, _with_complete_entries(baml, question, call), time.perf_counter() - began)


def read_batch_answer(question: Question, client: Client, done: Completion) -> ModelResult:
    """Judged like the answer of a call; nothing is known about its time."""
    baml = _load()
    call = _with_complete_entries(baml, question, _read_answer(baml, question, client, done))
    result = _result(question, client, call, 0.0)
    # Batch requests are billed as such, whatever tier the response names.
    return replace(result, usage=replace(result.usage, service_tier="batch"))


def _with_complete_entries(baml: _Baml, question: Question, call: BamlCall) -> BamlCall:
    """A call whose answer broke off, with the entries that were complete by then, if they are worth using."""
    if call.failure is None or not breaks_off(call.failure):
        return call
    text = None if too_complex(call.raw) else close_answer(call.raw)
    parsed = None if text is None else _parse(baml, question.function, text)
    if text is None or parsed is None:
        return call
    answer, nothing_lost, _ = parsed
    value = _dumped(answer)
    if not is_substantial(value) or (not nothing_lost and lost_too_much(text, value, _field_names(type(answer)))):
        return call
    return replace(call, answer=answer, nothing_lost=True)


def _result(question: Question, client: Client, call: BamlCall, latency_seconds: float) -> ModelResult:
    failure, value = call.failure, None
    partial_answer = failure is not None and call.answer is not None
    if call.answer is not None:
        value = _dumped(call.answer)
        if not call.nothing_lost and lost_too_much(call.parsed or call.raw, value, _field_names(type(call.answer))):
            failure, value = Failure("parse_error", "values_lost", 200), None
    return ModelResult(
        outcome="partial" if partial_answer else failure.outcome if failure else "ok",
        latency_ms=round(latency_seconds * 1000),
        usage=call.usage or _estimated_usage(call, question, client, failure),
        value=value,
        http_status=failure.http_status if failure else 200,
        error=failure.error if failure else None,
        retry_after_seconds=failure.retry_after_seconds if failure else None,
        first_token_ms=None if call.first_token_seconds is None else round(call.first_token_seconds * 1000),
        broken_by=failure.outcome if partial_answer and failure else None,
        refused_parameter=failure.refused_parameter if failure else None,
    )


def _dumped(answer: BaseModel) -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude_none=True)


def _ask_openai_shaped(
    baml: _Baml,
    question: Question,
    client: Client,
    timeout_seconds: float,
    cancel: Cancellation | None,
    *,
    structured: bool,
    left_out: frozenset[str],
    follower: AnswerFollower | None,
) -> BamlCall:
    """BAML writes the request and parses the text; the transport between is ours (docs/decisions/0004)."""
    try:
        request = _write_request(baml, question, client, timeout_seconds, structured=structured, left_out=left_out)
    except Exception as error:  # noqa: BLE001 - a client BAML cannot use; its text may hold the prompt
        return BamlCall(failure=Failure("rejected", f"internal_{type(error).__name__}"[:ERROR_CHARACTERS]))
    limits = Limits(
        connect_seconds=client.connect_timeout_seconds,
        # Without a stream the first byte is the whole answer's.
        first_token_seconds=client.first_token_timeout_seconds if client.stream else client.total_timeout_seconds,
        stall_seconds=client.stall_timeout_seconds,
        total_seconds=min(client.total_timeout_seconds, timeout_seconds),
    )

    def grown(received: bytearray) -> None:
        if follower is not None and follower.wants:
            follower.grows(client, partial(_read_partial, baml, question, client, bytes(received)))

    on_growth = None if follower is None else grown
    watch = RepetitionWatch(question.bounds.last_line if question.bounds else None)
    done = complete(
        request.url, request.headers, request.body, limits, cancel, on_growth, watch.repeats, route=client.route
    )
    if done.failure is not None:
        refused = refused_of(done.failure.named_parameters, request.body, left_out)
        done = replace(done, failure=replace(done.failure, refused_parameter=refused))
    return _read_answer(baml, question, client, done)


def _read_partial(baml: _Baml, question: Question, client: Client, received: bytes) -> dict[str, Any] | None:
    """The judgement on a final answer of this text, with real words in place of pseudonyms."""
    so_far = text_so_far(received)
    text = None if too_complex(so_far) else close_answer(so_far)
    if text is None:
        return None
    answer = _read_answer(baml, question, client, Completion(text, "stop")).answer
    return None if answer is None else question.restored(_dumped(answer), client)


def _read_answer(baml: _Baml, question: Question, client: Client, done: Completion) -> BamlCall:
    call = BamlCall(
        None,
        done.text,
        done.usage,
        done.failure,
        done.first_token_seconds,
        begun=done.begun,
        reasoning=done.reasoning,
    )
    if done.failure is not None:
        return call
    allowed = client.options.get("finish_reason_allow_list", ["stop"])
    if str(done.finish_reason or "").lower() not in {str(reason).lower() for reason in allowed}:
        failure = Failure("cut_off", f"finish_reason_{done.finish_reason or 'unknown'}"[:ERROR_CHARACTERS], 200)
        return replace(call, failure=failure)
    text = done.text
    if not without_thinking(text).strip() and (text.strip() or done.reasoning):
        # Some servers take the whole answer for reasoning (a reasoning parser, with thinking switched off).
        if not ends_with_object(done.reasoning):
            return replace(call, failure=Failure("parse_error", "only_reasoning", 200))
        text = complete_objects(done.reasoning)[-1]
    complaint = too_complex(text)
    if complaint is not None:
        return replace(call, failure=Failure("parse_error", complaint, 200))
    parsed = _parse(baml, question.function, text)
    if parsed is None:
        return replace(call, failure=Failure("parse_error", "not_the_agreed_shape", 200))
    answer, nothing_lost, read = parsed
    return replace(call, answer=answer, nothing_lost=nothing_lost, parsed=read)


def _parse(baml: _Baml, function: str, text: str) -> tuple[BaseModel, bool, str] | None:
    """The answer, whether its text was exactly the agreed JSON, and that text; None for a text that cannot be read.

    The last JSON object that is exactly as agreed is the answer; without one, BAML repairs the last one that it can.
    """
    agreed = _strict_shape(function)
    found: list[str] = []
    for each in chain([text], candidates(text)):
        answer = None if agreed is None else read_strictly(each, *agreed)
        if answer is not None:
            return answer, True, each
        found.append(each)
    for each in filter(is_repairable, found[1:]):
        try:
            return getattr(baml.client.parse, function)(each), False, each
        except Exception:  # noqa: BLE001, S112 - whatever it says, this text could not be read, and must not travel
            continue
    return None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion ready to send. `headers` hold the key and `body` the resume: neither is ever logged."""

    url: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)


def chat_request(question: Question, client: Client, *, structured: bool = False) -> ChatRequest:
    """The request for `client`; nothing is sent. Raises `ValueError` for a provider of another protocol."""
    if client.provider not in OPENAI_SHAPED:
        raise ValueError(f"{client.name} ({client.provider}) does not speak OpenAI's chat completions")
    return _write_request(_load(), question, client, client.total_timeout_seconds, structured=structured)


def _write_request(
    baml: _Baml,
    question: Question,
    client: Client,
    timeout_seconds: float,
    *,
    structured: bool,
    left_out: frozenset[str] = frozenset(),
) -> ChatRequest:
    registry = baml.library.ClientRegistry()
    registry.add_llm_client(client.name, client.provider, client_options(client, timeout_seconds))
    registry.set_primary(client.name)
    request = getattr(baml.client.request, question.function)(
        **question.arguments, baml_options={"client_registry": registry}
    )
    body: dict[str, Any] = request.body.json()
    structured = structured and client.request_parameters.response_format
    response_format = _response_format(question) if structured else None
    if response_format is not None:
        body["response_format"] = response_format
    if client.stream:
        body["stream"] = True
        if client.request_parameters.stream_options:
            body["stream_options"] = {"include_usage": True}
    for name in left_out & body.keys():
        value, instead = body.pop(name), other_name(name)
        if instead is not None:
            body[instead] = value
    headers = {name: value for name, value in dict(request.headers).items() if name != "baml-original-url"}
    return ChatRequest(request.url, headers, body)


def client_options(client: Client, timeout_seconds: float) -> dict[str, Any]:
    """BAML's options: those of clients.baml, overridden by `Client` and by what its model takes."""
    parameters = client.request_parameters
    options: dict[str, Any] = {"finish_reason_allow_list": ["stop"], **client.options, **parameters.more}
    options = {name: value for name, value in options.items() if name not in parameters.omitted | {"temperature"}}
    if parameters.temperature is not None:
        options["temperature"] = parameters.temperature
    if parameters.max_tokens_name is not None:
        options[parameters.max_tokens_name] = client.max_output_tokens
    given = {"base_url": client.base_url, "model": client.model, "api_key": client.api_key}
    options |= {name: value for name, value in given.items() if value is not None}
    limit_seconds = min(client.total_timeout_seconds, timeout_seconds)
    options["http"] = {
        "connect_timeout_ms": max(1, round(min(client.connect_timeout_seconds, limit_seconds) * 1000)),
        "request_timeout_ms": max(1, round(limit_seconds * 1000)),
    }
    return options


def _estimated_usage(call: BamlCall, question: Question, client: Client, failure: Failure | None) -> TokenUsage:
    """Estimated and marked where the provider may bill but reported nothing; else zero."""
    if failure is not None and not (failure.outcome in WORKED or failure.may_be_billed):
        return TokenUsage(input_tokens=0, cached_tokens=0, output_tokens=0)
    output_tokens = estimate_tokens(call.raw + call.reasoning)
    if client.stream and not call.begun:
        output_tokens = 0
    elif call.answer is None or not call.raw:
        # An answer whose end was not seen is assumed to be at least as long as such answers usually are.
        arguments = sum(estimate_tokens(text) for text in question.arguments.values())
        expected = min(client.max_output_tokens, round(arguments * question.answer_tokens_per_input_token))
        output_tokens = max(output_tokens, expected)
    return TokenUsage(
        input_tokens=estimate_prompt_tokens(question), cached_tokens=0, output_tokens=output_tokens, estimated=True
    )


@cache
def _answer_type(function: str) -> type[BaseModel]:
    """The type that BAML generated for the function's answer."""
    return get_type_hints(getattr(type(_load().client.parse), function))["return"]


@cache
def _strict_shape(function: str) -> tuple[type[BaseModel], tuple[str, ...]] | None:
    """Type and conditions of an answer; None where only BAML can judge it."""
    conditions = installed_source().conditions(function)
    return None if conditions is None else (_answer_type(function), conditions)


def _response_format(question: Question) -> dict[str, Any] | None:
    """None where BAML's types have aliases: the schema would require the names behind them."""
    if _has_aliases(question.function):
        return None
    answer = _answer_type(question.function)
    schema = answer_schema(answer, question.bounds)
    return {"type": "json_schema", "json_schema": {"name": answer.__name__, "schema": schema}}


@cache
def _has_aliases(function: str) -> bool:
    return installed_source().has_aliases(function)


@cache
def _field_names(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(_walk_field_names(model))


def _walk_field_names(model: type[BaseModel]) -> Iterator[str]:
    """Names of all fields of the type and of the types within it (they have no cycles)."""
    for name, declared in model.model_fields.items():
        yield name
        pending: list[Any] = [declared.annotation]
        while pending:
            annotation = pending.pop()
            pending.extend(getattr(annotation, "__args__", ()))
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from _walk_field_names(annotation)


def _content_of(message: dict[str, Any]) -> str:
    content: Any = message.get("content") or ""
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)
