"""Named queries on events: what happened, in order. Each is written in the transaction that caused it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import analyses, events, resumes
from app.storage.webhooks import KINDS


@dataclass(frozen=True, slots=True)
class Event:
    """`body` holds ids and states, never text of a resume."""

    id: int
    tenant_id: uuid.UUID
    resume_id: uuid.UUID | None
    kind: str
    body: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ResumeState:
    """The current state of a resume, and its newest event."""

    status: str
    degraded: bool
    problem_code: str | None
    newest_event_id: int


_INSERT = sa.insert(events).returning(events.c.id, events.c.created_at)
# Part of the same statement, so that every event has its deliveries and they need no extra round trip.
_QUEUED = """
    queued as (
      insert into webhook_deliveries (id, webhook_id, event_id)
      select gen_random_uuid(), webhooks.id, event.id from event join webhooks on webhooks.tenant_id = event.tenant_id
      where webhooks.disabled_reason is null and event.kind = any(webhooks.kinds)
    )
    select id, tenant_id, created_at from event
"""
_body = sa.bindparam("body", type_=events.c.body.type)
_INSERT_AND_QUEUE = sa.text(
    """
    with event as (
      insert into events (tenant_id, resume_id, kind, body)
      values (:tenant_id, :resume_id, :kind, cast(:body as jsonb)) returning id, tenant_id, kind, created_at
    ),"""  # noqa: S608 - constants
    + _QUEUED
).bindparams(_body)
_INSERT_FOR_ALL_AND_QUEUE = sa.text(
    """
    with event as (
      insert into events (tenant_id, kind, body)
      select id, :kind, cast(:body as jsonb) from tenants returning id, tenant_id, kind, created_at
    ),"""  # noqa: S608 - constants
    + _QUEUED
).bindparams(_body)


def insert_event(
    tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID | None, kind: str, body: dict[str, Any]
) -> Event:
    """Insert an event, with a delivery for each of the tenant's webhooks that subscribes to this kind."""
    values = {"tenant_id": tenant_id, "resume_id": resume_id, "kind": kind, "body": body}
    row = tx.execute(_INSERT_AND_QUEUE if kind in KINDS else _INSERT, values).one()
    return Event(row.id, tenant_id, resume_id, kind, body, row.created_at)


def insert_event_for_every_tenant(tx: Transaction, kind: str, body: dict[str, Any]) -> list[Event]:
    """Insert an event that concerns the whole service rather than one resume: `client.down`, `client.up`."""
    rows = tx.execute(_INSERT_FOR_ALL_AND_QUEUE, {"kind": kind, "body": body})
    return [Event(row.id, row.tenant_id, None, kind, body, row.created_at) for row in rows]


def list_events_after(tx: Transaction, tenant_id: uuid.UUID, after_id: int, limit: int) -> list[Event]:
    rows = tx.execute(
        sa.select(
            events.c.id, events.c.tenant_id, events.c.resume_id, events.c.kind, events.c.body, events.c.created_at
        )
        .where(events.c.tenant_id == tenant_id, events.c.id > after_id)
        .order_by(events.c.id)
        .limit(limit)
    )
    return [Event(*row) for row in rows]


# Taken from this statement's own snapshot. Every visible row was written by a transaction below `_horizon`; rows above
# it come from another cluster (a restored dump) and are history.
_horizon = sa.cast(sa.cast(sa.func.pg_snapshot_xmax(sa.func.pg_current_snapshot()), sa.Text), sa.BigInteger)
_oldest_running = sa.cast(sa.cast(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()), sa.Text), sa.BigInteger)
_fields = (events.c.id, events.c.tenant_id, events.c.resume_id, events.c.kind, events.c.body, events.c.created_at)


def find_oldest_running(tx: Transaction) -> int:
    """Return the oldest running transaction: everything written by earlier ones is visible from now on, or never."""
    return tx.execute(sa.select(_oldest_running)).scalar_one()


def list_events_written_since(
    tx: Transaction, tenant_id: uuid.UUID, transaction_id: int, *, known: Collection[int], limit: int
) -> list[tuple[Event, int]]:
    """Return events of this and later transactions except the `known` ones, each with the transaction that wrote it."""
    rows = tx.execute(
        sa.select(*_fields, events.c.transaction_id)
        .where(
            events.c.tenant_id == tenant_id,
            events.c.transaction_id >= transaction_id,
            events.c.transaction_id < _horizon,
            events.c.id != sa.all_(sa.cast(list(known), sa.ARRAY(sa.BigInteger))),
        )
        .order_by(events.c.id)
        .limit(limit)
    )
    return [(Event(*row[:-1]), row[-1]) for row in rows]


def list_replay(tx: Transaction, tenant_id: uuid.UUID, last_id: int, *, from_id: int | None, limit: int) -> list[Event]:
    """Return the events, by id, that a reader who last saw `last_id` may have missed; pages continue after `from_id`.

    These are all events above `last_id`, and those below it whose transactions were still running when it was written,
    because such a transaction may have committed after the reader saw the event. Events that these transactions had
    already committed by then are sent again.
    """
    at = tx.execute(
        sa.select(events.c.transaction_id, events.c.oldest_running)
        .where(events.c.tenant_id == tenant_id, events.c.id <= last_id)
        .order_by(events.c.id.desc())
        .limit(1)
    ).one_or_none()
    missed = events.c.id > last_id
    if at is not None:
        late = sa.and_(
            events.c.id < last_id,
            events.c.transaction_id >= at.oldest_running,
            events.c.transaction_id != at.transaction_id,
            events.c.transaction_id < _horizon,
        )
        missed = sa.or_(missed, late)
    if from_id is not None:
        missed = sa.and_(missed, events.c.id > from_id)
    rows = tx.execute(
        sa.select(*_fields).where(events.c.tenant_id == tenant_id, missed).order_by(events.c.id).limit(limit)
    )
    return [Event(*row) for row in rows]


def find_newest_id(tx: Transaction, tenant_id: uuid.UUID) -> int:
    """Return the id of the tenant's newest event, or 0 if there is none."""
    return tx.execute(
        sa.select(sa.func.coalesce(sa.func.max(events.c.id), 0)).where(events.c.tenant_id == tenant_id)
    ).scalar_one()


def find_resume_state(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> ResumeState | None:
    """Return the state and the newest event in one snapshot.

    The events of one resume get their ids in commit order, because each writer holds a lock on the resume's row.
    """
    newest_event = sa.select(sa.func.coalesce(sa.func.max(events.c.id), 0)).where(events.c.resume_id == resume_id)
    problem = (
        sa.select(analyses.c.problem["code"].astext)
        .where(analyses.c.resume_id == resume_id)
        .order_by(analyses.c.number.desc())
        .limit(1)
    )
    row = tx.execute(
        sa.select(
            resumes.c.status, resumes.c.degraded, problem.scalar_subquery(), newest_event.scalar_subquery()
        ).where(resumes.c.tenant_id == tenant_id, resumes.c.id == resume_id)
    ).one_or_none()
    return None if row is None else ResumeState(*row)


def delete_events_older_than(tx: Transaction, days: int) -> int:
    result = tx.execute(
        sa.delete(events).where(events.c.created_at < sa.func.now() - sa.func.make_interval(0, 0, 0, days))
    )
    return result.rowcount
