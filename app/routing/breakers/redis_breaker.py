"""The circuit breaker that all worker processes share: one small Redis hash per endpoint, changed by two Lua scripts.

closed     calls go through; `failures` in a row open it, so does a share of failures where that rule is set (reason
           `failure_rate`), and a wrong key or an account without credit opens it at once (reason `config`)
open       nothing goes through for `open_seconds`
half-open  exactly one call, the probe, goes through; its success closes the breaker, its failure opens it again.
           The probe has a lease: a worker that dies during it does not block the endpoint forever.

Every state has a generation. A report about a call permitted in an earlier generation is ignored, so that late failures
from before a recovery do not open the breaker again. Times are Redis's, which all workers share. While Redis is
unavailable each process uses its own breaker (`app.routing.breakers.process_breaker`); no request fails because of it.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import redis
from redis.commands.core import Script

from app.routing.attempt import Outcome
from app.routing.breakers.breaker import Breaker, FailureRate, Permit, Rejected

log = logging.getLogger(__name__)

State = Literal["closed", "open", "half-open"]
Verdict = Literal["alive", "failure", "config", "unknown"]

# What an outcome says about the endpoint. A server that refuses a request or returns nonsense is alive.
VERDICTS: dict[Outcome, Verdict] = {
    "ok": "alive",
    "partial": "alive",  # the router reports what broke it off, if that was the server's fault
    "parse_error": "alive",
    "cut_off": "alive",
    "rejected": "alive",
    "too_long": "alive",
    "rate_limited": "alive",
    "unreachable": "failure",
    "timeout": "failure",
    "server_error": "failure",
    "unauthorised": "config",
    "cancelled": "unknown",
    "lost": "unknown",
}

_KEY_PREFIX = "vitae:breaker:"
_FORGET_SECONDS = 86_400  # an endpoint without calls for a day is forgotten; it starts closed again
_REDIS_SECONDS = 0.25  # a slower Redis counts as unavailable: the breaker must not slow calls down
_AWAY_PAUSE_SECONDS = 2.0  # how long Redis is not tried again after it failed

_ACQUIRE = """
local state = redis.call('HMGET', KEYS[1], 'state', 'changed_ms', 'generation', 'probe', 'probe_until_ms', 'reason')
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local open_ms, lease_ms, token = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local generation = state[3] or '0'
if not state[1] or state[1] == 'closed' then return {'permit', 'call:' .. generation} end
if state[1] == 'open' then
  local wait = tonumber(state[2]) + open_ms - now
  if wait > 0 then return {'reject', state[6] or '', tostring(wait)} end
  generation = redis.call('HINCRBY', KEYS[1], 'generation', 1)
  redis.call('HSET', KEYS[1], 'state', 'half-open', 'changed_ms', now)
elseif now < tonumber(state[5] or '0') then
  return {'reject', state[6] or '', tostring(tonumber(state[5]) - now)}
end
redis.call('HSET', KEYS[1], 'probe', token, 'probe_until_ms', now + lease_ms)
return {'permit', 'probe:' .. token}
"""

_REPORT = """
local state = redis.call('HMGET', KEYS[1], 'state', 'generation', 'probe')
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local verdict, token, threshold, why, forget = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local share, least, window_ms = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local current, generation = state[1] or 'closed', state[2] or '0'
local function change(to, reason)
  redis.call('HINCRBY', KEYS[1], 'generation', 1)
  redis.call('HSET', KEYS[1], 'state', to, 'changed_ms', now, 'reason', reason, 'failures', 0)
  redis.call('HDEL', KEYS[1], 'probe', 'probe_until_ms', 'window', 'calls', 'failed', 'calls_before', 'failed_before')
  redis.call('EXPIRE', KEYS[1], forget)
  return {current, to, reason}
end
local function failed_too_often()
  local seen = redis.call('HMGET', KEYS[1], 'window', 'calls', 'failed', 'calls_before', 'failed_before')
  local window = math.floor(now / window_ms)
  local calls, failed = tonumber(seen[2] or '0'), tonumber(seen[3] or '0')
  local calls_before, failed_before = tonumber(seen[4] or '0'), tonumber(seen[5] or '0')
  local known = tonumber(seen[1] or '0')
  if window ~= known then
    if window == known + 1 then calls_before, failed_before = calls, failed else calls_before, failed_before = 0, 0 end
    calls, failed = 0, 0
  end
  calls = calls + 1
  if verdict == 'failure' then failed = failed + 1 end
  redis.call('HSET', KEYS[1], 'window', window, 'calls', calls, 'failed', failed,
    'calls_before', calls_before, 'failed_before', failed_before)
  redis.call('EXPIRE', KEYS[1], forget)
  local left = 1 - (now % window_ms) / window_ms
  calls, failed = calls + calls_before * left, failed + failed_before * left
  return verdict == 'failure' and calls >= least and failed >= share * calls
end
if token == 'probe:' .. (state[3] or '') then
  if verdict == 'alive' then return change('closed', '') end
  if verdict == 'failure' or verdict == 'config' then return change('open', why) end
  redis.call('HDEL', KEYS[1], 'probe', 'probe_until_ms')
  return {current, current, ''}
end
if current ~= 'closed' or token ~= 'call:' .. generation then return {current, current, ''} end
if verdict == 'alive' then
  if redis.call('HGET', KEYS[1], 'failures') then redis.call('HSET', KEYS[1], 'failures', 0) end
elseif verdict == 'config' then
  return change('open', why)
