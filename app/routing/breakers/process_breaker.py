"""A circuit breaker of one process, with the states of the shared one: used while Redis is unavailable."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from app.routing.attempt import Outcome
from app.routing.breakers.breaker import FailureRate, Permit, Rejected
from app.routing.breakers.redis_breaker import VERDICTS


@dataclass(slots=True, kw_only=True)
class _Endpoint:
    state: str = "closed"
    failures: int = 0
    generation: int = 0
    changed: float = 0.0
    probe: str | None = None
    probe_until: float = 0.0
    window: int = 0
    calls: int = 0
    failed: int = 0
    calls_before: int = 0
    failed_before: int = 0

    def failed_too_often(self, rate: FailureRate, now: float, *, failed: bool) -> bool:
        """Counts one more call; the arithmetic is that of `app.routing.breakers.redis_breaker`."""
        window, gone = divmod(now, rate.window_seconds)
        if window != self.window:
            follows = window == self.window + 1
            self.calls_before, self.failed_before = (self.calls, self.failed) if follows else (0, 0)
            self.window, self.calls, self.failed = int(window), 0, 0
        self.calls += 1
        self.failed += failed
        left = 1 - gone / rate.window_seconds
        calls, failures = self.calls + self.calls_before * left, self.failed + self.failed_before * left
        return failed and calls >= rate.least_calls and failures >= rate.share * calls

    def forget_calls(self) -> None:
        self.calls = self.failed = self.calls_before = self.failed_before = 0


class ProcessBreaker:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        failures: int,
        open_seconds: float,
        probe_lease_seconds: float,
        rate: FailureRate | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._open_seconds = open_seconds
        self._lease_seconds = probe_lease_seconds
        self._rate = rate
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._endpoints: dict[str, _Endpoint] = {}

    def acquire(self, endpoint: str) -> Permit | Rejected:
        with self._lock:
            known = self._endpoints.setdefault(endpoint, _Endpoint())
            now = self._monotonic()
            if known.state == "closed":
                return Permit(endpoint, f"call:{known.generation}")
            free_at = known.changed + self._open_seconds if known.state == "open" else known.probe_until
            if now < free_at:
                return Rejected("is temporarily disabled (circuit open)", free_at - now)
            if known.state == "open":
                known.generation += 1
                known.state, known.changed = "half-open", now
            known.probe, known.probe_until = uuid.uuid4().hex, now + self._lease_seconds
            return Permit(endpoint, f"probe:{known.probe}")

    def report(self, permit: Permit, outcome: Outcome) -> None:
        verdict = VERDICTS[outcome]
        with self._lock:
            known = self._endpoints.setdefault(permit.endpoint, _Endpoint())
            if known.probe is not None and permit.token == f"probe:{known.probe}":
                known.probe, known.probe_until = None, 0.0
                if verdict == "alive":
                    self._change(known, "closed")
                elif verdict in {"failure", "config"}:
                    self._change(known, "open")
                return
            if known.state != "closed" or permit.token != f"call:{known.generation}":
                return
            if verdict == "alive":
                known.failures = 0
            elif verdict == "failure":
                known.failures += 1
            too_often = (
                self._rate is not None
                and verdict in {"alive", "failure"}
                and known.failed_too_often(self._rate, self._monotonic(), failed=verdict == "failure")
            )
            if verdict == "config" or known.failures >= self._failures or too_often:
                self._change(known, "open")

    def _change(self, known: _Endpoint, state: str) -> None:
        known.state, known.failures, known.changed = state, 0, self._monotonic()
        known.forget_calls()
        known.generation += 1
