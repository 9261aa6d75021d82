"""The scheduler's latest view of model servers and GPUs, kept in Redis for a limited time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import redis

from app.observability.gpu_metrics import Gpu
from app.observability.vllm_metrics import ServerMetrics

_KEY = "vitae:machines"
_REDIS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Machines:
    """Model servers by endpoint, and GPUs."""

    servers: Mapping[str, ServerMetrics] = field(default_factory=dict[str, ServerMetrics])
    gpus: Sequence[Gpu] = ()


class MachineBoard:
    """Never raises when Redis is unavailable: it then returns no machines."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS, decode_responses=True
        )

    def write(self, machines: Machines, *, for_seconds: float) -> None:
        text = json.dumps(
            {
                "servers": {endpoint: asdict(server) for endpoint, server in machines.servers.items()},
                "gpus": [asdict(gpu) for gpu in machines.gpus],
            }
        )
        try:
            self._redis.set(_KEY, text, px=int(for_seconds * 1000))
        except (redis.RedisError, OSError):
            return

    def requests_waiting(self) -> int | None:
        """The total over all model servers; None if none has reported recently."""
        told = [server.gauges.get("requests_waiting") for server in self.read().servers.values()]
        known = [int(waiting) for waiting in told if waiting is not None]
        return sum(known) if known else None

    def read(self) -> Machines:
        try:
            text = self._redis.get(_KEY)
        except (redis.RedisError, OSError):
            return Machines()
        if not text:
            return Machines()
        told = json.loads(text)  # pyright: ignore[reportArgumentType]
        return Machines(
            {endpoint: ServerMetrics(**server) for endpoint, server in told["servers"].items()},
            [Gpu(**gpu) for gpu in told["gpus"]],
        )