elseif verdict == 'failure' then
  local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
  redis.call('EXPIRE', KEYS[1], forget)
  if failures >= threshold then return change('open', why) end
end
if window_ms > 0 and (verdict == 'alive' or verdict == 'failure') and failed_too_often() then
  return change('open', 'failure_rate')
end
return {current, current, ''}
"""

_FORCE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local from = redis.call('HGET', KEYS[1], 'state') or 'closed'
redis.call('HINCRBY', KEYS[1], 'generation', 1)
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'changed_ms', now, 'reason', ARGV[2], 'failures', 0)
redis.call('HDEL', KEYS[1], 'probe', 'probe_until_ms', 'window', 'calls', 'failed', 'calls_before', 'failed_before')
redis.call('EXPIRE', KEYS[1], tonumber(ARGV[3]))
return {from, ARGV[1], ARGV[2]}
"""


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The state shown of an endpoint. `since_epoch_seconds` None: closed for as long as is known."""

    state: State
    failures: int
    reason: str | None
    since_epoch_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    endpoint: str
    before: str
    after: str
    reason: str | None


class RedisBreaker:
    """A `Breaker` shared through Redis; `on_transition` is called once per change, in the process that caused it."""

    def __init__(
        self,
        client: "redis.Redis",
        fallback: Breaker,
        *,
        failures: int,
        open_seconds: float,
        probe_lease_seconds: float,
        on_transition: Callable[[Transition], None],
        rate: FailureRate | None = None,
    ) -> None:
        self._redis = client
        self._fallback = fallback
        self._failures = failures
        self._open_ms = int(open_seconds * 1000)
        self._lease_ms = int(probe_lease_seconds * 1000)
        window_ms = 0 if rate is None else max(1, int(rate.window_seconds * 1000))
        self._rate_arguments = [str(rate.share), str(rate.least_calls), str(window_ms)] if rate else ["0", "0", "0"]
        self._on_transition = on_transition
        self._acquire: Script = client.register_script(_ACQUIRE)
        self._report: Script = client.register_script(_REPORT)
        self._force: Script = client.register_script(_FORCE)
        self._away_until = 0.0

    @classmethod
    def connect(cls, redis_url: str, fallback: Breaker, **options: Any) -> "RedisBreaker":
        """With the short timeouts that keep a slow Redis from slowing calls down."""
        client = redis.Redis.from_url(
            redis_url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            decode_responses=True,
        )
        return cls(client, fallback, **options)

    def acquire(self, endpoint: str) -> Permit | Rejected:
        answer = self._ask(self._acquire, endpoint, [str(self._open_ms), str(self._lease_ms), uuid.uuid4().hex])
        if answer is None:
            return self._fallback.acquire(endpoint)
        if answer[0] == "permit":
            return Permit(endpoint, f"shared:{answer[1]}")
        return Rejected(_sentence(answer[1]), float(answer[2]) / 1000)

    def report(self, permit: Permit, outcome: Outcome) -> None:
        if not permit.token.startswith("shared:"):
            self._fallback.report(permit, outcome)
            return
        token = permit.token.removeprefix("shared:")
        verdict = VERDICTS[outcome]
        why = "config" if verdict == "config" else outcome
        answer = self._ask(
            self._report,
            permit.endpoint,
            [verdict, token, str(self._failures), why, str(_FORGET_SECONDS), *self._rate_arguments],
        )
        self._announce(permit.endpoint, answer)

    def force(self, endpoint: str, state: Literal["closed", "open"]) -> bool:
        """Open or close by hand; False while Redis is unavailable. An endpoint opened by hand probes again as usual."""
        reason = "opened by hand" if state == "open" else ""
        answer = self._ask(self._force, endpoint, [state, reason, str(_FORGET_SECONDS)])
        self._announce(endpoint, answer)
        return answer is not None

    def state(self, endpoint: str) -> BreakerState | None:
        """None while Redis is unavailable."""
        try:
            row: Any = self._redis.hgetall(_KEY_PREFIX + endpoint)
        except (redis.RedisError, OSError):
            return None
        return BreakerState(
            state=row.get("state", "closed"),
            failures=int(row.get("failures", 0)),
            reason=row.get("reason") or None,
            since_epoch_seconds=int(row["changed_ms"]) / 1000 if "changed_ms" in row else None,
        )

    def _ask(self, script: Script, endpoint: str, arguments: list[str]) -> list[str] | None:
        """The script's result; None while Redis is unavailable or was a moment ago."""
        if time.monotonic() < self._away_until:
            return None
        try:
            answer: Any = script(keys=[_KEY_PREFIX + endpoint], args=arguments)
        except (redis.RedisError, OSError) as error:
            self._away_until = time.monotonic() + _AWAY_PAUSE_SECONDS
            log.warning("breaker_without_redis", extra={"fields": {"error": type(error).__name__}})
            return None
        return [str(part) for part in answer]

    def _announce(self, endpoint: str, answer: list[str] | None) -> None:
        if answer is not None and answer[0] != answer[1]:
            self._on_transition(
                Transition(endpoint=endpoint, before=answer[0], after=answer[1], reason=answer[2] or None)
            )


def _sentence(reason: str) -> str:
    why = {
        "": "it is being probed",
        "config": "its key was refused, or its account has no credit",
        "failure_rate": "too many of its calls failed",
        "opened by hand": "it was opened by hand",
    }
    return f"is temporarily disabled by its circuit breaker ({why.get(reason, f'last failure: {reason}')})"
