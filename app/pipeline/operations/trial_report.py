"""Explains a measurement of a client: checks with advice, what a typical resume will take, lines to change. Pure.

`vitae clients test` and `POST /v1/clients/{name}/test` show the result.
"""

import difflib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from app.pipeline.operations.measure_client import Measurement
from app.routing.attempt import Attempt
from app.routing.clients import Client
from app.routing.servers.failure_reasons import address_of, explain_attempt

Status = Literal["ok", "warning", "failed", "unknown"]

# A limit should leave this much more than what was measured: resumes are longer than the sample, servers are busier.
_FIRST_TOKEN_MARGIN = 2.5
_TOTAL_MARGIN = 2.0
_ROUND_SECONDS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 2700, 3600)
_LEAST_CONTEXT_TOKENS = 8192  # enough for a resume of several pages and its profile
_LEAST_AGREEMENT = 0.5
_MOST_OUTPUT_TOKENS = 8192
_MOST_NAMES = 8
# Below [clients.NAME.parameters], for servers that refuse the parameter.
_SETTINGS_WITHOUT = {
    "temperature": "temperature = false",
    "stream_options": "stream_options = false",
    "reasoning_effort": "reasoning_effort = false",
    "max_tokens": 'max_tokens_name = "max_completion_tokens"',
    "max_completion_tokens": 'max_tokens_name = "max_tokens"',
}
_ANSWERED: frozenset[str] = frozenset({"ok", "partial"})
_INCOMPLETE: frozenset[str] = frozenset({"cut_off", "partial"})


@dataclass(frozen=True, slots=True)
class TypicalResume:
    """Tokens of one request; `source` is `assumed` or `ledger`."""

    input_tokens: int = 900
    output_tokens: int = 500
    source: Literal["assumed", "ledger"] = "assumed"


@dataclass(frozen=True, slots=True)
class Money:
    """Of the test itself, of a typical resume, and why one of them may be unknown."""

    cost_usd: Decimal | None = None
    cost_basis: str | None = None
    typical_usd: Decimal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrialCheck:
    """`check` is a stable name; `fix` is one sentence, empty where nothing needs fixing."""

    check: str
    status: Status
    finding: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of vitae.toml: `line` belongs below `[section]`."""

    section: str
    line: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`usable`: a complete answer came that describes the person of the sample."""

    client: str
    model: str | None
    base_url: str | None
    location: str
    usable: bool
    checks: tuple[TrialCheck, ...]
    changes: tuple[Change, ...] = ()
    models: tuple[str, ...] = ()
    outcome: str | None = None
    error: str | None = None
    seconds: float | None = None
    first_token_seconds: float | None = None
    output_tokens_per_second: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    context_tokens: int | None = None
    agreement: float | None = None
    not_in_document: int | None = None
    typical_input_tokens: int
    typical_output_tokens: int
    typical_source: str
    typical_seconds: float | None = None
    typical_cost_usd: Decimal | None = None
    cost_usd: Decimal | None = None
    cost_basis: str | None = None


def to_json(trial: Trial) -> dict[str, Any]:
    """As the API and `vitae clients test --json` return it; money as decimal strings."""
    fields = asdict(trial)
    typical = {key: fields.pop(f"typical_{key}") for key in ("input_tokens", "output_tokens", "source", "seconds")}
    typical["cost_usd"] = _amount(fields.pop("typical_cost_usd"))
    return {**fields, "cost_usd": _amount(trial.cost_usd), "typical_resume": typical}


def _amount(usd: Decimal | None) -> str | None:
    return None if usd is None else f"{usd:f}"


def explain_not_configured(client: Client, typical: TypicalResume | None = None) -> Trial:
    """For a client that cannot be called, because a key or an address is missing."""
    typical = typical or TypicalResume()
    variable = (client.not_configured or "").partition(" ")[0]
    fix = f"Write {variable}=... into .env." if variable.isupper() else "Complete its section in vitae.toml."
    return Trial(
        client=client.name,
        model=client.model,
        base_url=address_of(client),
        location=client.location,
        usable=False,
        checks=(TrialCheck("key", "failed", f"Not configured: {client.not_configured}.", fix),),
        typical_input_tokens=typical.input_tokens,
        typical_output_tokens=typical.output_tokens,
        typical_source=typical.source,
    )


