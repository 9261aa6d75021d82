"""Adds up the counts of all processes in one Redis hash, so that any API process can show the whole service.

Each process flushes its tally every two seconds (`SharedCounts.start`), in batches that are applied exactly once: a
lost reply does not count a batch twice. While Redis is unavailable, a process keeps its tally and flushes it later. If
Redis loses its data, the sums restart at 0, which Prometheus handles like a restarted program.
"""

import contextlib
import json
import logging
import os
import socket
import threading
import uuid
from dataclasses import dataclass

import psutil
import redis
from redis.commands.core import Script

from app.observability.metrics import PROCESS_CPU_SECONDS, Cell, Tally

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 2.0
_REDIS_SECONDS = 1.0
# Incremented whenever buckets or labels change their meaning, so that old sums are not misread.
_SUMS_KEY = "vitae:metrics:1"
_BATCH_PREFIX = "vitae:metrics:batch:"
_BATCH_REMEMBERED_SECONDS = 600
_PROCESS_PREFIX = "vitae:process:"
_PARTS_OF_CPU_TIME = 4  # user and system time of the process, and of its ended children
_PROCESS_REMEMBERED_SECONDS = 15  # a process that has not reported for this long is considered dead

_ADD = """
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[1]) then return 0 end
for i = 2, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One live process; `memory_limit_bytes` is the limit of its container, None if there is none."""

    process: str
    resident_bytes: int
    memory_limit_bytes: int | None


class SharedCounts:
    """`process` is the kind of process this is: api, extraction, analysis, scheduler."""

    def __init__(self, client: "redis.Redis", tally: Tally, process: str) -> None:
        self._redis = client
        self._add: Script = client.register_script(_ADD)
        self.tally = tally
        self._process = process
        self._unsure: tuple[str, dict[Cell, float]] | None = None  # a batch whose reply did not arrive
        self._flushing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._cpu_seconds = 0.0
        self._own_key = f"{_PROCESS_PREFIX}{process}:{socket.gethostname()}:{os.getpid()}"

    @classmethod
    def connect(cls, redis_url: str, process: str) -> "SharedCounts":
        """With a new tally, and short timeouts: nothing waits for metrics."""
        client = redis.Redis.from_url(
            redis_url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS, decode_responses=True
        )
        return cls(client, Tally(), process)

    def start(self) -> None:
        """Flush every two seconds from now on. Call it in the process that counts, never before a fork."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Flush the remaining counts."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * _REDIS_SECONDS)
        self.flush()
        with contextlib.suppress(redis.RedisError, OSError):  # the key also expires
            self._redis.delete(self._own_key)
        self._redis.close()

    def flush(self) -> bool:
        """Flush the counts so far. Returns False if Redis is unavailable; nothing is lost."""
        with self._flushing:
            if self._unsure is not None and not self._hand_over(*self._unsure):
                return False
            self._count_cpu()
            return self._hand_over(uuid.uuid4().hex, self.tally.take())

    def sums(self) -> dict[Cell, float] | None:
        """The sums of all processes since Redis was last emptied; None if Redis is unavailable."""
        try:
            found: dict[str, str] = self._redis.hgetall(_SUMS_KEY)  # pyright: ignore[reportAssignmentType]
        except (redis.RedisError, OSError):
            return None
        return {_cell(field): float(amount) for field, amount in found.items()}

    def processes(self) -> list[ProcessState]:
        """Processes that reported within the last 15 seconds; empty if Redis is unavailable."""
        try:
            keys = [str(key) for key in self._redis.scan_iter(f"{_PROCESS_PREFIX}*", count=1000)]
            told: list[str | None] = self._redis.mget(keys) if keys else []  # pyright: ignore[reportAssignmentType]
        except (redis.RedisError, OSError):
            return []
        return [ProcessState(**json.loads(one)) for one in told if one]

    def _hand_over(self, batch: str, cells: dict[Cell, float]) -> bool:
        arguments: list[str] = [str(_BATCH_REMEMBERED_SECONDS)]
        for cell, amount in cells.items():
            arguments += [_field(cell), repr(float(amount))]
        try:
            if cells:
                self._add(keys=[_SUMS_KEY, f"{_BATCH_PREFIX}{batch}"], args=arguments)
        except (redis.RedisError, OSError):
            self._unsure = (batch, cells)
            return False
        self._unsure = None
        return True

    def show_life(self) -> None:
        """Report that this process is alive, and its memory use. Called after every flush."""
        state = {
            "process": self._process,
            "resident_bytes": psutil.Process().memory_info().rss,
            "memory_limit_bytes": memory_limit_bytes(),
        }
        with contextlib.suppress(redis.RedisError, OSError):
            self._redis.set(self._own_key, json.dumps(state), ex=_PROCESS_REMEMBERED_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(_FLUSH_SECONDS):
            try:
                if self.flush():
                    self.show_life()
            except Exception:  # counting must never stop
                log.exception("metrics_not_handed_over")

    def _count_cpu(self) -> None:
        spent = 0.0
        this = psutil.Process()
        # The document readers live as long as their worker. Other processes have no children; looking takes time.
        beside = this.children() if self._process == "extraction" else []
        for process in (this, *beside):
            with contextlib.suppress(psutil.Error):
                spent += sum(process.cpu_times()[:_PARTS_OF_CPU_TIME])
        if spent > self._cpu_seconds:
            self.tally.count(PROCESS_CPU_SECONDS, self._process, by=spent - self._cpu_seconds)
            self._cpu_seconds = spent


def memory_limit_bytes() -> int | None:
    """Memory limit of this container (cgroup 2); None outside a container or on another operating system."""
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
            text = file.read().strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdigit() else None


def _field(cell: Cell) -> str:
    name, labels, part = cell
    return json.dumps([name, part, *labels], separators=(",", ":"))


def _cell(field: str) -> Cell:
    name, part, *labels = json.loads(field)
    return name, tuple(labels), part
