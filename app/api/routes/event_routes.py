"""Server-sent events: `GET /v1/resumes/{id}/events` until a final state, `GET /v1/events` for a whole tenant.

The only async routes; they read the database in threads. Each event is named after what happened (`resume.done`) and
carries only ids and states, except `partial`: what a model that is still writing has extracted from this resume.
"""

import json
import math
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import Header, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from app.api.auth import caller_of, find_caller_of, parts_of, router_for
from app.api.live_events import Listener, LiveEvents, PartialGrown
from app.api.openapi import EVENT_STREAM, problems
from app.api.resume_ids import ResumeId
from app.api.routes.resume_routes import Blind, HideSchools
from app.api.stream_timing import StreamTiming
from app.errors import DependencyError, InputError, NotFound, Unauthenticated
from app.pipeline.resumes.blind_view import blind_partial
from app.pipeline.resumes.show_partial_profile import find_partial
from app.storage import documents, events, resumes
from app.storage.events import Event, ResumeState

router = router_for("read", "Events")

_FINAL = ("done", "failed")
_REPLAY_ROWS = 500
_WATCH_SECONDS = 5  # how often a stream reports that someone is watching
_LARGEST_ID = 2**63 - 1  # of a Postgres bigint

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=40,
        description="The id of the last event you have; browsers send it by themselves.",
    ),
]


class StreamOver(Exception):
    """The service stops, the listener was too slow, or its key or session ended."""


