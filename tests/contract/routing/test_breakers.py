"""Tests for both circuit breakers, the shared one in Redis and the in-process one, then for the shared one only."""

import multiprocessing
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import redis

from app.routing.attempt import Outcome
from app.routing.breakers.breaker import AlwaysClosed, Breaker, FailureRate, Permit, Rejected
from app.routing.breakers.process_breaker import ProcessBreaker
from app.routing.breakers.redis_breaker import RedisBreaker, Transition

FAILURES = 5
OPEN_SECONDS = 0.4
LEASE_SECONDS = 0.8
# One window that outlasts these tests, and one that expires if they wait.
RATE = FailureRate(share=0.5, least_calls=10, window_seconds=3600)
SHORT_RATE = FailureRate(share=0.5, least_calls=10, window_seconds=0.5)


def shared_breaker(
    redis_url: str,
    on_transition: Callable[[Transition], None] | None = None,
    probe_lease_seconds: float = LEASE_SECONDS,
    rate: FailureRate | None = None,
) -> RedisBreaker:
    """Waits for Redis without a limit: `connect` gives up quickly, and 32 processes overload a busy machine."""
    return RedisBreaker(
        redis.Redis.from_url(redis_url, decode_responses=True),
        AlwaysClosed(),
        failures=FAILURES,
        open_seconds=OPEN_SECONDS,
        probe_lease_seconds=probe_lease_seconds,
        on_transition=on_transition or (lambda _: None),
        rate=rate,
    )


@pytest.fixture(params=["shared", "process"])
def breaker(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Breaker]:
    if request.param == "shared":
        yield shared_breaker(redis_url)
    else:
        yield ProcessBreaker(failures=FAILURES, open_seconds=OPEN_SECONDS, probe_lease_seconds=LEASE_SECONDS)


@pytest.fixture(params=["shared", "process"])
def rated(request: pytest.FixtureRequest, redis_url: str) -> Callable[[FailureRate], Breaker]:
    """Creates either breaker, with a failure share rule."""

    def make(rate: FailureRate) -> Breaker:
        if request.param == "shared":
            return shared_breaker(redis_url, rate=rate)
        return ProcessBreaker(
            failures=FAILURES, open_seconds=OPEN_SECONDS, probe_lease_seconds=LEASE_SECONDS, rate=rate
        )

    return make


@pytest.fixture
def endpoint() -> str:
    return f"LocalVLLM@{uuid.uuid4()}"


def call(breaker: Breaker, endpoint: str, outcome: Outcome) -> bool:
    """Make one call with that outcome; False if the breaker rejected it."""
    permit = breaker.acquire(endpoint)
    if isinstance(permit, Rejected):
        return False
    breaker.report(permit, outcome)
    return True


def permit(breaker: Breaker, endpoint: str) -> Permit:
    got = breaker.acquire(endpoint)
    assert isinstance(got, Permit)
    return got


def let_it_open_and_wait(breaker: Breaker, endpoint: str) -> None:
    for _ in range(FAILURES):
        assert call(breaker, endpoint, "server_error")
    rejected = breaker.acquire(endpoint)
    assert isinstance(rejected, Rejected)
    assert rejected.retry_in_seconds is not None
    time.sleep(rejected.retry_in_seconds + 0.02)  # the time that the breaker reports


def test_it_opens_after_five_failures_in_a_row_and_not_before(breaker: Breaker, endpoint: str) -> None:
    for _ in range(FAILURES - 1):
        assert call(breaker, endpoint, "timeout")
    assert call(breaker, endpoint, "ok")  # resets the count of failures in a row
    for _ in range(FAILURES):
        assert call(breaker, endpoint, "unreachable")
    rejected = breaker.acquire(endpoint)
    assert isinstance(rejected, Rejected)
    assert rejected.retry_in_seconds == pytest.approx(OPEN_SECONDS, abs=0.2)


@pytest.mark.parametrize("outcome", ["parse_error", "cut_off", "rejected", "too_long", "rate_limited", "cancelled"])
def test_outcomes_that_are_not_the_servers_fault_do_not_open_it(
    breaker: Breaker, endpoint: str, outcome: Outcome
) -> None:
    for _ in range(3 * FAILURES):
        assert call(breaker, endpoint, outcome)


def test_a_refused_key_opens_it_at_once(breaker: Breaker, endpoint: str) -> None:
    assert call(breaker, endpoint, "unauthorised")
    assert not call(breaker, endpoint, "ok")


