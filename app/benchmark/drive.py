"""Sends the requests of one stage when they are due and collects their outcomes. Called by `vitae bench`.

However a stage ends (its limits, Ctrl-C), the measurements so far are kept.
"""

import asyncio
import itertools
import resource
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from app.benchmark.arrivals import Stage, moments
from app.benchmark.sample import UNFINISHED, Sample

# Makes one request, numbered from 0, and returns its outcome. Raises nothing except cancellation.
Send = Callable[[int, float], Awaitable[Sample]]
_LOOK_SECONDS = 0.2  # how soon an interruption is noticed
MOST_IN_FLIGHT = 4096  # in an open-loop stage; later requests wait, and the wait counts as latency


@dataclass(slots=True)
class Measured:
    """`seconds` runs from the first request to the end of the last; `cpu_seconds` is the load generator's CPU time."""

    stage: Stage
    samples: list[Sample] = field(default_factory=list[Sample])
    seconds: float = 0.0
    most_in_flight: int = 0
    cpu_seconds: float = 0.0
    interrupted: bool = False


async def drive(
    stage: Stage, send: Send, *, stop: asyncio.Event, seed: int = 1, first_number: int = 0, drain_seconds: float = 60.0
) -> Measured:
    """Run one stage. No request starts after its time is over; requests in flight get `drain_seconds` to finish."""
    running = _Running(stage, send, stop, first_number)
    cpu = _cpu_seconds()
    loop = asyncio.get_running_loop()
    began = loop.time()
    pace = running.closed(began) if stage.concurrency is not None else running.open(began, seed)
    await pace
    await running.finish(drain_seconds)
    measured = running.measured
    ends = [sample.ended_at for sample in measured.samples]
    measured.seconds = max(ends, default=loop.time()) - began
    measured.cpu_seconds = _cpu_seconds() - cpu
    measured.interrupted = stop.is_set()
    return measured


class _Running:
    def __init__(self, stage: Stage, send: Send, stop: asyncio.Event, first_number: int) -> None:
        self.measured = Measured(stage)
        self._stage = stage
        self._send = send
        self._stop = stop
        self._numbers = itertools.count(first_number)
        self._left = stage.requests
        self._in_flight = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._loop = asyncio.get_running_loop()

    async def closed(self, began: float) -> None:
        """Keeps the stage's concurrency: a new request starts when one ends."""
        until = began + self._stage.seconds

        async def one_after_the_other() -> None:
            while self._left > 0 and not self._stop.is_set() and self._loop.time() < until:
                self._left -= 1
                await self._one(self._loop.time())

        for _ in range(min(self._stage.concurrency or 1, self._stage.requests)):
            self._start(one_after_the_other())
        await self._wait(until)

    async def open(self, began: float, seed: int) -> None:
        """Sends each request at its scheduled time, regardless of the others."""
        for offset in moments(self._stage, seed):
            due = began + offset
            while (left := due - self._loop.time()) > 0 and not self._stop.is_set():  # noqa: ASYNC110 - no event, a moment
                await asyncio.sleep(min(left, _LOOK_SECONDS))
            if self._stop.is_set():
                return
            self._start(self._in_turn(due))

    async def finish(self, drain_seconds: float) -> None:
        """Wait for requests in flight. After an interruption or the time limit, the rest are recorded as unfinished."""
        await self._wait(self._loop.time() + drain_seconds)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _wait(self, until: float) -> None:
        """Wait until that time, or until nothing is in flight or the run is stopped."""
        while self._tasks and not self._stop.is_set() and (left := until - self._loop.time()) > 0:
            await asyncio.wait(self._tasks, timeout=min(left, _LOOK_SECONDS))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, due: float) -> None:
        async with self._room:
            await self._one(due)

    async def _one(self, due: float) -> None:
        started = self._loop.time()
        self._in_flight += 1
        self.measured.most_in_flight = max(self.measured.most_in_flight, self._in_flight)
        try:
            sample = await self._send(next(self._numbers), due)
        except asyncio.CancelledError:
            self.measured.samples.append(Sample(due, started, self._loop.time(), outcome=UNFINISHED))
            raise
        finally:
            self._in_flight -= 1
        self.measured.samples.append(sample)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