class EventStream(StreamingResponse):
    """Events as they come. Leaves the stack (the subscription) when the client disconnects or the stream ends."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncIterator[bytes], stack: AsyncExitStack) -> None:
        # X-Accel-Buffering makes nginx pass each event on at once.
        super().__init__(content, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._stack:
            await super().__call__(scope, receive, send)


@router.get(
    "/v1/resumes/{resume_id}/events",
    summary="Follow one resume",
    status_code=200,
    response_class=EventStream,
    responses={**EVENT_STREAM, 204: {"description": "You have the last event already; do not reconnect."}}
    | problems("invalid_request", "unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
async def follow_resume(
    request: Request,
    resume_id: ResumeId,
    last_event_id: LastEventId = None,
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """The current state at once, then every change until `resume.done` or `resume.failed`; then the stream ends.

    While a model writes, `partial` events name the client and hold the profile so far: only complete entries that were
    found in the document, with the resume's corrections applied. Each replaces the previous one; when another client
    takes over, it starts again. `blind` and `hide_schools` apply to them as everywhere.

    A comment line is sent every 15 seconds while nothing happens. A browser's `EventSource` reconnects when a stream
    ends: close it on a final event (a reconnect after it is answered with 204).
    """
    parts, tenant_id = parts_of(request), caller_of(request).tenant_id

    def read() -> ResumeState:
        with parts.database.reading() as tx:
            state = events.find_resume_state(tx, tenant_id, resume_id)
        if state is None:
            raise NotFound(f"No resume with the id {resume_id}. It may have been deleted.")
        return state

    def read_partial() -> bytes | None:
        with parts.database.reading() as tx:
            partial = find_partial(tx, tenant_id, resume_id)
            if partial is None:
                return None
            if blind:
                document_id = resumes.get_document_id(tx, tenant_id, resume_id)
                content = documents.get_document(tx, document_id).content
                partial = blind_partial(partial, content, hide_schools=hide_schools)
        said = {"client": partial.client, "profile": partial.profile, "evidence": partial.evidence}
        return _message("partial", {"id": str(resume_id), **said})

    async with AsyncExitStack() as stack:
        # Listening starts before the row is read: a change in between is in the row, among the events, or in both.
        listener = await stack.enter_async_context(_live(request).listening(tenant_id, resume_id))
        state = await run_in_threadpool(read)
        if state.status in _FINAL and last_event_id == str(state.newest_event_id):
            return Response(status_code=204)
        watch = _Watch(request, listener, resume_id)
        listener.put_grown(PartialGrown(resume_id))  # a partial answer may exist already
        return EventStream(resume_events(watch, resume_id, state, read, read_partial), stack.pop_all())
    raise AssertionError("left by a return above")


@router.get(
    "/v1/events",
    summary="Follow everything",
    status_code=200,
    response_class=EventStream,
    responses=EVENT_STREAM | problems("unauthenticated", "forbidden", "invalid_request", "dependency_unavailable"),
)
async def follow_all(request: Request, last_event_id: LastEventId = None) -> Response:
    """Every event of your tenant from now on, or after `Last-Event-ID`; the stream stays open.

    The first event is `ready` and carries the id from which the stream continues. After a broken connection an event
    can arrive twice; its `id` identifies it.
    """
    tenant_id = caller_of(request).tenant_id
    after_id = _event_id(last_event_id)

    def read_newest_id() -> int:
        with parts_of(request).database.reading() as tx:
            return events.find_newest_id(tx, tenant_id)

    def read_missed(last_id: int, from_id: int | None) -> list[Event]:
        with parts_of(request).database.reading() as tx:
            return events.list_replay(tx, tenant_id, last_id, from_id=from_id, limit=_REPLAY_ROWS)

    async with AsyncExitStack() as stack:
        listener = await stack.enter_async_context(_live(request).listening(tenant_id))
        newest_id = after_id if after_id is not None else await run_in_threadpool(read_newest_id)
        replay = None if after_id is None else read_missed
        return EventStream(_all_events(_Watch(request, listener), newest_id, replay), stack.pop_all())
    raise AssertionError("left by a return above")


class _Watch:
    """Waits for the next event of a stream, sends keep-alives, and notices when the key is revoked."""

    def __init__(self, request: Request, listener: Listener, resume_id: uuid.UUID | None = None) -> None:
        self._request = request
        self._listener = listener
        self._resume_id = resume_id
        self._timing: StreamTiming = request.app.state.timing
        self._spoke_at = self._checked_at = time.monotonic()
        self._said_at = -math.inf

    async def next(self) -> Event | PartialGrown | None:
        """None after a quiet interval: time to read the row. Raises `StreamOver` at the end of service or key."""
        await self._say_that_somebody_looks()
        deadline = time.monotonic() + self._timing.look_again_seconds
        while (left_seconds := deadline - time.monotonic()) > 0:
            event = await self._listener.next(left_seconds)
            if self._listener.ended:
                raise StreamOver
            await self._check_key()
            if event is not None and self._resume_id in (None, event.resume_id):
                self._spoke_at = time.monotonic()
                return event
        return None

    def keep_alive(self) -> bytes | None:
        """A comment when the connection was silent for so long that a proxy might close it."""
        if time.monotonic() - self._spoke_at < self._timing.keep_alive_seconds:
            return None
        self._spoke_at = time.monotonic()
        return format_sse_event(comment="nothing new")

    async def _say_that_somebody_looks(self) -> None:
        if self._resume_id is not None and time.monotonic() - self._said_at >= _WATCH_SECONDS:
            self._said_at = time.monotonic()
            await run_in_threadpool(parts_of(self._request).notices.watch, self._resume_id)

    async def _check_key(self) -> None:
        if time.monotonic() - self._checked_at < self._timing.keep_alive_seconds:
            return
        self._checked_at = time.monotonic()
        try:
            await run_in_threadpool(find_caller_of, self._request)
        except Unauthenticated:
            raise StreamOver from None
        except DependencyError:
            return  # Postgres is unavailable for a moment; the next check decides


async def resume_events(
    watch: _Watch,
    resume_id: uuid.UUID,
    state: ResumeState,
    read: Callable[[], ResumeState],
    read_partial: Callable[[], bytes | None],
) -> AsyncIterator[bytes]:
    last_id, last_status = state.newest_event_id, state.status
    yield _state_event(resume_id, state)
    while last_status not in _FINAL:
        partial: bytes | None = None
        try:
            event = await watch.next()
            if event is None:
                state = await run_in_threadpool(read)
            elif isinstance(event, PartialGrown):
                partial = await run_in_threadpool(read_partial)
        except StreamOver:
            return
        except NotFound:
            yield _message("resume.deleted", {"id": str(resume_id)})
            return
        except DependencyError:
            continue
        if isinstance(event, Event):
            if event.id > last_id:
                last_id, last_status = event.id, event.body.get("status", last_status)
                yield _event(event)
        elif event is not None:
            if partial is not None:
                yield partial
        elif state.status != last_status and state.newest_event_id <= last_id:
            # Changed without an event (by hand, or the event was deleted): the row is the truth.
            last_status = state.status
            yield _state_event(resume_id, state)
        elif comment := watch.keep_alive():
            yield comment


async def _all_events(
    watch: _Watch, after_id: int, read_missed: Callable[[int, int | None], list[Event]] | None
) -> AsyncIterator[bytes]:
    yield _message("ready", {"after": after_id}, after_id)
    replayed: set[int] = set()
    from_id: int | None = None
    while read_missed is not None:
        rows = await run_in_threadpool(read_missed, after_id, from_id)
        for event in rows:
            replayed.add(event.id)
            yield _event(event)
        if len(rows) < _REPLAY_ROWS:
            break
        from_id = rows[-1].id
    while True:
        try:
            event = await watch.next()
        except StreamOver:
            return
        if isinstance(event, Event) and event.id not in replayed:
            yield _event(event)
        elif comment := watch.keep_alive():
            yield comment


def _event(event: Event) -> bytes:
    return _message(event.kind, {**event.body, "at": event.created_at.isoformat()}, event.id)


def _state_event(resume_id: uuid.UUID, state: ResumeState) -> bytes:
    body: dict[str, Any] = {"id": str(resume_id), "status": state.status}
    if state.status == "done":
        body["degraded"] = state.degraded
    if state.status == "failed":
        body["problem"] = state.problem_code
    return _message(f"resume.{state.status}", body, state.newest_event_id)


def _message(kind: str, body: dict[str, Any], event_id: int | None = None) -> bytes:
    shown_id = None if event_id is None else str(event_id)
    return format_sse_event(data_str=json.dumps(body), event=kind, id=shown_id)


def _live(request: Request) -> LiveEvents:
    return request.app.state.live


def _event_id(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _LARGEST_ID:
        raise InputError("The header Last-Event-ID is not an id of this service. Omit it to start now.")
    return int(text)
