"""What to do next for a request: a pure function of what has happened so far; `app.routing.router` does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.routing.attempt import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`attempts_per_endpoint` includes the first one: 1 means that every failure moves on to the next client.

    A client that will be available within `wait_for_preferred_seconds` is waited for although others are free; one that
    takes longer gets its turn after they have failed.
    """

    attempts_per_endpoint: int = 1
    retryable: frozenset[Outcome] = frozenset({"rate_limited", "server_error", "parse_error"})
    longest_wait_seconds: float = 5.0
    backoff_seconds: float = 0.5  # before the second attempt; doubles with each further one
    wait_for_preferred_seconds: float = 0.0
    least_attempt_seconds: float = 0.25  # with less time than this left, an attempt would only cost money


@dataclass(frozen=True, slots=True)
class PastAttempt:
    endpoint: str
    outcome: Outcome
    ended: float  # monotonic seconds
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an endpoint is not called now; `until` (monotonic seconds) None means not for this request."""

    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingState:
    """Everything a decision depends on. Times are monotonic seconds; `jitter` is in 0..1."""

    now: float
    deadline: float
    endpoints: tuple[str, ...]  # in order of preference
    timeouts_seconds: Mapping[str, float]
    attempts: tuple[PastAttempt, ...] = ()
    exclusions: Mapping[str, Exclusion] = field(default_factory=dict[str, Exclusion])
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    jitter: float = 0.0
    cancelled: bool = False
    no_repeats: frozenset[str] = frozenset()  # endpoints whose retry budget is used up
    deterministic: frozenset[str] = frozenset()  # endpoints at temperature 0, which would give the same answer again


@dataclass(frozen=True, slots=True)
class TryClient:
    """`repeat` is 0 for the first attempt at this endpoint."""

    endpoint: str
    timeout_seconds: float
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


def next_step(state: RoutingState) -> TryClient | Wait | GiveUp:
    """Call the most preferred endpoint that is available; wait if none is and one soon will be.

    A preferred endpoint that asks for a short pause gets it, if the deadline allows.
    """
    if state.cancelled or any(attempt.outcome == "cancelled" for attempt in state.attempts):
        return GiveUp("the work was cancelled")
    left = state.deadline - state.now
    if left < state.policy.least_attempt_seconds:
        return GiveUp("the time for this answer is used up")
    waits: list[float] = []
    for endpoint in state.endpoints:
        ready_at = _ready_at(state, endpoint)
        if ready_at is None:
            continue
        if ready_at <= state.now:
            repeat = sum(1 for attempt in state.attempts if attempt.endpoint == endpoint)
            return TryClient(endpoint, min(state.timeouts_seconds[endpoint], left), repeat)
        pause = ready_at - state.now
        tried = any(attempt.endpoint == endpoint for attempt in state.attempts)
        if tried and pause <= state.policy.wait_for_preferred_seconds and _fits(state, pause):
            return Wait(pause)
        waits.append(pause)
    soonest = min(waits, default=None)
    if soonest is None:
        return GiveUp("every client was tried or ruled out")
    if soonest > state.policy.longest_wait_seconds or not _fits(state, soonest):
        return GiveUp(f"the next client will not be available for {soonest:.1f} seconds")
    return Wait(soonest)


def _fits(state: RoutingState, pause: float) -> bool:
    return state.deadline - state.now - pause >= state.policy.least_attempt_seconds


def _ready_at(state: RoutingState, endpoint: str) -> float | None:
    """When the endpoint may be called (now or later); None: not for this request."""
    exclusion = state.exclusions.get(endpoint)
    # Do not wait for a breaker: of all who wait only one would become the probe, and the others would wait in vain.
    if exclusion is not None and (exclusion.until is None or exclusion.until > state.now):
        return None
    earliest = state.now
    own = [attempt for attempt in state.attempts if attempt.endpoint == endpoint]
    if not own:
        return earliest
    last = own[-1]
    if endpoint in state.no_repeats:
        return None
    if len(own) >= state.policy.attempts_per_endpoint or last.outcome not in state.policy.retryable:
        return None
    if last.outcome == "parse_error" and endpoint in state.deterministic:
        return None
    if last.outcome == "parse_error":  # the server is healthy; calling it again at once does no harm
        return earliest
    backoff = state.policy.backoff_seconds * 2 ** (len(own) - 1) * (1 + state.jitter)
    pause = backoff if last.retry_after_seconds is None else max(backoff, last.retry_after_seconds)
    return max(earliest, last.ended + pause)