def test_half_open_lets_exactly_one_probe_through_and_its_success_closes(breaker: Breaker, endpoint: str) -> None:
    let_it_open_and_wait(breaker, endpoint)
    probe = permit(breaker, endpoint)
    assert isinstance(breaker.acquire(endpoint), Rejected)
    breaker.report(probe, "ok")
    assert call(breaker, endpoint, "ok")


def test_a_failed_probe_reopens_it_for_the_full_time(breaker: Breaker, endpoint: str) -> None:
    let_it_open_and_wait(breaker, endpoint)
    assert call(breaker, endpoint, "timeout")
    rejected = breaker.acquire(endpoint)
    assert isinstance(rejected, Rejected)
    assert rejected.retry_in_seconds == pytest.approx(OPEN_SECONDS, abs=0.2)


def test_a_cancelled_probe_frees_its_slot_for_the_next(breaker: Breaker, endpoint: str) -> None:
    let_it_open_and_wait(breaker, endpoint)
    assert call(breaker, endpoint, "cancelled")
    assert call(breaker, endpoint, "ok")
    assert call(breaker, endpoint, "ok")


def test_the_slot_of_a_probe_that_never_reports_is_reassigned_after_its_lease(breaker: Breaker, endpoint: str) -> None:
    let_it_open_and_wait(breaker, endpoint)
    lost = permit(breaker, endpoint)
    rejected = breaker.acquire(endpoint)
    assert isinstance(rejected, Rejected)
    assert rejected.retry_in_seconds is not None
    time.sleep(rejected.retry_in_seconds + 0.02)
    second = permit(breaker, endpoint)
    breaker.report(lost, "server_error")  # too late: another probe is running
    breaker.report(second, "ok")
    assert call(breaker, endpoint, "ok")


def test_late_reports_of_calls_from_before_a_recovery_are_ignored(breaker: Breaker, endpoint: str) -> None:
    late = [permit(breaker, endpoint) for _ in range(FAILURES)]
    let_it_open_and_wait(breaker, endpoint)
    assert call(breaker, endpoint, "ok")
    for old in late:
        breaker.report(old, "timeout")
    assert call(breaker, endpoint, "ok")


def test_nonconsecutive_failures_do_not_open_it_without_a_failure_share_rule(breaker: Breaker, endpoint: str) -> None:
    for number in range(60):
        assert call(breaker, endpoint, "timeout" if number % 2 else "ok")


def test_a_share_of_failures_opens_it_once_there_are_enough_calls(
    rated: Callable[[FailureRate], Breaker], endpoint: str
) -> None:
    breaker = rated(RATE)
    for number in range(RATE.least_calls):
        assert call(breaker, endpoint, "timeout" if number % 2 else "ok"), number
    assert not call(breaker, endpoint, "ok")


def test_a_smaller_share_of_failures_leaves_it_closed(rated: Callable[[FailureRate], Breaker], endpoint: str) -> None:
    breaker = rated(RATE)
    for number in range(60):
        assert call(breaker, endpoint, "server_error" if number % 3 == 2 else "ok"), number


def test_cancelled_calls_and_refusals_do_not_raise_the_share(
    rated: Callable[[FailureRate], Breaker], endpoint: str
) -> None:
    breaker = rated(RATE)
    for number in range(30):
        assert call(breaker, endpoint, "cancelled"), number
        assert call(breaker, endpoint, "rate_limited" if number % 3 else "timeout"), number


def test_failures_are_forgotten_with_their_window(rated: Callable[[FailureRate], Breaker], endpoint: str) -> None:
    breaker = rated(SHORT_RATE)
    for number in range(SHORT_RATE.least_calls - 1):
        assert call(breaker, endpoint, "timeout" if number % 2 else "ok")
    time.sleep(2 * SHORT_RATE.window_seconds)  # in neither the current window nor the previous one
    assert call(breaker, endpoint, "timeout")
    assert call(breaker, endpoint, "ok")


def test_after_a_recovery_the_share_starts_over(rated: Callable[[FailureRate], Breaker], endpoint: str) -> None:
    breaker = rated(RATE)
    let_it_open_and_wait(breaker, endpoint)
    assert call(breaker, endpoint, "ok")
    for number in range(RATE.least_calls - 1):
        assert call(breaker, endpoint, "timeout" if number % 2 else "ok"), number


def test_endpoints_do_not_influence_each_other(breaker: Breaker, endpoint: str) -> None:
    assert call(breaker, endpoint, "unauthorised")
    assert call(breaker, endpoint + "/other", "ok")


