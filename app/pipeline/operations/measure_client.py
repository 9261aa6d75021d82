"""Measures one model client with one real request about an invented resume.

`vitae clients test` calls it directly. The API must not load BAML, so it runs this module as a program, with a client
as JSON on stdin and a measurement as JSON on stdout (`app.pipeline.operations.try_client`).
"""

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import ValidationError

from app.analysis.answer import Answer
from app.analysis.answer_bounds import bound_answer
from app.analysis.evaluation.accuracy import overall, score
from app.analysis.grounding.check import check_answer
from app.analysis.person import describes_a_person
from app.analysis.profile import CheckedProfile
from app.analysis.rules import parse_resume, parse_sections
from app.analysis.section_parts import section_parts
from app.clock import utc_now
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.textual.plain_text import read_plain_text
from app.observability.health import ask_for_json, list_models, read_loaded_context
from app.pipeline.operations.sample_resume import SAMPLE_RESUME
from app.routing.attempt import Attempt, ModelResult
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client
from app.routing.length_guard import ContextSizes, TooSmall, check_length
from app.routing.question import Question
from app.routing.refusals.parameter_complaints import RESPONSE_FORMAT
from app.routing.router import ModelCaller
from app.routing.sections.section_requests import asks_by_sections, lines_read, requests_to_send, sections_version
from app.routing.servers.structured_output import StructuredOutput
from app.routing.tokens import estimate_tokens

# Fixed, so that a model and the parser are always compared on the same profile.
_AS_OF = date(2026, 1, 1)
_READ_BY_SECTIONS = frozenset({"basics", "work", "education", "skills", "languages"})
_REGION = "GB"
_LOOK_SECONDS = 10.0
_CONNECT_SECONDS = 10.0

