"""The decision about the next step, without side effects."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routing.attempt import Outcome
from app.routing.decision import (
    Exclusion,
    GiveUp,
    PastAttempt,
    RetryPolicy,
    RoutingState,
    TryClient,
    Wait,
    next_step,
)

ALL_OUTCOMES: tuple[Outcome, ...] = (
    "parse_error",
    "cut_off",
    "timeout",
    "unreachable",
    "rate_limited",
    "server_error",
    "rejected",
    "unauthorised",
    "too_long",
)


def state(
    *attempts: PastAttempt,
    now: float = 100.0,
    left: float = 50.0,
    exclusions: dict[str, Exclusion] | None = None,
    policy: RetryPolicy | None = None,
    cancelled: bool = False,
) -> RoutingState:
    return RoutingState(
        now=now,
        deadline=now + left,
        endpoints=("a", "b"),
        timeouts_seconds={"a": 10.0, "b": 20.0},
        attempts=attempts,
        exclusions=exclusions or {},
        policy=policy or RetryPolicy(),
        cancelled=cancelled,
    )


def past(
    endpoint: str, outcome: Outcome = "server_error", ended: float = 100.0, retry_after: float | None = None
) -> PastAttempt:
    return PastAttempt(endpoint, outcome, ended, retry_after)


def test_the_first_client_in_the_order_is_called_first_with_its_own_timeout() -> None:
    assert next_step(state()) == TryClient("a", 10.0)


def test_an_attempt_never_gets_more_time_than_is_left() -> None:
    assert next_step(state(left=3.0)) == TryClient("a", 3.0)


@pytest.mark.parametrize("outcome", ALL_OUTCOMES)
def test_after_any_failure_the_next_client_is_called(outcome: Outcome) -> None:
    assert next_step(state(past("a", outcome))) == TryClient("b", 20.0)


def test_when_all_have_failed_it_gives_up() -> None:
    assert isinstance(next_step(state(past("a"), past("b"))), GiveUp)


def test_no_client_is_called_when_the_time_is_used_up() -> None:
    step = next_step(state(left=0.1))
    assert isinstance(step, GiveUp)
    assert "time" in step.reason


def test_cancelled_work_calls_no_further_client() -> None:
    assert isinstance(next_step(state(past("a", "cancelled"))), GiveUp)
    assert isinstance(next_step(state(cancelled=True)), GiveUp)


def test_an_excluded_endpoint_is_skipped() -> None:
    assert next_step(state(exclusions={"a": Exclusion("too small")})) == TryClient("b", 20.0)
    assert next_step(state(exclusions={"a": Exclusion("breaker open", until=101.0)})) == TryClient("b", 20.0)


def test_with_a_second_attempt_allowed_the_next_client_still_comes_before_waiting() -> None:
    policy = RetryPolicy(attempts_per_endpoint=2)
    assert next_step(state(past("a"), policy=policy)) == TryClient("b", 20.0)


def test_a_short_retry_after_is_waited_for_when_no_other_client_is_left() -> None:
    policy = RetryPolicy(attempts_per_endpoint=2)
    attempts = (past("a", "rate_limited", retry_after=3.0), past("b", "rejected"))
    assert next_step(state(*attempts, policy=policy)) == Wait(3.0)
    assert next_step(state(*attempts, now=103.0, policy=policy)) == TryClient("a", 10.0, repeat=1)


def test_a_long_retry_after_or_one_beyond_the_deadline_is_not_waited_for() -> None:
    policy = RetryPolicy(attempts_per_endpoint=2)
    attempts = (past("a", "rate_limited", retry_after=30.0), past("b", "rejected"))
    assert isinstance(next_step(state(*attempts, policy=policy)), GiveUp)
    short = (past("a", "rate_limited", retry_after=3.0), past("b", "rejected"))
    assert isinstance(next_step(state(*short, left=3.1, policy=policy)), GiveUp)


def test_a_model_at_temperature_0_is_never_called_again_after_an_unreadable_answer() -> None:
    policy = RetryPolicy(attempts_per_endpoint=2)
    same_again = replace(state(past("a", "parse_error"), policy=policy), deterministic=frozenset({"a"}))
    assert next_step(same_again) == TryClient("b", 20.0)
    both = replace(same_again, attempts=(past("a", "parse_error"), past("b", "rejected")))
    assert isinstance(next_step(both), GiveUp)
    overloaded = replace(both, attempts=(past("a", "server_error", ended=90.0), past("b", "rejected")))
    assert next_step(overloaded) == TryClient("a", 10.0, repeat=1)


def test_a_parse_failure_may_be_repeated_at_once() -> None:
    policy = RetryPolicy(attempts_per_endpoint=2)
    assert next_step(state(past("a", "parse_error"), policy=policy)) == TryClient("a", 10.0, repeat=1)


@pytest.mark.parametrize("outcome", ["unauthorised", "rejected", "too_long", "cut_off", "timeout"])
def test_a_call_that_would_fail_again_is_never_repeated(outcome: Outcome) -> None:
    policy = RetryPolicy(attempts_per_endpoint=5)
    assert isinstance(next_step(state(past("a", outcome), past("b", outcome), policy=policy)), GiveUp)


def test_a_preferred_client_is_waited_for_if_its_retry_after_is_short_but_not_if_it_is_long() -> None:
    policy = RetryPolicy(attempts_per_endpoint=2, wait_for_preferred_seconds=2.0)
    short = past("a", "rate_limited", retry_after=1.5)
    assert next_step(state(short, policy=policy)) == Wait(1.5)
    assert next_step(state(short, now=101.5, policy=policy)) == TryClient("a", 10.0, repeat=1)
    assert next_step(state(short, left=1.625, policy=policy)) == TryClient("b", 1.625)
    assert next_step(state(past("a", "rate_limited", retry_after=7.0), policy=policy)) == TryClient("b", 20.0)


def test_a_dead_client_is_not_waited_for() -> None:
    policy = RetryPolicy(attempts_per_endpoint=2, wait_for_preferred_seconds=2.0)
    assert next_step(state(past("a", "unreachable"), policy=policy)) == TryClient("b", 20.0)
    opened = {"a": Exclusion("breaker open", until=101.0)}
    assert next_step(state(exclusions=opened, policy=policy)) == TryClient("b", 20.0)


def test_without_retry_budget_a_client_is_not_called_again() -> None:
    spent = replace(state(past("a"), policy=RetryPolicy(attempts_per_endpoint=2)), no_repeats=frozenset({"a", "b"}))
    assert next_step(spent) == TryClient("b", 20.0)
    assert isinstance(next_step(replace(spent, attempts=(past("a"), past("b")))), GiveUp)


@given(
    outcomes=st.lists(st.sampled_from(ALL_OUTCOMES), max_size=30),
    attempts_per_endpoint=st.integers(1, 4),
    retry_after=st.none() | st.floats(0, 10),
)
def test_every_sequence_of_failures_ends(
    outcomes: list[Outcome], attempts_per_endpoint: int, retry_after: float | None
) -> None:
    """Whatever fails, the loop stops within the allowed attempts and never waits longer than allowed."""
    policy = RetryPolicy(attempts_per_endpoint=attempts_per_endpoint)
    now, done = 0.0, list[PastAttempt]()
    endings = iter(outcomes)
    for _ in range(100):
        step = next_step(
            RoutingState(
                now=now,
                deadline=60.0,
                endpoints=("a", "b"),
                timeouts_seconds={"a": 9.0, "b": 9.0},
                attempts=tuple(done),
                exclusions={},
                policy=policy,
                jitter=0.5,
            )
        )
        if isinstance(step, GiveUp):
            break
        if isinstance(step, Wait):
            assert 0 < step.seconds <= policy.longest_wait_seconds
            now += step.seconds
        else:
            now += 0.5
            outcome: Outcome | None = next(endings, None)
            done.append(PastAttempt(step.endpoint, outcome or "server_error", now, retry_after))
    else:
        pytest.fail("never gave up")
    assert all(sum(d.endpoint == e for d in done) <= attempts_per_endpoint for e in ("a", "b"))