def explain_trial(
    client: Client, measured: Measurement, *, deadline_seconds: float, typical: TypicalResume, money: Money
) -> Trial:
    report = _Report(client, measured, deadline_seconds, typical, money)
    attempt = measured.attempt
    return Trial(
        client=client.name,
        model=client.model,
        base_url=address_of(client),
        location=client.location,
        usable=report.usable,
        checks=tuple(report.checks()),
        changes=tuple(report.changes()),
        models=measured.models,
        outcome=attempt.outcome if attempt else None,
        error=attempt.error if attempt else None,
        seconds=report.seconds,
        first_token_seconds=report.first_token_seconds,
        output_tokens_per_second=report.tokens_per_second,
        input_tokens=attempt.input_tokens if attempt else None,
        output_tokens=attempt.output_tokens if attempt else None,
        context_tokens=report.context_tokens,
        agreement=report.agreement,
        not_in_document=measured.not_in_document if report.has_answer else None,
        typical_input_tokens=typical.input_tokens,
        typical_output_tokens=typical.output_tokens,
        typical_source=typical.source,
        typical_seconds=report.typical_seconds,
        typical_cost_usd=money.typical_usd,
        cost_usd=money.cost_usd,
        cost_basis=money.cost_basis,
    )


@dataclass(frozen=True, slots=True)
class _Report:
    client: Client
    measured: Measurement
    deadline_seconds: float
    typical: TypicalResume
    money: Money

    @property
    def attempt(self) -> Attempt | None:
        return self.measured.attempt

    @property
    def has_answer(self) -> bool:
        return self.attempt is not None and self.attempt.outcome in _ANSWERED

    @property
    def usable(self) -> bool:
        return self.has_answer and self.measured.is_resume

    @property
    def is_reachable(self) -> bool:
        return self.attempt is None or self.attempt.outcome != "unreachable"

    @property
    def seconds(self) -> float | None:
        if self.attempt is None or self.attempt.latency_ms is None:
            return None
        return self.attempt.latency_ms / 1000

    @property
    def first_token_seconds(self) -> float | None:
        if self.attempt is None or self.attempt.first_token_ms is None:
            return None
        return self.attempt.first_token_ms / 1000

    @property
    def tokens_per_second(self) -> float | None:
        if self.attempt is None or self.seconds is None or not self.attempt.output_tokens:
            return None
        generating = self.seconds - (self.first_token_seconds or 0.0)
        return round(self.attempt.output_tokens / generating, 2) if generating > 0 else None

    @property
    def context_tokens(self) -> int | None:
        known = [size for size in (self.measured.context_tokens, self.measured.loaded_context_tokens) if size]
        return min(known, default=None)

    @property
    def agreement(self) -> float | None:
        if not self.has_answer or not self.measured.parser_values:
            return None
        return round(self.measured.shared_values / self.measured.parser_values, 3)

    @property
    def typical_seconds(self) -> float | None:
        """The prompt takes time in proportion to its length, and so does the answer."""
        if not self.has_answer or self.attempt is None or self.seconds is None or not self.tokens_per_second:
            return None
        first = self.first_token_seconds or 0.0
        reading = first * self.typical.input_tokens / max(1, self.attempt.input_tokens)
        return round(reading + self.typical.output_tokens / self.tokens_per_second, 1)

    def checks(self) -> Iterator[TrialCheck]:
        yield self._reachable()
        if not self.is_reachable:
            return
        yield self._key()
        yield self._model()
        yield self._schema()
        if self.measured.refused_parameters:
            yield self._parameters()
        if self.first_token_seconds is not None:
            yield self._first_token(self.first_token_seconds)
        if self.tokens_per_second is not None:
            yield TrialCheck("speed", "ok", f"{self.tokens_per_second:g} output tokens per second.")
        yield self._context()
        yield self._answer()
        if self.agreement is not None:
            yield self._agreement(self.agreement)
        yield self._typical()

    def _reachable(self) -> TrialCheck:
        shown = address_of(self.client) or "the provider's default address"
        if self.attempt is not None and self.attempt.outcome == "unreachable":
            found = explain_attempt(self.attempt, self.client)
            return TrialCheck("reachable", "failed", f"It {found.reason}.", _with_setting(found.advice, found.setting))
        return TrialCheck("reachable", "ok", f"{shown} is reachable.")

    def _key(self) -> TrialCheck:
        if self.attempt is not None and self.attempt.outcome == "unauthorised":
            found = explain_attempt(self.attempt, self.client)
            return TrialCheck("key", "failed", f"It {found.reason}.", _with_setting(found.advice, found.setting))
        if self.client.api_key is None:
            return TrialCheck("key", "ok", "No key is configured, and none is needed.")
        status: Status = "ok" if self.has_answer or self.measured.listing_failure is None else "unknown"
        return TrialCheck("key", status, "The key is accepted." if status == "ok" else "The key could not be checked.")

    def _model(self) -> TrialCheck:
        model, names = self.client.model, self.measured.models
        if self.measured.listing_failure is not None or not names:
            if self.has_answer:
                return TrialCheck("model", "ok", f"The server answers as {model}; it does not list its models.")
            return TrialCheck("model", "unknown", "The server does not list its models.")
        if self._knows_model():
            return TrialCheck("model", "ok", f"The server has {model}.")
        has = _names(names)
        if self.client.provider == "azure-openai" and self.has_answer:  # lists models, is called by deployments
            return TrialCheck("model", "ok", f"The deployment {model} answers.")
        if self.has_answer:
            return TrialCheck(
                "model",
                "warning",
                f"The server answers, but does not list {model}; it lists {has}.",
                "Set the name that the server lists, so that results show which model gave them.",
            )
        return TrialCheck(
            "model", "failed", f"The server does not know {model}; it has {has}.", "Use one of the server's names."
        )

    def _knows_model(self) -> bool:
        return self.client.model in self.measured.models or f"{self.client.model}:latest" in self.measured.models

    def _schema(self) -> TrialCheck:
        key = f"clients.{self.client.name}.structured_output"
        match self.measured.schema:
            case "used":
                return TrialCheck("structured_output", "ok", "The server accepts the JSON schema, and Vitae sends it.")
            case "refused" if self.client.structured_output:
                return TrialCheck(
                    "structured_output", "warning", "The server refuses the JSON schema.", f"Remove {key}."
                )
            case "refused":
                return TrialCheck("structured_output", "ok", "The server refuses JSON schemas; Vitae sends none.")
            case "enforced":
                return TrialCheck(
                    "structured_output",
                    "ok",
                    "The server can enforce a JSON schema; Vitae sends none to it.",
                    f"If answers do not have the agreed structure, set {key} = true.",
                )
            case "ignored":
                return TrialCheck("structured_output", "ok", "The server ignores JSON schemas; Vitae sends none.")
            case "off":
                return TrialCheck("structured_output", "ok", f"Turned off by {key}.")
            case "not_tried":
                return TrialCheck("structured_output", "unknown", f"Not tried; {key} = true would send the schema.")

    def _parameters(self) -> TrialCheck:
        """With the lines that save one refused request every few minutes."""
        refused = self.measured.refused_parameters
        lines = [_SETTINGS_WITHOUT.get(name, f'{name} = "omit"') for name in refused if name != "stream"]
        section = f"[clients.{self.client.name}.parameters]"
        fixes = [f"write {' and '.join(lines)} below {section}"] if lines else []
        fixes += [f"set clients.{self.client.name}.stream = false"] if "stream" in refused else []
        fix = " and ".join(fixes)
        return TrialCheck(
            "parameters",
            "warning",
            f"The server refuses {' and '.join(refused)}; Vitae repeats such a request in another form.",
            f"{fix[:1].upper()}{fix[1:]}.",
        )

    def _first_token(self, seconds: float) -> TrialCheck:
        limit = self.client.first_token_timeout_seconds
        finding = f"The first token came after {seconds:.1f} s; the limit is {limit:g} s."
        if self.measured.warm_up_seconds is not None and self.measured.warm_up_seconds > max(seconds, 1.0):
            finding += f" The first request, which loads the model, took {self.measured.warm_up_seconds:.1f} s."
        if self._slowest_start() > limit:
            return TrialCheck(
                "first_token", "warning", finding, f"Raise clients.{self.client.name}.first_token_timeout_seconds."
            )
        return TrialCheck("first_token", "ok", finding)

    def _slowest_start(self) -> float:
        return max(self.first_token_seconds or 0.0, self.measured.warm_up_seconds or 0.0)

    def _context(self) -> TrialCheck:
        size, needed = self.context_tokens, self.measured.needed_tokens
        if needed is not None:
            return TrialCheck(
                "context",
                "failed",
                f"The context holds {size or 0:,} tokens, but prompt and answer need about {needed:,}.",
                _start_with(self._enough_context()),
            )
        if size is None:
            return TrialCheck(
                "context",
                "unknown",
                "The context length is not known, so a text that is too long is refused only by the server.",
                f"Set clients.{self.client.name}.context_tokens to what the server was started with.",
            )
        assumed, loaded = self.measured.context_tokens, self.measured.loaded_context_tokens
        if assumed is not None and loaded is not None and loaded < assumed:
            return TrialCheck(
                "context",
                "warning",
                f"The settings assume {assumed:,} tokens, but the server has loaded the model with {loaded:,}.",
                _start_with(assumed),
            )
        return TrialCheck("context", "ok", f"{size:,} tokens for prompt and answer.")

    def _answer(self) -> TrialCheck:
        if self.attempt is None:
            return TrialCheck("answer", "failed", "No request was made.", "Correct the problem above and try again.")
        if not self.has_answer:
            found = explain_attempt(self.attempt, replace(self.client, max_output_tokens=self._most_output_tokens()))
            if self.attempt.outcome == "timeout" and self.attempt.error != "stall_timeout" and self.seconds:
                reason = "sent no first token" if self.attempt.error == "first_token_timeout" else "did not finish"
                return TrialCheck(
                    "answer",
                    "failed",
                    f"It {reason} within the {self.seconds:.0f} s of this test.",
                    "Use a smaller model or a faster server, or give the test more time with --timeout-seconds.",
                )
            return TrialCheck("answer", "failed", f"It {found.reason}.", _with_setting(found.advice, found.setting))
        if not self.measured.is_resume:
            return TrialCheck(
                "answer",
                "failed",
                "It did not recognize the sample as a resume, or found no person in it.",
                "Use a larger model; this one does not follow the instructions.",
            )
        if self.attempt.outcome in _INCOMPLETE:
            found = explain_attempt(self.attempt, self.client)
            return TrialCheck("answer", "warning", f"It {found.reason}.", _with_setting(found.advice, found.setting))
        return TrialCheck(
            "answer", "ok", f"Complete: {self.attempt.output_tokens:,} tokens in {self.seconds or 0:.1f} s."
        )

    def _most_output_tokens(self) -> int:
        """What the context leaves, at most the client's limit."""
        limit = self.client.max_output_tokens
        return limit if self.context_tokens is None else min(limit, self.context_tokens - self.measured.prompt_tokens)

    def _agreement(self, share: float) -> TrialCheck:
        strangers = self.measured.not_in_document
        finding = (
            f"{self.measured.shared_values} of {self.measured.parser_values} values of the built-in parser "
            f"({share:.0%}); {strangers} {'value is' if strangers == 1 else 'values are'} not in the document."
        )
        if share < _LEAST_AGREEMENT:
            return TrialCheck("agreement", "warning", finding, "Use a larger model; measure it with `vitae eval`.")
        return TrialCheck("agreement", "ok", finding)

    def _typical(self) -> TrialCheck:
        if self.typical_seconds is None:
            return TrialCheck("typical_resume", "unknown", "Not known without a complete answer.")
        size = f"{self.typical.input_tokens:,} tokens in, {self.typical.output_tokens:,} out"
        usd = self.money.typical_usd
        cost = self.money.note if usd is None else f"${usd:.6f}".rstrip("0").rstrip(".")
        source = "average of the ledger" if self.typical.source == "ledger" else "assumed"
        finding = f"About {self.typical_seconds:.0f} s and {cost} ({size}; {source})."
        if self.typical_seconds > self.client.total_timeout_seconds:
            return TrialCheck(
                "typical_resume",
                "warning",
                f"{finding} The limit is {self.client.total_timeout_seconds:g} s.",
                f"Raise clients.{self.client.name}.total_timeout_seconds.",
            )
        return TrialCheck("typical_resume", "ok", finding)

    def changes(self) -> Iterator[Change]:
        section = f"clients.{self.client.name}"
        names = self.measured.models
        is_azure = self.client.provider == "azure-openai"
        if names and not self._knows_model() and not (is_azure and self.has_answer):
            near = difflib.get_close_matches(self.client.model or "", names, 1, cutoff=0.3)
            yield _change(section, "model", (near or list(names))[0], "a name that the server lists")
        if self.measured.needed_tokens is not None:
            if self.client.context_tokens is not None:
                yield _change(section, "context_tokens", self._enough_context(), "after starting the server with it")
            return
        yield from self._context_changes(section)
        yield from self._schema_changes(section)
        yield from self._limit_changes(section)

    def _context_changes(self, section: str) -> Iterator[Change]:
        loaded = self.measured.loaded_context_tokens
        assumed = self.measured.context_tokens
        if loaded is not None and (assumed is None or loaded < assumed):
            yield _change(section, "context_tokens", loaded, "the context that the server has loaded the model with")

    def _schema_changes(self, section: str) -> Iterator[Change]:
        failed = self.attempt is not None and self.attempt.outcome in {"parse_error", *_INCOMPLETE}
        if failed and self.measured.schema == "enforced":
            yield _change(section, "structured_output", True, "the server can enforce the agreed structure")
        if self.measured.schema == "refused" and self.client.structured_output:
            yield _change(section, "structured_output", False, "the server refuses the schema")
        attempt = self.attempt
        if attempt is not None and attempt.outcome in _INCOMPLETE and attempt.error == "finish_reason_length":
            limit = self.client.max_output_tokens
            room = None if self.context_tokens is None else self.context_tokens - self.measured.prompt_tokens
            if limit < _MOST_OUTPUT_TOKENS and (room is None or room > limit):
                more = min(2 * limit, _MOST_OUTPUT_TOKENS, room or _MOST_OUTPUT_TOKENS)
                yield _change(section, "max_output_tokens", more, "the answer was cut off")

    def _limit_changes(self, section: str) -> Iterator[Change]:
        total = self.client.total_timeout_seconds
        start = self._slowest_start()
        if start and start * _FIRST_TOKEN_MARGIN > self.client.first_token_timeout_seconds:
            value = _round_up(start * _FIRST_TOKEN_MARGIN)
            yield _change(
                section, "first_token_timeout_seconds", value, f"the slowest first token came after {start:.1f} s"
            )
        needed = max(self.typical_seconds or 0.0, (self.seconds or 0.0) if self.has_answer else 0.0, start)
        if needed * _TOTAL_MARGIN > total:
            total = _round_up(needed * _TOTAL_MARGIN)
            yield _change(section, "total_timeout_seconds", total, f"a resume takes about {needed:.0f} s")
        if total > self.deadline_seconds and needed * _TOTAL_MARGIN > self.deadline_seconds:
            yield _change("routing", "deadline_seconds", total, "an answer may take as long as one attempt")

    def _enough_context(self) -> int:
        needed = max(_LEAST_CONTEXT_TOKENS, 2 * (self.measured.needed_tokens or 0))
        return 1 << (needed - 1).bit_length()


def _change(section: str, key: str, value: str | float | bool, why: str) -> Change:  # noqa: FBT001 - a TOML value
    shown = int(value) if isinstance(value, float) and value.is_integer() else value
    return Change(section, f"{key} = {json.dumps(shown, ensure_ascii=False)}", why)


def _round_up(seconds: float) -> float:
    return next((each for each in _ROUND_SECONDS if each >= seconds), _ROUND_SECONDS[-1])


def _start_with(tokens: int) -> str:
    return (
        f"Start the server with a longer context: OLLAMA_CONTEXT_LENGTH={tokens} (Ollama), --ctx-size {tokens} "
        f"(llama.cpp), --max-model-len {tokens} (vLLM)."
    )


def _with_setting(advice: str, setting: str | None) -> str:
    return f"{advice.removesuffix('.')} ({setting})." if setting else advice


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
