"""Live events for the server-sent event streams: one follower per tenant, however many listeners.

The follower reads new rows of the table `events`, woken by a Redis notification or by the clock. The table is the truth
and a notification only says "look now", so nothing is missed when Redis is unavailable, slow or wiped. Used by
`app.api.routes.event_routes`.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from app.messaging.notices import PARTIAL, Subscription, subscribe
from app.storage import events
from app.storage.engine import Database
from app.storage.events import Event

log = logging.getLogger(__name__)

_ROWS_PER_READ = 1000
# Notifications that arrive together cause one read.
_GATHER_SECONDS = 0.05
_RECONNECT_SECONDS = 1.0
# A listener that does not consume its events is disconnected; it returns with Last-Event-ID and misses nothing.
LONGEST_BACKLOG = 2000


@dataclass(frozen=True, slots=True)
class PartialGrown:
    """More of a partial answer can be read. Not an event: a listener that misses it sees the next one."""

    resume_id: uuid.UUID


class Listener:
    """The events of one tenant from now on; `next` returns None when nothing arrived in time.

    With a `resume_id` it also hears when the partial answer about that resume has grown.
    """

    def __init__(self, resume_id: uuid.UUID | None = None) -> None:
        self.resume_id = resume_id
        self._grown_waits = False
        self._queue: asyncio.Queue[Event | PartialGrown] = asyncio.Queue(LONGEST_BACKLOG)
        self._ended = asyncio.Event()

    @property
    def ended(self) -> bool:
        """The service stops or this listener was too slow: no more events will come."""
        return self._ended.is_set()

    async def next(self, timeout_seconds: float) -> Event | PartialGrown | None:
        if self.ended:
            return None
        getting = asyncio.ensure_future(self._queue.get())
        ending = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait((getting, ending), timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                return None
            if isinstance(came := getting.result(), PartialGrown):
                self._grown_waits = False
            return came
        finally:
            getting.cancel()
            ending.cancel()

    def put_grown(self, grown: PartialGrown) -> None:
        """Signalled once, however often the answer grows until the listener reads it."""
        if not self._grown_waits:
            self._grown_waits = True
            self.put(grown)

    def put(self, event: Event | PartialGrown) -> None:
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        self._ended.set()


class LiveEvents:
    """Created once per application. Its methods are called only from the event loop."""

    def __init__(self, database: Database, redis_url: str, *, look_again_seconds: float) -> None:
        self._database = database
        self._redis_url = redis_url
        self._look_again_seconds = look_again_seconds
        self._followers: dict[uuid.UUID, _Follower] = {}
        self._closed = False

    @asynccontextmanager
    async def listening(
        self, tenant_id: uuid.UUID, resume_id: uuid.UUID | None = None
    ) -> AsyncGenerator[Listener, None]:
        """From now on every event of the tenant reaches the listener. Raises `DependencyError`."""
        follower = self._followers.get(tenant_id)
        if follower is None:
            follower = _Follower(self._database, self._redis_url, tenant_id, self._look_again_seconds)
            self._followers[tenant_id] = follower
        listener = Listener(resume_id)
        if self._closed:
            listener.end()
        follower.listeners.add(listener)
        try:
            await follower.wait_until_following()
            yield listener
        finally:
            follower.listeners.discard(listener)
            if not follower.listeners:
                if self._followers.get(tenant_id) is follower:
                    del self._followers[tenant_id]
                follower.stop()

    def close(self) -> None:
        """End every stream, so that the process can stop without waiting for its listeners."""
        self._closed = True
        for follower in self._followers.values():
            for listener in follower.listeners:
                listener.end()

    @property
    def follower_count(self) -> int:
        return len(self._followers)


class _Follower:
    def __init__(self, database: Database, redis_url: str, tenant_id: uuid.UUID, look_again_seconds: float) -> None:
        self.listeners: set[Listener] = set()
        self._database = database
        self._redis_url = redis_url
        self._tenant_id = tenant_id
        self._look_again_seconds = look_again_seconds
        # A lower id can appear after a higher one, because ids are assigned before commits. Rows are therefore read by
        # the transaction that wrote them, from the oldest one that was running, without those already seen: id and
        # transaction.
        self._since: int | None = None
        self._seen: dict[int, int] = {}
        self._read_at = 0.0
        self._started = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._follow())

    async def wait_until_following(self) -> None:
        await asyncio.shield(self._started)

    def stop(self) -> None:
        self._task.cancel()
        self._started.cancel()

    async def _follow(self) -> None:
        while True:
            try:
                async with subscribe(self._redis_url, self._tenant_id) as subscription:
                    await self._read()
                    if not self._started.done():
                        self._started.set_result(None)
                    while subscription.alive:
                        events_are_due, grown = await self._wait(subscription)
                        if events_are_due:
                            await self._read()
                        self._tell_grown(grown)
            except Exception as error:  # noqa: BLE001 - whatever it was, those who listen are kept
                if not self._started.done():
                    # The first listener gets a 503 when Postgres is unavailable.
                    self._started.set_exception(error)
                    return
                log.warning("events_not_readable", extra={"fields": {"error": type(error).__name__}})
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _wait(self, subscription: Subscription) -> tuple[bool, set[str]]:
        """Whether it is time to read the table, and which resumes have more of a partial answer."""
        notice = await subscription.next(self._look_again_seconds)
        if notice is None:
            return True, set()
        await asyncio.sleep(_GATHER_SECONDS)
        notices = [notice]
        while len(notices) < _ROWS_PER_READ and (notice := await subscription.next(0)) is not None:
            notices.append(notice)
        grown = {str(each["id"]) for each in notices if each["kind"] == PARTIAL}
        overdue = time.monotonic() - self._read_at >= self._look_again_seconds
        return overdue or any(each["kind"] != PARTIAL for each in notices), grown

    def _tell_grown(self, grown: set[str]) -> None:
        for listener in self.listeners:
            if listener.resume_id is not None and str(listener.resume_id) in grown:
                listener.put_grown(PartialGrown(listener.resume_id))

    async def _read(self) -> None:
        self._read_at = time.monotonic()
        if self._since is None:
            self._since, self._seen = await run_in_threadpool(self._where_to_begin)
        while True:
            oldest_running, rows = await run_in_threadpool(self._new_rows, self._since, set(self._seen))
            for event, transaction_id in rows:
                self._seen[event.id] = transaction_id
                for listener in list(self.listeners):
                    listener.put(event)
            if len(rows) < _ROWS_PER_READ:
                # Everything older transactions wrote has been read; the others may write more.
                self._since = oldest_running
                self._seen = {seen: by for seen, by in self._seen.items() if by >= oldest_running}
                return

    def _where_to_begin(self) -> tuple[int, dict[int, int]]:
        """Whatever is committed at the first read counts as past."""
        oldest_running, rows = self._new_rows(None, set())
        return oldest_running, {event.id: transaction_id for event, transaction_id in rows}

    def _new_rows(self, since: int | None, known: set[int]) -> tuple[int, list[tuple[Event, int]]]:
        """The oldest running transaction, read before the rows so that none of its rows is missed."""
        with self._database.reading() as tx:
            oldest_running = events.find_oldest_running(tx)
            return oldest_running, events.list_events_written_since(
                tx,
                self._tenant_id,
                oldest_running if since is None else since,
                known=known,
                limit=_ROWS_PER_READ,
            )
