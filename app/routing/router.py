"""Gets one request answered by the first client that can: one loop, one deadline, every attempt recorded.

Called by `app.analysis`. `app.routing.decision` decides what to do next; this module does it.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from app.clock import Clock, utc_now
from app.errors import RoutingError, TextTooLong
from app.routing.attempt import (
    Attempt,
    Cancellation,
    Location,
    ModelCallsUnavailable,
    ModelResult,
    Outcome,
    TokenUsage,
)
from app.routing.breakers.breaker import AlwaysClosed, Breaker, Rejected
from app.routing.budget import Budget, PlannedCall, Unlimited
from app.routing.clients import Client
from app.routing.decision import Exclusion, GiveUp, PastAttempt, RetryPolicy, RoutingState, TryClient, Wait, next_step
from app.routing.failure import ERROR_CHARACTERS
from app.routing.length_guard import ContextSizes, TooSmall, check_length
from app.routing.policy import (
    Candidates,
    LeftOut,
    Privacy,
    PrivacyViolation,
    choose_candidates,
    configured_order,
    may_see,
    until_builtin,
)
from app.routing.question import Question
from app.routing.retry_budget import RetryBudget
from app.routing.sections.section_requests import asks_by_sections, lines_read, requests_to_send, sections_version
from app.routing.servers.balancer import LoadBalancer, Place, ProcessBalancer
from app.routing.servers.expectations import Expectations
from app.routing.servers.failure_reasons import explain_attempt
from app.routing.servers.partial_answer import AnswerFollower
from app.routing.situation import Situation, default_situation
from app.routing.tokens import estimate_tokens
from app.settings import BUILTIN, RoutingSettings

log = logging.getLogger(__name__)

__all__ = ["ModelCaller", "NoClientAnswered", "Privacy", "Routed", "Router"]


class ModelCaller(Protocol):
    """Makes one call and reports the outcome; `app.routing.baml_client.BamlCaller` is the real one."""

    def call(
        self,
        question: Question,
        client: Client,
        *,
        timeout_seconds: float,
        cancel: Cancellation | None = None,
        follower: AnswerFollower | None = None,
    ) -> ModelResult: ...

    def estimate_prompt_tokens(self, question: Question) -> int: ...

    def prompt_version(self, function: str) -> str: ...


Tier = Literal["first", "fallback"]  # in the request's order: the first client or a later one


@dataclass(frozen=True, slots=True)
class Routed:
    """An answer and its origin. `value` has the fields of the BAML function's type; absent ones are left out."""

    value: dict[str, Any]
    client: str
    model: str | None
    location: Location
    prompt_version: str
    attempts: tuple[Attempt, ...]
    tier: Tier
    complete: bool = True  # False: the answer was cut off or repeated itself, and `value` has its complete entries
    lines: frozenset[int] | None = None  # that the client read, if it was not sent the whole question


@dataclass(frozen=True, slots=True)
class QuestionEnd:
    """The end of one request; `routed` None when no client answered it."""

    function: str
    routed: Routed | None


class NoClientAnswered(RoutingError):
    """`attempts` were recorded; `reasons` has a sentence for each client that was not called or did not answer."""

    def __init__(self, detail: str, attempts: tuple[Attempt, ...], reasons: tuple[LeftOut, ...]) -> None:
        super().__init__(detail)
        self.attempts = attempts
        self.reasons = reasons