def _ask_in_a_process(redis_url: str, endpoint: str, start: float, results: "multiprocessing.Queue[bool]") -> None:
    # A lease longer than the largest delay between 32 processes on a busy machine.
    breaker = shared_breaker(redis_url, probe_lease_seconds=60)
    while time.time() < start:
        pass
    got = breaker.acquire(endpoint)
    results.put(isinstance(got, Permit))


def _permits_of_32_processes(redis_url: str, endpoint: str) -> int:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.contract.routing.test_breakers"])
    results: multiprocessing.Queue[bool] = context.Queue()
    start = time.time() + 1.5
    processes = [
        context.Process(target=_ask_in_a_process, args=(redis_url, endpoint, start, results)) for _ in range(32)
    ]
    for process in processes:
        process.start()
    let_through = sum(results.get(timeout=30) for _ in processes)
    for process in processes:
        process.join()
    return let_through


def test_32_processes_share_one_breaker(redis_url: str, endpoint: str) -> None:
    breaker = shared_breaker(redis_url)
    assert _permits_of_32_processes(redis_url, endpoint) == 32
    assert call(breaker, endpoint, "unauthorised")
    # The processes use an open time of 0.4 s; after that, 32 of them at once get one probe.
    time.sleep(OPEN_SECONDS)
    assert _permits_of_32_processes(redis_url, endpoint) == 1


_HOLDERS_LEASE_SECONDS = 3.0


def _hold_the_probe(redis_url: str, endpoint: str, held: "multiprocessing.Queue[bool]") -> None:
    got = shared_breaker(redis_url, probe_lease_seconds=_HOLDERS_LEASE_SECONDS).acquire(endpoint)
    held.put(isinstance(got, Permit))
    time.sleep(600)  # killed long before


def test_the_slot_of_a_probe_whose_process_was_killed_goes_to_one_of_32_others(redis_url: str, endpoint: str) -> None:
    breaker = shared_breaker(redis_url)
    assert call(breaker, endpoint, "unauthorised")
    time.sleep(OPEN_SECONDS)
    context = multiprocessing.get_context("forkserver")
    held: multiprocessing.Queue[bool] = context.Queue()
    holder = context.Process(target=_hold_the_probe, args=(redis_url, endpoint, held))
    holder.start()
    assert held.get(timeout=30)
    holder.kill()
    holder.join()
    assert isinstance(breaker.acquire(endpoint), Rejected)
    time.sleep(_HOLDERS_LEASE_SECONDS)
    assert _permits_of_32_processes(redis_url, endpoint) == 1


def test_healthy_concurrent_calls_are_not_serialized(redis_url: str, endpoint: str) -> None:
    breaker = shared_breaker(redis_url)
    everybody_inside = threading.Barrier(50)

    def work() -> None:
        got = permit(breaker, endpoint)
        everybody_inside.wait(20)  # reached only if all 50 hold a permit at the same time
        breaker.report(got, "ok")

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not everybody_inside.broken


def test_each_change_is_announced_once(redis_url: str, endpoint: str) -> None:
    heard: list[Transition] = []
    breaker = shared_breaker(redis_url, heard.append)
    let_it_open_and_wait(breaker, endpoint)
    assert call(breaker, endpoint, "ok")
    assert [(change.before, change.after) for change in heard] == [("closed", "open"), ("half-open", "closed")]
    assert heard[0].reason == "server_error"


def test_its_state_can_be_read_and_set_by_hand(redis_url: str, endpoint: str) -> None:
    breaker = shared_breaker(redis_url)
    assert breaker.force(endpoint, "open")
    state = breaker.state(endpoint)
    assert state is not None
    assert (state.state, state.reason) == ("open", "opened by hand")
    assert not call(breaker, endpoint, "ok")
    assert breaker.force(endpoint, "closed")
    assert call(breaker, endpoint, "ok")


def test_without_redis_the_fallback_decides_and_nothing_is_raised(endpoint: str) -> None:
    client = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    fallback = ProcessBreaker(failures=2, open_seconds=60, probe_lease_seconds=60)
    breaker = RedisBreaker(
        client, fallback, failures=5, open_seconds=60, probe_lease_seconds=60, on_transition=lambda _: None
    )
    assert call(breaker, endpoint, "timeout")
    assert call(breaker, endpoint, "timeout")
    assert not call(breaker, endpoint, "ok")
    assert breaker.state(endpoint) is None