# used: sent with the request; refused: the server rejected it; enforced and ignored: found out with a tiny request;
# off: the settings forbid it; not_tried: it would cost money to find out.
SchemaUse = Literal["used", "refused", "enforced", "ignored", "off", "not_tried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Everything that was observed. `attempt` None: no request was made, because it could not have succeeded.

    `parser_values` and `shared_values` count the values of the built-in parser's profile, and those of them that the
    model also gave; `not_in_document` the model's values that the document does not contain.
    """

    listing_failure: str | None = None
    models: tuple[str, ...] = ()
    warm_up_seconds: float | None = None  # of a tiny request to a self-hosted server, which may load the model first
    schema: SchemaUse = "not_tried"
    refused_parameters: tuple[str, ...] = ()  # other than the schema
    context_tokens: int | None = None  # as Vitae assumes it
    loaded_context_tokens: int | None = None  # as the server reports it
    prompt_tokens: int = 0  # an upper estimate
    needed_tokens: int | None = None  # set if that is more than the context
    attempt: Attempt | None = None
    is_resume: bool = False
    parser_values: int = 0
    shared_values: int = 0
    not_in_document: int = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=_plain)

    @classmethod
    def from_json(cls, text: str) -> "Measurement":
        fields: dict[str, Any] = json.loads(text)
        attempt: dict[str, Any] | None = fields["attempt"]
        if attempt is not None:
            attempt = {**attempt, "started_at": datetime.fromisoformat(attempt["started_at"])}
        made = None if attempt is None else Attempt(**attempt)
        lists = {name: tuple(fields[name]) for name in ("models", "refused_parameters")}
        fields |= {**lists, "attempt": made}
        return cls(**fields)


def measure_client(
    client: Client,
    *,
    timeout_seconds: float,
    caller: ModelCaller | None = None,
    structured_output: StructuredOutput | None = None,
    context_tokens: Callable[[Client], int | None] | None = None,
) -> Measurement:
    """Make the request with patient limits: it measures what the configured ones should be.

    `client` is one endpoint that is configured. Tiny requests besides are made only where they cost nothing.
    """
    patient = replace(
        client,
        connect_timeout_seconds=max(client.connect_timeout_seconds, min(_CONNECT_SECONDS, timeout_seconds)),
        first_token_timeout_seconds=timeout_seconds,
        stall_timeout_seconds=timeout_seconds,
        total_timeout_seconds=timeout_seconds,
    )
    until = time.monotonic() + timeout_seconds
    structured = structured_output or StructuredOutput()
    looked = _look(patient, structured, timeout_seconds)
    document = read_plain_text(SAMPLE_RESUME.encode(), ExtractionLimits())
    question = _question(document)
    caller = caller or BamlCaller(structured)
    prompts = {caller.estimate_prompt_tokens(each): each for each in requests_to_send(question, client)}
    looked = replace(
        looked,
        context_tokens=(context_tokens or ContextSizes())(client),
        prompt_tokens=sum(prompts),
    )
    fitted = _fitted(patient, prompts[max(prompts)], max(prompts), looked)
    if isinstance(fitted, TooSmall):
        return replace(looked, needed_tokens=fitted.needed_tokens)
    sent_schema = looked.schema == "used"
    started_at = utc_now()
    result = caller.call(question, fitted, timeout_seconds=max(1.0, until - time.monotonic()))
    if sent_schema and not structured.wanted(patient):
        looked = replace(looked, schema="refused")
    refused = structured.refused.of(patient) - {RESPONSE_FORMAT}
    looked = replace(looked, refused_parameters=tuple(sorted(refused)))
    attempt = _attempt(client, question, caller, started_at, result)
    return _compared(replace(looked, attempt=attempt), result, document, lines_read(question, client))


def _question(document: Document) -> Question:
    """With the sections for a client that gets a request for each of them."""
    parsed = parse_sections(document)
    parts = section_parts(parsed.sections, document, None, None)
    bounds = bound_answer(document, parsed.answer)
    return Question.extract_profile(document.numbered_text(), bounds=bounds, sections=parts)


def _look(client: Client, structured: StructuredOutput, timeout_seconds: float) -> Measurement:
    """What can be seen without a paid request: the models, the context, whether a schema is enforced."""
    if client.base_url is None:
        return Measurement(listing_failure="no_address", schema=_schema_use(client, structured))
    headers = {"api-key" if client.provider == "azure-openai" else "Authorization": _credentials(client)}
    headers = {name: value for name, value in headers.items() if value}
    local = client.location == "local"
    connect_seconds = client.connect_timeout_seconds
    listing = list_models(
        client.base_url,
        client.model,
        headers,
        connect_seconds=connect_seconds,
        limit_seconds=_LOOK_SECONDS,
        route=client.route,
    )
    seen = Measurement(listing_failure=listing.failure, models=listing.names)
    if listing.failure == "unreachable" or not local:
        return replace(seen, schema=_schema_use(client, structured))
    tiny = ask_for_json(
        client.base_url,
        client.model,
        client.api_key,
        connect_seconds=connect_seconds,
        limit_seconds=timeout_seconds,
        route=client.route,
    )
    schema = _schema_use(client, structured)
    if schema == "not_tried" and tiny.failure is None:
        schema = "enforced" if tiny.is_json else "ignored"
    elif schema == "not_tried" and tiny.schema_refused:
        schema = "refused"
    loaded = listing.context_tokens or read_loaded_context(
        client.base_url,
        client.model,
        headers,
        connect_seconds=connect_seconds,
        limit_seconds=_LOOK_SECONDS,
        route=client.route,
    )
    return replace(
        seen,
        schema=schema,
        warm_up_seconds=tiny.seconds if tiny.failure is None else None,
        loaded_context_tokens=loaded,
    )


def _credentials(client: Client) -> str:
    if not client.api_key:
        return ""
    return client.api_key if client.provider == "azure-openai" else f"Bearer {client.api_key}"


def _schema_use(client: Client, structured: StructuredOutput) -> SchemaUse:
    if client.structured_output is False:
        return "off"
    return "used" if structured.wanted(client) else "not_tried"


def _fitted(client: Client, longest: Question, prompt_tokens: int, looked: Measurement) -> Client | TooSmall:
    checked = check_length(
        prompt_tokens=prompt_tokens,
        argument_tokens=sum(estimate_tokens(text) for text in longest.arguments.values()),
        answer_tokens_per_input_token=longest.answer_tokens_per_input_token,
        max_output_tokens=client.max_output_tokens,
        context_tokens=_smaller(looked.context_tokens, looked.loaded_context_tokens),
    )
    return checked if isinstance(checked, TooSmall) else replace(client, max_output_tokens=checked.answer_tokens)


def _smaller(one: int | None, other: int | None) -> int | None:
    known = [size for size in (one, other) if size is not None]
    return min(known, default=None)


def _attempt(
    client: Client, question: Question, caller: ModelCaller, started_at: datetime, result: ModelResult
) -> Attempt:
    return Attempt(
        number=1,
        function=question.function,
        client=client.name,
        model=client.model,
        location=client.location,
        billing=client.billing,
        outcome=result.outcome,
        http_status=result.http_status,
        error=result.error,
        input_tokens=result.usage.input_tokens,
        cached_tokens=result.usage.cached_tokens,
        output_tokens=result.usage.output_tokens,
        tokens_estimated=result.usage.estimated,
        started_at=started_at,
        latency_ms=result.latency_ms,
        prompt_version=(
            sections_version(caller.prompt_version)
            if asks_by_sections(question, client)
            else caller.prompt_version(question.function)
        ),
        service_tier=result.usage.service_tier,
        cache_write_tokens=result.usage.cache_write_tokens,
        reasoning_tokens=result.usage.reasoning_tokens,
        first_token_ms=result.first_token_ms,
    )


def _compared(
    measured: Measurement, result: ModelResult, document: Document, lines: frozenset[int] | None
) -> Measurement:
    """With the model's values compared to the built-in parser's, in the lines that the model read (None: all)."""
    parsed = _checked(parse_resume(document), document)
    if lines is not None:
        parsed = replace(
            parsed, profile={key: said for key, said in parsed.profile.items() if key in _READ_BY_SECTIONS}
        )
    expected = overall(score(parsed.profile, parsed.profile)).expected
    try:
        answer = None if result.value is None else Answer.model_validate(result.value)
    except ValidationError:
        answer = None
    if answer is None:
        return replace(measured, parser_values=expected)
    checked = _checked(answer, document)
    return replace(
        measured,
        is_resume=answer.is_resume and describes_a_person(checked, document),
        parser_values=expected,
        shared_values=overall(score(checked.profile, parsed.profile)).true_positive,
        not_in_document=checked.dropped,
    )


def _checked(answer: Answer, document: Document) -> CheckedProfile:
    return check_answer(answer, document, as_of=_AS_OF, default_region=_REGION)


def client_to_json(client: Client, *, timeout_seconds: float) -> str:
    """The input of this module as a program. It contains the key: pass it through a pipe, never an argument."""
    fields = {each.name: getattr(client, each.name) for each in dataclasses.fields(client)}
    return json.dumps(
        {
            "client": {**fields, "options": dict(client.options), "parameters": dict(client.parameters)},
            "timeout_seconds": timeout_seconds,
        },
        default=_plain,
    )


def _client_from(fields: Mapping[str, Any]) -> Client:
    prices = ("input_usd_per_million", "cached_input_usd_per_million", "output_usd_per_million")
    given: dict[str, Any] = {**fields, "base_urls": tuple(fields["base_urls"])}
    given |= {name: None if fields[name] is None else Decimal(fields[name]) for name in prices}
    return Client(**given)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    measured = measure_client(_client_from(given["client"]), timeout_seconds=given["timeout_seconds"])
    sys.stdout.write(measured.to_json())


if __name__ == "__main__":
    main()