class RequestCancelled(Exception):
    """Raised because this process has to stop. The work is not finished and belongs back in the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    caller: ModelCaller
    context_tokens: Callable[[Client], int | None]
    breaker: Breaker
    balancer: LoadBalancer
    retry_policy: RetryPolicy
    retry_budget: RetryBudget
    expectations: Expectations
    cancellation: Cancellation | None
    clock: Clock
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _RequestSize:
    prompt_tokens: int
    argument_tokens: int


class Router:
    """Safe to share between threads: the state of one request lives in its `ask`."""

    def __init__(
        self,
        clients: Mapping[str, Client],
        routing: RoutingSettings,
        caller: ModelCaller,
        *,
        context_tokens: Callable[[Client], int | None] | None = None,
        breaker: Breaker | None = None,
        balancer: LoadBalancer | None = None,
        retry_policy: RetryPolicy | None = None,
        retry_budget: RetryBudget | None = None,
        expectations: Expectations | None = None,
        cancellation: Cancellation | None = None,
        situation: Callable[[], Situation] = default_situation,
        on_end: Callable[[QuestionEnd], None] = lambda _: None,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._clients = clients
        self._routing = routing
        self._situation = situation
        self._on_end = on_end
        self._parts = _Parts(
            caller=caller,
            context_tokens=context_tokens or ContextSizes(),
            breaker=breaker or AlwaysClosed(),
            balancer=balancer or ProcessBalancer(),
            retry_policy=retry_policy or RetryPolicy(),
            retry_budget=retry_budget or RetryBudget(share=1.0, burst=100.0),
            expectations=expectations or Expectations(),
            cancellation=cancellation,
            clock=clock,
            monotonic=monotonic,
            sleep=sleep or (time.sleep if cancellation is None else cancellation.pause),
        )

    def describe(self, function: str, privacy: Privacy) -> str:
        """Equal for two requests that would send the same prompt to the same models in the same order."""
        chosen = choose_candidates(function, privacy, self._routing, self._clients)
        asked = ",".join(f"{client.name}={client.model}{self._by_sections(client)}" for client in chosen.order)
        # A document's traits are its own, so only the rules make the difference.
        rules = ";".join(rule.model_dump_json(exclude_defaults=True) for rule in self._routing.rules)
        return f"{function}:{self._parts.caller.prompt_version(function)}:{asked}{rules}"

    def _by_sections(self, client: Client) -> str:
        return f"/{sections_version(self._parts.caller.prompt_version)}" if client.requests == "sections" else ""

    def asks_by_sections(self, function: str) -> bool:
        """Whether a client that may be called gets a request per section."""
        orders = [configured_order(function, self._routing), *(rule.clients for rule in self._routing.rules)]
        names = {name for order in orders for name in until_builtin(order)}
        return any(client.requests == "sections" for name, client in self._clients.items() if name in names)

    def names_models(self, function: str) -> bool:
        """False when the configured order contains only the built-in parser."""
        orders = [configured_order(function, self._routing), *(rule.clients for rule in self._routing.rules)]
        return any(name != BUILTIN for order in orders for name in order)

    def expects_answer(self, function: str, privacy: Privacy) -> bool:
        """Whether a model should have answered: some client of the order is expected to, and may see the resume."""
        orders = [configured_order(function, self._routing), *(rule.clients for rule in self._routing.rules)]
        names = dict.fromkeys(name for order in orders for name in until_builtin(order))
        return any(
            may_see(privacy, self._clients[name]) and self._parts.expectations.is_expected(self._clients[name])
            for name in names
        )

    def may_ask(self, function: str, privacy: Privacy, client: str) -> bool:
        """Whether the configured order contains the client."""
        chosen = choose_candidates(function, privacy, self._routing, self._clients)
        return any(candidate.name == client for candidate in chosen.order)

    def estimate_prompt_tokens(self, question: Question) -> int:
        """Upper estimate of the tokens of the whole prompt."""
        return self._parts.caller.estimate_prompt_tokens(question)

    def choose(self, question: Question, privacy: Privacy) -> Candidates:
        """Which clients would be called now, and why not the others; `vitae clients explain` shows it."""
        return choose_candidates(
            question.function, privacy, self._routing, self._clients, question.traits, self._situation()
        )

    def ask(
        self,
        question: Question,
        *,
        privacy: Privacy,
        deadline_seconds: float,
        record: Callable[[Attempt], None],
        budget: Budget | None = None,
        follower: AnswerFollower | None = None,
    ) -> Routed:
        """The first good answer. `record` is called once for every attempt; an exception it raises ends the request.

        `follower` learns which client is called and sees streamed answers grow.

        Raises `NoClientAnswered` (a `RoutingError`) when no client answered in time, `TextTooLong` when the text fits
        none of the available clients, and `RequestCancelled` when this process has to stop.
        """
        chosen = self._without_absent(self.choose(question, privacy))
        asking = _Asking(
            self._parts, question, privacy, chosen, deadline_seconds, record, budget or Unlimited(), follower
        )
        try:
            routed = asking.run()
        except (RoutingError, TextTooLong):
            self._on_end(QuestionEnd(question.function, None))
            raise
        self._on_end(QuestionEnd(question.function, routed))
        return routed

    def _without_absent(self, chosen: Candidates) -> Candidates:
        absent = [client for client in chosen.order if self._parts.expectations.is_absent(client)]
        if not absent:
            return chosen
        reasons = (LeftOut(one.name, f"is not set up, and nothing answers at {one.base_url}") for one in absent)
        order = tuple(client for client in chosen.order if client not in absent)
        return Candidates(order, (*chosen.left_out, *reasons), chosen.rule)


class _Asking:
    """One request on its way through the clients."""

    def __init__(
        self,
        parts: _Parts,
        question: Question,
        privacy: Privacy,
        chosen: Candidates,
        deadline_seconds: float,
        record: Callable[[Attempt], None],
        budget: Budget,
        follower: AnswerFollower | None,
    ) -> None:
        self._parts = parts
        self._question = question
        self._privacy: Privacy = privacy
        self._clients = {one.endpoint: one for client in chosen.order for one in client.endpoints()}
        self._first = chosen.order[0].name if chosen.order else None
        self._left_out = chosen.left_out
        self._deadline = parts.monotonic() + deadline_seconds
        self._record = record
        self._budget = budget
        self._follower = follower
        self._known_sizes: dict[bool, tuple[_RequestSize, ...]] = {}
        self._exclusions: dict[str, Exclusion] = {}
        self._too_small: dict[str, TooSmall] = {}
        self._past: list[PastAttempt] = []
        self._attempts: list[Attempt] = []

    def _sizes(self, client: Client) -> tuple[_RequestSize, ...]:
        """Of all requests of one attempt."""
        by_sections = asks_by_sections(self._question, client)
        if by_sections not in self._known_sizes:
            self._known_sizes[by_sections] = tuple(
                _RequestSize(
                    self._parts.caller.estimate_prompt_tokens(request),
                    sum(estimate_tokens(text) for text in request.arguments.values()),
                )
                for request in requests_to_send(self._question, client)
            )
        return self._known_sizes[by_sections]

    def _prompt_version(self, client: Client) -> str:
        versions = self._parts.caller.prompt_version
        return (
            sections_version(versions)
            if asks_by_sections(self._question, client)
            else versions(self._question.function)
        )

    def run(self) -> Routed:
        while True:
            match next_step(self._state()):
                case Wait(seconds):
                    self._parts.sleep(seconds)
                case TryClient(endpoint, timeout_seconds, repeat):
                    routed = self._try(endpoint, timeout_seconds, repeat)
                    if routed is not None:
                        return routed
                case GiveUp(reason):
                    if self._is_cancelled():
                        raise RequestCancelled(reason)
                    raise self._failure(reason)

    def _state(self) -> RoutingState:
        return RoutingState(
            now=self._parts.monotonic(),
            deadline=self._deadline,
            endpoints=tuple(self._clients),
            timeouts_seconds={key: client.total_timeout_seconds for key, client in self._clients.items()},
            attempts=tuple(self._past),
            exclusions=self._exclusions,
            deterministic=frozenset(key for key, client in self._clients.items() if client.temperature == 0),
            no_repeats=frozenset(key for key in self._clients if self._parts.retry_budget.is_empty(key)),
            policy=self._parts.retry_policy,
            jitter=random.random(),  # noqa: S311 - spreads retries, guards no secret
            cancelled=self._is_cancelled(),
        )

    def _is_cancelled(self) -> bool:
        return self._parts.cancellation is not None and self._parts.cancellation.cancelled

    def _try(self, endpoint: str, timeout_seconds: float, repeat: int) -> Routed | None:
        """One attempt, or a reason why there is none; None means: decide again."""
        place = self._take_place(endpoint)
        if place is None:
            return None
        try:
            return self._ask_at(place.endpoint, timeout_seconds, repeat)
        finally:
            self._parts.balancer.leave(place)

    def _take_place(self, endpoint: str) -> Place | None:
        """At that endpoint, or at an equally good one of the same client; None when it is being drained."""
        name = self._clients[endpoint].name
        tried = [past.endpoint for past in self._past]
        equal = [
            key
            for key, client in self._clients.items()
            if client.name == name and key not in self._exclusions and tried.count(key) == tried.count(endpoint)
        ]
        place = self._parts.balancer.enter(equal or [endpoint])
        if place is None:
            for key in equal or [endpoint]:
                self._exclusions[key] = Exclusion("is being drained")
        return place

    def _ask_at(self, endpoint: str, timeout_seconds: float, repeat: int) -> Routed | None:
        client = self._fitted(endpoint)
        if client is None:
            return None
        # The second of two checks: the policy has already left hosted clients out.
        if not may_see(self._privacy, client):
            raise PrivacyViolation(f"{client.name} is hosted and was about to receive a local_only resume.")
        permit = self._parts.breaker.acquire(endpoint)
        if isinstance(permit, Rejected):
            until = permit.retry_in_seconds
            self._exclusions[endpoint] = Exclusion(
                permit.reason, None if until is None else self._parts.monotonic() + until
            )
            return None
        outcome: Outcome = "cancelled"  # reported to the breaker if no call is made or it is torn down from outside
        started_at = self._parts.clock()
        try:
            if not self._is_on_record(endpoint, client, started_at, timeout_seconds):
                return None
            if repeat:
                self._parts.retry_budget.spend(endpoint)
            else:
                self._parts.retry_budget.earn(endpoint)
            if self._follower is not None:
                self._follower.begins(client)
            result = self._call(client, timeout_seconds)
            outcome = result.broken_by or result.outcome
        finally:
            self._parts.breaker.report(permit, outcome)
        self._past.append(PastAttempt(endpoint, result.outcome, self._parts.monotonic(), result.retry_after_seconds))
        attempt = self._attempt(client, started_at, result)
        self._attempts.append(attempt)
        self._record(attempt)  # before anything else can go wrong: the money is spent
        if result.value is None:
            return None
        self._parts.expectations.note_answer(endpoint)
        return Routed(
            self._question.restored(result.value, client),
            client.name,
            client.model,
            client.location,
            attempt.prompt_version,
            tuple(self._attempts),
            "first" if client.name == self._first else "fallback",
            complete=result.outcome == "ok",
            lines=lines_read(self._question, client),
        )

    def _call(self, client: Client, timeout_seconds: float) -> ModelResult:
        began = self._parts.monotonic()
        try:
            return self._parts.caller.call(
                self._question.seen_by(client),
                client,
                timeout_seconds=timeout_seconds,
                cancel=self._parts.cancellation,
                follower=self._follower,
            )
        except (ModelCallsUnavailable, ImportError):
            raise
        except Exception as error:  # noqa: BLE001 - a fault in reading one answer must not end the resume
            name = type(error).__name__  # its text may contain a part of the answer
            fields = {"client": client.name, "error": name}
            log.error("model_call_broke", extra={"fields": fields})  # noqa: TRY400 - no traceback, see above
            sizes = self._sizes(client)
            usage = TokenUsage(
                input_tokens=sum(size.prompt_tokens for size in sizes),
                cached_tokens=0,
                output_tokens=self._usual_answer(client, sizes),
                estimated=True,
            )
            latency_ms = round((self._parts.monotonic() - began) * 1000)
            return ModelResult("parse_error", latency_ms, usage, error=f"internal_{name}"[:ERROR_CHARACTERS])

    def _usual_answer(self, client: Client, sizes: Sequence[_RequestSize]) -> int:
        """Tokens of the answers to all requests of one attempt, as long as they usually are."""
        growth = self._question.answer_tokens_per_input_token
        return sum(min(client.max_output_tokens, round(size.argument_tokens * growth)) for size in sizes)

    def _is_on_record(self, endpoint: str, client: Client, started_at: datetime, timeout_seconds: float) -> bool:
        """Whether the call may be sent: it is recorded, and money for the longest answer is reserved."""
        sizes = self._sizes(client)
        refusal = self._budget.refusal(
            PlannedCall(
                function=self._question.function,
                client=client,
                prompt_version=self._prompt_version(client),
                input_tokens=sum(size.prompt_tokens for size in sizes),
                longest_output_tokens=client.max_output_tokens * len(sizes),
                expected_output_tokens=self._usual_answer(client, sizes),
                started_at=started_at,
                timeout_seconds=timeout_seconds,
            )
        )
        if refusal is not None:
            self._exclusions[endpoint] = Exclusion(refusal)
        return refusal is None

    def _fitted(self, endpoint: str) -> Client | None:
        """The client with the room that its context leaves for the answer; None (and excluded) when that is too
        little.
        """
        client = self._clients[endpoint]
        sizes = self._sizes(client)
        checked = check_length(
            prompt_tokens=max(size.prompt_tokens for size in sizes),
            argument_tokens=max(size.argument_tokens for size in sizes),
            answer_tokens_per_input_token=self._question.answer_tokens_per_input_token,
            max_output_tokens=client.max_output_tokens,
            context_tokens=self._parts.context_tokens(client),
        )
        if isinstance(checked, TooSmall):
            self._too_small[endpoint] = checked
            self._exclusions[endpoint] = Exclusion(checked.reason)
            return None
        return replace(client, max_output_tokens=checked.answer_tokens)

    def _attempt(self, client: Client, started_at: datetime, result: ModelResult) -> Attempt:
        return Attempt(
            number=len(self._attempts) + 1,
            function=self._question.function,
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
            prompt_version=self._prompt_version(client),
            service_tier=result.usage.service_tier,
            cache_write_tokens=result.usage.cache_write_tokens,
            reasoning_tokens=result.usage.reasoning_tokens,
            first_token_ms=result.first_token_ms,
            first_token_limit_seconds=result.first_token_limit_seconds,
        )

    def _failure(self, reason: str) -> RoutingError | TextTooLong:
        refused_as_too_long = {past.endpoint for past in self._past if past.outcome == "too_long"}
        if self._clients and self._clients.keys() <= self._too_small.keys() | refused_as_too_long:
            return self._text_too_long()
        reasons = [
            *self._left_out,
            *(LeftOut(self._clients[key].name, item.reason) for key, item in self._exclusions.items()),
            *(
                LeftOut(attempt.client, str(explain_attempt(attempt, self._clients[past.endpoint])))
                for past, attempt in zip(self._past, self._attempts, strict=True)
            ),
        ]
        reasons = list(dict.fromkeys(reasons))  # equal servers of one client have equal limits
        told = {item.client for item in reasons}
        unasked = dict.fromkeys(client.name for client in self._clients.values() if client.name not in told)
        reasons += [LeftOut(name, f"was not called: {reason}") for name in unasked]
        sentences = "; ".join(f"{item.client} {item.reason}" for item in reasons)
        return NoClientAnswered(
            f"No model client returned an answer: {sentences or 'none is configured'}.",
            tuple(self._attempts),
            tuple(reasons),
        )

    def _text_too_long(self) -> TextTooLong:
        sizes = "; ".join(
            f"{client.name} {self._too_small[key].reason if key in self._too_small else 'refused it as too long'}"
            for key, client in self._clients.items()
        )
        return TextTooLong(
            f"The text does not fit the context of any client that may be asked: {sizes}. Shorten the document, start "
            "the model server with a longer context (--max-model-len), or add a client with a larger one to "
            "[routing] clients. Nothing was cut off."
        )
