"""Distributes a client's calls among its endpoints: the fewest in progress over all processes, drained ones never.

Called by the router around each call, by the API to drain an endpoint, and by the health monitor to report health.
Redis holds one sorted set of leases per endpoint, so that the calls of a dead worker stop counting by themselves. While
Redis is unavailable each process counts its own calls; no request fails because of it.
"""

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import redis
from redis.commands.core import Script

from app.clock import utc_now

log = logging.getLogger(__name__)

Health = Literal["up", "saturated", "down"]

_PREFIX = "vitae:endpoint:"
_REDIS_SECONDS = 0.25
_AWAY_PAUSE_SECONDS = 2.0

# KEYS: for each endpoint its leases, its health, its drain mark. ARGV: token, lease in ms. Returns the position (from
# 1) of the chosen endpoint, 0 when all are being drained.
_ENTER = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local best, best_weight = 0, nil
for i = 1, #KEYS, 3 do
  if redis.call('EXISTS', KEYS[i + 2]) == 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    local weight = redis.call('ZCARD', KEYS[i])
    local health = redis.call('GET', KEYS[i + 1])
    if health == 'saturated' then weight = weight + 1000000 end
    if health == 'down' then weight = weight + 1000000000 end
    if best_weight == nil or weight < best_weight then best, best_weight = i, weight end
  end
end
if best == 0 then return 0 end
redis.call('ZADD', KEYS[best], now + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[best], ARGV[2] * 2)
return (best + 2) / 3
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A call's place at an endpoint, to be given back."""

    endpoint: str
    token: str
    shared: bool


@dataclass(frozen=True, slots=True)
class EndpointLoad:
    """The state shown of an endpoint; None for what is not known while Redis is unavailable."""

    in_flight: int | None
    drained: bool | None
    health: Health | None


class LoadBalancer(Protocol):
    """Every place is given back exactly once, whatever happened to the call."""

    def enter(self, endpoints: Sequence[str]) -> Place | None:
        """A place at the best of these; None when all are being drained."""
        ...

    def leave(self, place: Place) -> None: ...


class ProcessBalancer:
    """Counts only the calls of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight: dict[str, int] = {}

    def enter(self, endpoints: Sequence[str]) -> Place | None:
        with self._lock:
            best = min(endpoints, key=lambda endpoint: self._in_flight.get(endpoint, 0))
            self._in_flight[best] = self._in_flight.get(best, 0) + 1
        return Place(best, "", shared=False)

    def leave(self, place: Place) -> None:
        with self._lock:
            self._in_flight[place.endpoint] -= 1


class RedisBalancer:
    """Shared by all processes; safe to share between threads."""

    def __init__(self, redis_url: str, *, lease_seconds: float) -> None:
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS, decode_responses=True
        )
        self._lease_ms = int(lease_seconds * 1000)
        self._enter: Script = self._redis.register_script(_ENTER)
        self._fallback = ProcessBalancer()
        self._away_until = 0.0

    def enter(self, endpoints: Sequence[str]) -> Place | None:
        if time.monotonic() >= self._away_until:
            token = uuid.uuid4().hex
            keys = [key for endpoint in endpoints for key in _keys(endpoint)]
            try:
                position: Any = self._enter(keys=keys, args=[token, str(self._lease_ms)])
            except (redis.RedisError, OSError) as error:
                self._away_until = time.monotonic() + _AWAY_PAUSE_SECONDS
                log.warning("balancer_without_redis", extra={"fields": {"error": type(error).__name__}})
            else:
                return Place(endpoints[int(position) - 1], token, shared=True) if position else None
        return self._fallback.enter(endpoints)

    def leave(self, place: Place) -> None:
        if not place.shared:
            self._fallback.leave(place)
            return
        try:
            self._redis.zrem(_keys(place.endpoint)[0], place.token)
        except (redis.RedisError, OSError):
            return  # the lease expires by itself

    def drain(self, endpoint: str, *, drained: bool) -> bool:
        """Stop (or resume) sending new calls there; running calls continue. False while Redis is unavailable."""
        mark = _keys(endpoint)[2]
        try:
            if drained:
                self._redis.set(mark, "1")
            else:
                self._redis.delete(mark)
        except (redis.RedisError, OSError):
            return False
        return True

    def set_health(self, endpoint: str, health: Health, *, for_seconds: float) -> Health | None:
        """Returns what was known before; None for nothing, or while Redis is unavailable."""
        try:
            before: Any = self._redis.set(_keys(endpoint)[1], health, px=int(for_seconds * 1000), get=True)
        except (redis.RedisError, OSError):
            return None
        return before

    def load(self, endpoint: str) -> EndpointLoad:
        leases, health, mark = _keys(endpoint)
        try:
            now_ms = utc_now().timestamp() * 1000
            counted: Any = self._redis.zcount(leases, now_ms, "+inf")
            known: Any = self._redis.get(health)
            return EndpointLoad(int(counted), bool(self._redis.exists(mark)), known)
        except (redis.RedisError, OSError):
            return EndpointLoad(None, None, None)


def _keys(endpoint: str) -> tuple[str, str, str]:
    return (f"{_PREFIX}{endpoint}:calls", f"{_PREFIX}{endpoint}:health", f"{_PREFIX}{endpoint}:drained")
