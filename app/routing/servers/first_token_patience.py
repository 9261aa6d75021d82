"""Gives a self-hosted server as long for its first token as it has needed before; wraps the router's model caller.

A fixed limit cannot suit both a GPU server, which begins within a second, and a laptop, which first loads the model and
then reads the prompt for a minute. So the limit follows what the server has shown. The configured value is the least,
the client's total limit the most. Hosted clients keep the configured limit: there a slow start is a reason to move on.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import redis

from app.routing.attempt import Cancellation, ModelResult
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.router import ModelCaller
from app.routing.servers.partial_answer import AnswerFollower

# A longer prompt takes longer, and the slowest of a few calls says little about the next one.
_TIMES_OBSERVED = 2.5
_PERCENTILE = 0.95
_REMEMBERED_CALLS = 50
_REMEMBERED_SECONDS = 6 * 3600.0  # a server that was replaced by a faster one gets its short limit back
_REREAD_SECONDS = 10.0
_REDIS_SECONDS = 0.25
_AWAY_PAUSE_SECONDS = 2.0
_KEY = "vitae:endpoint:{}:first-token"


@dataclass(frozen=True, slots=True)
class Observed:
    """One call: seconds to its first token, in total, and the calls that this process had at the server.

    Of a call that reached the first-token limit both are that limit: the server needs at least as long.
    """

    first_token_seconds: float
    total_seconds: float
    in_flight: int

    def to_text(self) -> str:
        return f"{self.first_token_seconds:.3f} {self.total_seconds:.3f} {self.in_flight}"

    @classmethod
    def from_text(cls, text: str) -> "Observed | None":
        try:
            first, total, in_flight = text.split()
            return cls(float(first), float(total), int(in_flight))
        except ValueError:
            return None


def first_token_limit(
    observed: Sequence[Observed], *, configured_seconds: float, total_seconds: float, in_flight: int
) -> float:
    """The limit in seconds; `in_flight` counts this call too.

    `_TIMES_OBSERVED` x the 95th percentile of the observed times, plus the wait behind calls that were not there when
    the times were observed. That wait follows from Little's law: a server that had `n` calls in progress and took `R`
    seconds for each completes `n / R` per second.
    """
    if not observed:
        return configured_seconds
    times = sorted(call.first_token_seconds for call in observed)
    slow = times[min(len(times) - 1, math.ceil(_PERCENTILE * len(times)) - 1)]
    usual_in_flight = sum(call.in_flight for call in observed) / len(observed)
    seconds_per_call = sum(call.total_seconds for call in observed) / len(observed)
    queue_seconds = max(0.0, in_flight - usual_in_flight) * seconds_per_call / max(1.0, usual_in_flight)
    adapted = min(_TIMES_OBSERVED * slow + queue_seconds, total_seconds)
    return max(configured_seconds, adapted)


class FirstTokenMemory(Protocol):
    """What each endpoint has shown. Never raises: a call must not fail because of it."""

    def recent(self, endpoint: str) -> Sequence[Observed]: ...

    def note(self, endpoint: str, observed: Observed) -> None: ...


class ProcessMemory:
    """Of this process only; for single files on the command line and while Redis is unavailable."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._calls: dict[str, deque[tuple[float, Observed]]] = {}

    def recent(self, endpoint: str) -> Sequence[Observed]:
        since = self._monotonic() - _REMEMBERED_SECONDS
        with self._lock:
            return [observed for at, observed in self._calls.get(endpoint, ()) if at >= since]

    def note(self, endpoint: str, observed: Observed) -> None:
        with self._lock:
            calls = self._calls.setdefault(endpoint, deque(maxlen=_REMEMBERED_CALLS))
            calls.append((self._monotonic(), observed))


