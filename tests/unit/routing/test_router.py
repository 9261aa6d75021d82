"""The router with a caller that the test scripts; tests/contract covers the real caller."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.errors import RoutingError, TextTooLong
from app.routing.attempt import Attempt, Cancellation, ModelCallsUnavailable, ModelResult, Outcome, TokenUsage
from app.routing.breakers.breaker import Permit, Rejected
from app.routing.budget import PlannedCall
from app.routing.clients import Client
from app.routing.decision import RetryPolicy
from app.routing.policy import PrivacyViolation
from app.routing.question import Question
from app.routing.retry_budget import RetryBudget
from app.routing.router import NoClientAnswered, Privacy, RequestCancelled, Routed, Router
from app.routing.servers.partial_answer import AnswerFollower
from app.settings import RoutingSettings

LOCAL = Client(
    name="LocalVLLM",
    provider="openai-generic",
    model="m",
    base_url="http://l/v1",
    location="local",
    billing="self_hosted",
)
HOSTED = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=None, api_key="k")
NO_TOKENS = TokenUsage(input_tokens=0, cached_tokens=0, output_tokens=0)
USED = TokenUsage(input_tokens=700, cached_tokens=64, output_tokens=100)
SECRET = "Ottilie Brandvold, 5 Quince Lane"
QUESTION = Question.extract_profile(f"1| {SECRET}")


def good(name: str = "x") -> ModelResult:
    return ModelResult("ok", 12, USED, value={"is_resume": True, "person": {"name": name}}, http_status=200)


def bad(outcome: Outcome, usage: TokenUsage = NO_TOKENS, retry_after: float | None = None) -> ModelResult:
    return ModelResult(outcome, 5, usage, error=f"code_{outcome}", retry_after_seconds=retry_after)


@dataclass
class Caller:
    """Returns the given results in turn, by client name; each call advances the clock by `seconds`."""

    results: dict[str, list[ModelResult]]
    seconds: float = 0.0
    now: float = 0.0
    prompt_tokens: int = 600
    asked: list[tuple[str, float, int]] = field(default_factory=list[tuple[str, float, int]])
    before: Callable[[], None] = lambda: None
    breaks: dict[str, BaseException] = field(default_factory=dict[str, BaseException])

    def call(
        self,
        question: Question,
        client: Client,
        *,
        timeout_seconds: float,
        cancel: Cancellation | None = None,
        follower: AnswerFollower | None = None,
    ) -> ModelResult:
        self.before()
        self.asked.append((client.name, timeout_seconds, client.max_output_tokens))
        self.now += self.seconds
        if client.name in self.breaks:
            raise self.breaks[client.name]
        return self.results[client.name].pop(0)

    def estimate_prompt_tokens(self, question: Question) -> int:
        return self.prompt_tokens

    def prompt_version(self, function: str) -> str:
        return f"version-of-{function}"


@dataclass
class Book:
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    def __call__(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)


def router(caller: Caller, *clients: Client, order: list[str] | None = None, **parts: Any) -> Router:
    known = clients or (LOCAL, HOSTED)
    settings = RoutingSettings.model_validate({"clients": order or [client.name for client in known]})
    parts.setdefault("context_tokens", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    moment = datetime(2026, 11, 20, tzinfo=UTC)

    def sleep(seconds: float) -> None:
        caller.now += seconds

    return Router(
        {client.name: client for client in known},
        settings,
        caller,
        clock=lambda: moment,
        monotonic=lambda: caller.now,
        sleep=sleep,
        **parts,
    )


def ask(asked: Router, book: Book, privacy: Privacy = "any", deadline_seconds: float = 60.0) -> Routed:
    return asked.ask(QUESTION, privacy=privacy, deadline_seconds=deadline_seconds, record=book)


def test_the_client_that_answers_is_returned_with_everything_the_ledger_needs() -> None:
    book = Book()
    routed = ask(router(Caller({"LocalVLLM": [good()]})), book)
    assert (routed.client, routed.model, routed.location) == ("LocalVLLM", "m", "local")
    assert routed.prompt_version == "version-of-ExtractProfile"
    assert routed.attempts == tuple(book.attempts)
    attempt = book.attempts[0]
    assert (attempt.number, attempt.outcome, attempt.billing) == (1, "ok", "self_hosted")
    assert (attempt.input_tokens, attempt.cached_tokens, attempt.output_tokens) == (700, 64, 100)


@pytest.mark.parametrize(
    "outcome", ["unreachable", "timeout", "parse_error", "cut_off", "server_error", "rate_limited", "too_long"]
)
def test_after_any_failure_of_the_first_client_the_second_is_called_and_both_are_recorded(outcome: Outcome) -> None:
    book = Book()
    routed = ask(router(Caller({"LocalVLLM": [bad(outcome)], "GPT4o": [good()]})), book)
    assert routed.client == "GPT4o"
    assert [(a.number, a.client, a.outcome) for a in book.attempts] == [(1, "LocalVLLM", outcome), (2, "GPT4o", "ok")]


def test_when_no_client_answers_the_error_has_attempts_and_reasons_but_no_resume_text() -> None:
    book = Book()
    with pytest.raises(NoClientAnswered) as caught:
        ask(router(Caller({"LocalVLLM": [bad("unreachable")], "GPT4o": [bad("server_error")]})), book)
    assert isinstance(caught.value, RoutingError)
    assert caught.value.attempts == tuple(book.attempts)
    assert {reason.client for reason in caught.value.reasons} == {"LocalVLLM", "GPT4o"}
    said = "LocalVLLM is unreachable at http://l/v1: code_unreachable (clients.LocalVLLM.base_url)"
    assert said in caught.value.detail
    assert SECRET not in repr(caught.value)
    assert SECRET not in repr(QUESTION)


def test_an_error_while_recording_ends_the_request_because_the_money_is_spent() -> None:
    def record(_: Attempt) -> None:
        raise OSError("the ledger is unavailable")

    caller = Caller({"LocalVLLM": [bad("timeout")], "GPT4o": [good()]})
    with pytest.raises(OSError, match="ledger"):
        router(caller).ask(QUESTION, privacy="any", deadline_seconds=60, record=record)
    assert [name for name, _, _ in caller.asked] == ["LocalVLLM"]


def test_a_local_only_request_never_reaches_a_hosted_client() -> None:
    caller, book = Caller({"LocalVLLM": [bad("unreachable")], "GPT4o": [good()]}), Book()
    with pytest.raises(NoClientAnswered) as caught:
        ask(router(caller), book, privacy="local_only")
    assert [name for name, _, _ in caller.asked] == ["LocalVLLM"]
    assert "GPT4o is hosted" in caught.value.detail


def test_the_second_check_blocks_a_client_that_becomes_hosted_after_it_was_chosen() -> None:
    turncoat = Client(name="Turncoat", provider="openai-generic", model="m", base_url="http://l/v1", location="local")

    def turn(client: Client) -> None:
        object.__setattr__(client, "location", "hosted")  # represents any fault in the first check

    caller, book = Caller({"Turncoat": [good()]}), Book()
    with pytest.raises(PrivacyViolation):
        ask(router(caller, turncoat, context_tokens=turn), book, privacy="local_only")
    assert caller.asked == []
    assert book.attempts == []


def test_all_attempts_share_one_deadline() -> None:
    caller = Caller({"LocalVLLM": [bad("timeout")], "GPT4o": [good()]}, seconds=7.0)
    ask(router(caller), Book(), deadline_seconds=10.0)
    assert [(name, seconds) for name, seconds, _ in caller.asked] == [("LocalVLLM", 10.0), ("GPT4o", 3.0)]


def test_a_client_is_not_called_after_the_deadline() -> None:
    caller = Caller({"LocalVLLM": [bad("timeout")], "GPT4o": [good()]}, seconds=10.0)
    with pytest.raises(NoClientAnswered) as caught:
        ask(router(caller), Book(), deadline_seconds=10.0)
    assert "GPT4o was not called: the time for this answer is used up" in caught.value.detail


def test_a_client_with_a_small_context_is_skipped_without_a_call_and_the_next_one_answers() -> None:
    sizes = {"LocalVLLM": 700, "GPT4o": 128_000}
    caller, book = Caller({"GPT4o": [good()]}), Book()
    routed = ask(router(caller, context_tokens=lambda client: sizes[client.name]), book)
    assert routed.client == "GPT4o"
    assert [a.client for a in book.attempts] == ["GPT4o"]


def test_in_a_small_context_the_answer_gets_only_the_tokens_that_are_left() -> None:
    caller = Caller({"LocalVLLM": [good()]})
    ask(router(caller, context_tokens=lambda _: 2048), Book())
    assert caller.asked[0][2] == 2048 - 600 - 16


def test_a_text_too_long_for_every_client_is_rejected_with_numbers_and_a_fix() -> None:
    caller = Caller({"GPT4o": [bad("too_long")]})
    sizes = {"LocalVLLM": 700, "GPT4o": None}
    book = Book()
    with pytest.raises(TextTooLong) as caught:
        ask(router(caller, context_tokens=lambda client: sizes[client.name]), book)
    assert "LocalVLLM holds 700 tokens" in caught.value.detail
    assert "GPT4o refused it as too long" in caught.value.detail
    assert "--max-model-len" in caught.value.detail
    assert [a.outcome for a in book.attempts] == ["too_long"]


def test_too_small_a_context_plus_an_unreachable_client_is_not_a_text_too_long() -> None:
    caller = Caller({"GPT4o": [bad("unreachable")]})
    sizes = {"LocalVLLM": 700, "GPT4o": None}
    with pytest.raises(NoClientAnswered) as caught:
        ask(router(caller, context_tokens=lambda client: sizes[client.name]), Book())
    assert "LocalVLLM holds 700 tokens" in caught.value.detail


@dataclass
class WatchfulBreaker:
    """Rejects the given endpoints and records what was reported."""

    rejecting: set[str] = field(default_factory=set[str])
    reported: list[tuple[str, Outcome]] = field(default_factory=list[tuple[str, Outcome]])

    def acquire(self, endpoint: str) -> Permit | Rejected:
        return Rejected("circuit open", 30.0) if endpoint in self.rejecting else Permit(endpoint, "t")

    def report(self, permit: Permit, outcome: Outcome) -> None:
        self.reported.append((permit.endpoint, outcome))


def test_every_outcome_is_reported_to_the_breaker() -> None:
    breaker = WatchfulBreaker()
    ask(router(Caller({"LocalVLLM": [bad("timeout")], "GPT4o": [good()]}), breaker=breaker), Book())
    assert breaker.reported == [(LOCAL.endpoint, "timeout"), (HOSTED.endpoint, "ok")]


def test_a_rejected_endpoint_is_not_called_and_creates_no_ledger_row() -> None:
    breaker, book = WatchfulBreaker({LOCAL.endpoint}), Book()
    routed = ask(router(Caller({"GPT4o": [good()]}), breaker=breaker), book)
    assert routed.client == "GPT4o"
    assert [a.client for a in book.attempts] == ["GPT4o"]


def test_with_every_circuit_open_the_error_says_so() -> None:
    breaker = WatchfulBreaker({LOCAL.endpoint, HOSTED.endpoint})
    with pytest.raises(NoClientAnswered, match="circuit open"):
        ask(router(Caller({}), breaker=breaker), Book())


def test_a_permit_is_returned_even_when_the_caller_raises() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    breaker = WatchfulBreaker()
    with pytest.raises(KeyboardInterrupt):
        ask(router(Caller({"LocalVLLM": [good()]}, before=interrupt), breaker=breaker), Book())
    assert breaker.reported == [(LOCAL.endpoint, "cancelled")]


def test_retries_slot_in_by_policy_and_each_is_recorded() -> None:
    caller = Caller({"LocalVLLM": [bad("rate_limited", retry_after=2.0), good()]})
    book = Book()
    only_local = router(caller, LOCAL, retry_policy=RetryPolicy(attempts_per_endpoint=2))
    assert ask(only_local, book).client == "LocalVLLM"
    assert [(a.number, a.outcome) for a in book.attempts] == [(1, "rate_limited"), (2, "ok")]
    assert caller.now == pytest.approx(2.0)


@pytest.mark.parametrize("outcome", ["parse_error", "cut_off"])
def test_at_temperature_0_an_unusable_answer_is_not_requested_again(outcome: Outcome) -> None:
    """The model would give the same answer."""
    caller = Caller({"LocalVLLM": [bad(outcome)], "GPT4o": [good()]})
    book = Book()
    ask(router(caller, retry_policy=RetryPolicy(attempts_per_endpoint=2)), book)
    assert [(a.client, a.outcome) for a in book.attempts] == [("LocalVLLM", outcome), ("GPT4o", "ok")]


def test_a_partial_answer_is_used_and_the_breaker_learns_what_broke_it_off() -> None:
    breaker = WatchfulBreaker()
    stalled = replace(good(), outcome="partial", error="stall_timeout", broken_by="timeout")
    book = Book()
    routed = ask(router(Caller({"LocalVLLM": [stalled]}), breaker=breaker), book)
    assert (routed.client, routed.complete, routed.value["is_resume"]) == ("LocalVLLM", False, True)
    assert [(a.outcome, a.error) for a in book.attempts] == [("partial", "stall_timeout")]
    assert breaker.reported == [(LOCAL.endpoint, "timeout")]


def test_above_temperature_0_an_unreadable_answer_is_requested_once_more_before_the_next_client_is_called() -> None:
    caller = Caller({"LocalVLLM": [bad("parse_error"), bad("parse_error")], "GPT4o": [good()]})
    book = Book()
    warm = replace(LOCAL, options={"temperature": 0.4})
    ask(router(caller, warm, HOSTED, retry_policy=RetryPolicy(attempts_per_endpoint=2)), book)
    assert [(a.number, a.client, a.outcome) for a in book.attempts] == [
        (1, "LocalVLLM", "parse_error"),
        (2, "LocalVLLM", "parse_error"),
        (3, "GPT4o", "ok"),
    ]


def test_retries_stay_within_a_share_of_the_calls() -> None:
    """Every call fails: of 100 requests, the budget allows 5 + 20 to be retried, not 100."""
    caller = Caller({"LocalVLLM": [bad("parse_error")] * 200})
    asked = router(
        caller,
        replace(LOCAL, options={"temperature": 0.4}),
        retry_policy=RetryPolicy(attempts_per_endpoint=2),
        retry_budget=RetryBudget(share=0.2, burst=5),
    )
    for _ in range(100):
        with pytest.raises(NoClientAnswered):
            ask(asked, Book())
    assert 120 <= len(caller.asked) <= 125


def test_cancelled_work_calls_no_client() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(RequestCancelled):
        ask(router(Caller({}), cancellation=cancellation), Book())


def test_work_that_is_cancelled_during_a_call_is_recorded_and_left_unanswered() -> None:
    """It must not look like an unanswered request: the built-in parser would read the resume for good."""
    cancellation = Cancellation()
    caller = Caller({"LocalVLLM": [bad("cancelled")], "GPT4o": [good()]}, before=cancellation.cancel)
    book = Book()
    with pytest.raises(RequestCancelled) as caught:
        ask(router(caller, cancellation=cancellation), book)
    assert not isinstance(caught.value, RoutingError)
    assert [attempt.outcome for attempt in book.attempts] == ["cancelled"]


def test_with_only_the_builtin_parser_no_client_is_called() -> None:
    only_builtin = router(Caller({}), LOCAL, order=["builtin"])
    assert not only_builtin.names_models("ExtractProfile")
    with pytest.raises(NoClientAnswered) as caught:
        ask(only_builtin, Book())
    assert caught.value.attempts == ()


def test_the_description_changes_with_order_model_and_privacy() -> None:
    caller = Caller({})
    usual = router(caller)
    swapped = router(caller, order=["GPT4o", "LocalVLLM"])
    assert usual.names_models("ExtractProfile")
    descriptions = {
        usual.describe("ExtractProfile", "any"),
        usual.describe("ExtractProfile", "local_only"),
        usual.describe("Summarise", "any"),
        swapped.describe("ExtractProfile", "any"),
    }
    assert len(descriptions) == 4
    assert usual.describe("ExtractProfile", "any") == router(Caller({})).describe("ExtractProfile", "any")


def test_impossible_token_counts_are_rejected() -> None:
    with pytest.raises(ValueError, match="impossible"):
        TokenUsage(input_tokens=10, cached_tokens=11, output_tokens=0)


def test_a_cancellation_reaches_only_attached_calls() -> None:
    heard: list[str] = []
    cancellation = Cancellation()
    cancellation.attach(lambda: heard.append("running"))
    detach = cancellation.attach(lambda: heard.append("finished"))
    detach()
    cancellation.cancel()
    cancellation.attach(lambda: heard.append("late"))
    assert heard == ["running", "late"]
    assert cancellation.cancelled


class NoMoney:
    def refusal(self, call: PlannedCall) -> str | None:
        return None if call.client.billing == "self_hosted" else "would exceed the tenant's limit of $1 a day"


def test_at_the_spending_limit_paid_clients_are_not_called_and_the_reason_is_given() -> None:
    caller = Caller({"LocalVLLM": [bad("unreachable")]})
    with pytest.raises(NoClientAnswered, match="GPT4o would exceed the tenant's limit"):
        router(caller).ask(QUESTION, privacy="any", deadline_seconds=60, record=Book(), budget=NoMoney())
    assert [name for name, _, _ in caller.asked] == ["LocalVLLM"]


@dataclass
class Plans:
    caller: Caller
    planned: list[tuple[PlannedCall, int]] = field(default_factory=list[tuple[PlannedCall, int]])

    def refusal(self, call: PlannedCall) -> str | None:
        self.planned.append((call, len(self.caller.asked)))
        return None


def test_every_call_and_nothing_else_is_recorded_before_it_is_made() -> None:
    caller = Caller({"LocalVLLM": [bad("server_error")], "GPT4o": [good()]})
    plans = Plans(caller)
    router(caller).ask(QUESTION, privacy="any", deadline_seconds=60, record=Book(), budget=plans)
    assert [(call.client.name, calls_before) for call, calls_before in plans.planned] == [
        ("LocalVLLM", 0),
        ("GPT4o", 1),
    ]
    first = plans.planned[0][0]
    assert (first.function, first.prompt_version) == ("ExtractProfile", "version-of-ExtractProfile")
    assert first.input_tokens == 600
    assert 0 < first.expected_output_tokens <= first.longest_output_tokens


class BrokenBooks:
    def refusal(self, call: PlannedCall) -> str | None:
        raise RuntimeError("the ledger cannot be written")


def test_a_call_that_cannot_be_recorded_is_not_made_and_leaves_the_breaker_unchanged() -> None:
    caller, breaker = Caller({"LocalVLLM": [good()]}), WatchfulBreaker()
    with pytest.raises(RuntimeError, match="ledger"):
        router(caller, breaker=breaker).ask(
            QUESTION, privacy="any", deadline_seconds=60, record=Book(), budget=BrokenBooks()
        )
    assert caller.asked == []
    assert breaker.reported == [(LOCAL.endpoint, "cancelled")]


@pytest.mark.parametrize(
    "error",
    [
        RecursionError(SECRET),
        MemoryError(),
        ValueError(SECRET),
        OverflowError(),
        UnicodeDecodeError("utf-8", b"", 0, 1, SECRET),
    ],
)
def test_a_fault_while_an_answer_is_read_is_a_failed_attempt_and_the_next_client_is_called(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    book = Book()
    caller = Caller({"GPT4o": [good()]}, breaks={"LocalVLLM": error}, seconds=2.0)
    assert ask(router(caller), book).client == "GPT4o"
    failed = book.attempts[0]
    assert (failed.outcome, failed.error) == ("parse_error", f"internal_{type(error).__name__}")
    assert (failed.input_tokens, failed.tokens_estimated, failed.latency_ms) == (600, True, 2000)
    assert "model_call_broke" in caplog.messages
    assert SECRET not in caplog.text


@pytest.mark.parametrize("error", [ModelCallsUnavailable("forked"), ImportError("baml_client")])
def test_a_process_that_cannot_call_any_model_says_so(error: Exception) -> None:
    with pytest.raises(type(error)):
        ask(router(Caller({}, breaks={"LocalVLLM": error})), Book())
