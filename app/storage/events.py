"""Named queries on events: what happened, in order; written in the transaction that made it happen."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import analyses, events, resumes, tenants


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
    """Where a resume stands now, and the newest event that says so."""

    status: str
    degraded: bool
    problem_code: str | None
    newest_event_id: int


_INSERT = sa.insert(events).returning(events.c.id, events.c.created_at)


def insert_event(
    tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID | None, kind: str, body: dict[str, Any]
) -> Event:
    values = {"tenant_id": tenant_id, "resume_id": resume_id, "kind": kind, "body": body}
    row = tx.execute(_INSERT, values).one()
    return Event(row.id, tenant_id, resume_id, kind, body, row.created_at)


def insert_event_for_every_tenant(tx: Transaction, kind: str, body: dict[str, Any]) -> list[Event]:
    """For what concerns the service and no resume: `client.down`, `client.up`."""
    rows = tx.execute(
        sa.insert(events)
        .from_select(
            ["tenant_id", "kind", "body"],
            sa.select(tenants.c.id, sa.literal(kind), sa.literal(body, events.c.body.type)),
        )
        .returning(events.c.id, events.c.tenant_id, events.c.created_at)
    )
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


def find_newest_id(tx: Transaction, tenant_id: uuid.UUID) -> int:
    """The id of the tenant's newest event, 0 when there was none."""
    return tx.execute(
        sa.select(sa.func.coalesce(sa.func.max(events.c.id), 0)).where(events.c.tenant_id == tenant_id)
    ).scalar_one()


def find_resume_state(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> ResumeState | None:
    """The state and the newest event in one snapshot.

    Events of one resume get their ids in the order of their commits, because each writer holds the resume's row.
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