class SharedMemory:
    """In Redis, for all processes and over restarts; reads each endpoint every few seconds."""

    def __init__(self, redis_url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS, decode_responses=True
        )
        self._monotonic = monotonic
        self._own = ProcessMemory(monotonic)
        self._read: dict[str, tuple[float, Sequence[Observed]]] = {}
        self._away_until = -math.inf

    def recent(self, endpoint: str) -> Sequence[Observed]:
        known = self._read.get(endpoint)
        now = self._monotonic()
        if known is not None and now < known[0]:
            return known[1]
        calls = self._fetch(endpoint) if now >= self._away_until else None
        if calls is None:
            return self._own.recent(endpoint)
        self._read[endpoint] = (now + _REREAD_SECONDS, calls)
        return calls

    def note(self, endpoint: str, observed: Observed) -> None:
        self._own.note(endpoint, observed)
        self._read.pop(endpoint, None)  # the own calls count at once
        if self._monotonic() < self._away_until:
            return
        key = _KEY.format(endpoint)
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.lpush(key, observed.to_text())
                pipe.ltrim(key, 0, _REMEMBERED_CALLS - 1)
                pipe.pexpire(key, int(_REMEMBERED_SECONDS * 1000))
                pipe.execute()
        except (redis.RedisError, OSError):
            self._away_until = self._monotonic() + _AWAY_PAUSE_SECONDS

    def _fetch(self, endpoint: str) -> Sequence[Observed] | None:
        """None while Redis is unavailable."""
        try:
            found: Iterable[str] = self._redis.lrange(_KEY.format(endpoint), 0, -1)  # type: ignore[assignment]
        except (redis.RedisError, OSError):
            self._away_until = self._monotonic() + _AWAY_PAUSE_SECONDS
            return None
        return [observed for text in found if (observed := Observed.from_text(text)) is not None]


class PatientCaller:
    """A `ModelCaller` that sets the first-token limit of self-hosted servers; safe to share between threads."""

    def __init__(self, caller: ModelCaller, memory: FirstTokenMemory | None = None) -> None:
        self._caller = caller
        self._memory = memory or ProcessMemory()
        self._lock = threading.Lock()
        self._in_flight: dict[str, int] = {}

    def call(
        self,
        question: Question,
        client: Client,
        *,
        timeout_seconds: float,
        cancel: Cancellation | None = None,
        follower: AnswerFollower | None = None,
    ) -> ModelResult:
        if not follows_the_server(client):
            return self._caller.call(
                question, client, timeout_seconds=timeout_seconds, cancel=cancel, follower=follower
            )
        in_flight = self._change(client.endpoint, 1)
        try:
            limit = first_token_limit(
                self._memory.recent(client.endpoint),
                configured_seconds=client.first_token_timeout_seconds,
                total_seconds=client.total_timeout_seconds,
                in_flight=in_flight,
            )
            patient = replace(client, first_token_timeout_seconds=limit)
            result = self._caller.call(
                question, patient, timeout_seconds=timeout_seconds, cancel=cancel, follower=follower
            )
        finally:
            self._change(client.endpoint, -1)
        observed = observe(result, in_flight, limit)
        if observed is not None:
            self._memory.note(client.endpoint, observed)
        return (
            result if limit == client.first_token_timeout_seconds else replace(result, first_token_limit_seconds=limit)
        )

    def estimate_prompt_tokens(self, question: Question) -> int:
        return self._caller.estimate_prompt_tokens(question)

    def prompt_version(self, function: str) -> str:
        return self._caller.prompt_version(function)

    def _change(self, endpoint: str, step: int) -> int:
        with self._lock:
            self._in_flight[endpoint] = self._in_flight.get(endpoint, 0) + step
            return self._in_flight[endpoint]


def follows_the_server(client: Client) -> bool:
    return client.location == "local" and client.stream


def observe(result: ModelResult, in_flight: int, limit_seconds: float) -> Observed | None:
    """What a call shows about the server's speed; None for a call that failed before its first token."""
    if result.first_token_ms is not None:
        return Observed(result.first_token_ms / 1000, result.latency_ms / 1000, in_flight)
    if result.error == "first_token_timeout":
        return Observed(limit_seconds, limit_seconds, in_flight)
    return None
