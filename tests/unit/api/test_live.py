"""Listeners of live events that are slow, waiting or ended, and a stream that is notified of a change twice."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

from app.api.live_events import LONGEST_BACKLOG, Listener, PartialGrown
from app.api.routes.event_routes import StreamOver, resume_events
from app.storage.events import Event, ResumeState

_LONG_SECONDS = 60.0


def _event(number: int) -> Event:
    return Event(number, uuid.uuid4(), uuid.uuid4(), "resume.done", {}, datetime(2026, 5, 4, tzinfo=UTC))


def test_events_arrive_in_the_order_they_were_sent() -> None:
    async def run() -> list[int | None]:
        listener = Listener()
        for number in range(3):
            listener.put(_event(number))
        came = [await listener.next(0.01) for _ in range(4)]
        return [event.id if isinstance(event, Event) else None for event in came]

    assert asyncio.run(run()) == [0, 1, 2, None]


def test_waiting_ends_when_the_listener_is_ended() -> None:
    async def run() -> Event | PartialGrown | None:
        listener = Listener()
        waiting = asyncio.ensure_future(listener.next(_LONG_SECONDS))
        await asyncio.sleep(0)
        listener.end()
        return await asyncio.wait_for(waiting, 5)

    assert asyncio.run(run()) is None


def test_a_listener_that_reads_nothing_is_ended() -> None:
    async def run() -> bool:
        listener = Listener()
        for number in range(LONGEST_BACKLOG):
            listener.put(_event(number))
        assert not listener.ended
        listener.put(_event(0))
        return listener.ended

    assert asyncio.run(run())


def test_a_canceled_wait_loses_no_event() -> None:
    async def run() -> int | None:
        listener = Listener()
        waiting = asyncio.ensure_future(listener.next(_LONG_SECONDS))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        listener.put(_event(7))
        event = await listener.next(0.01)
        return event.id if isinstance(event, Event) else None

    assert asyncio.run(run()) == 7


def test_updates_of_a_growing_profile_are_queued_only_once() -> None:
    grown = PartialGrown(uuid.uuid4())

    async def run() -> list[Event | PartialGrown | None]:
        listener = Listener(grown.resume_id)
        for _ in range(LONGEST_BACKLOG + 1):
            listener.put_grown(grown)
        first = await listener.next(0.01)
        listener.put_grown(grown)
        return [first, await listener.next(0.01), await listener.next(0.01)]

    assert asyncio.run(run()) == [grown, grown, None]


class _Script:
    """Plays the watch of a stream: it gives these events, then the service stops."""

    def __init__(self, *events: Event | PartialGrown) -> None:
        self._events = list(events)

    async def next(self) -> Event | PartialGrown | None:
        if not self._events:
            raise StreamOver
        return self._events.pop(0)

    def keep_alive(self) -> bytes | None:
        return None


def test_a_change_that_the_initial_state_contains_is_not_sent_again() -> None:
    resume_id = uuid.uuid4()
    when = datetime(2026, 5, 4, tzinfo=UTC)
    known, new = (
        Event(number, uuid.uuid4(), resume_id, f"resume.{status}", {"status": status}, when)
        for number, status in ((5, "extracting"), (6, "analysing"))
    )
    state = ResumeState("extracting", degraded=False, problem_code=None, newest_event_id=5)

    async def run() -> list[bytes]:
        watch: Any = _Script(known, new)
        return [part async for part in resume_events(watch, resume_id, state, lambda: state, lambda: None)]

    told = asyncio.run(run())
    assert [part.splitlines()[0] for part in told] == [b"event: resume.extracting", b"event: resume.analysing"]
