"""Named queries on webhook deliveries: one row per event and webhook, written in the transaction of the event.

No delivery is lost when Redis or a process fails: the row waits until a receiver has accepted it. A delivery only
references its event and holds no content, so it is deleted with the event when a resume is erased.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.tables import events, webhook_deliveries, webhooks

State = Literal["pending", "delivered", "failed"]
# Why a pending delivery has not been sent: it is due, its receiver is failing, or its webhook is disabled.
Wait = Literal["due", "retrying", "held"]
COUNTED_OF_ONE = 10_000  # pending deliveries of one webhook


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as the log shows it. `state` failed: given up after days of retries; a replay tries again."""

    id: uuid.UUID
    event_id: int
    kind: str
    resume_id: uuid.UUID | None
    state: State
    attempts: int
    happened_at: datetime
    due_at: datetime
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    last_latency_ms: int | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery to send, with its signing secrets: the current one, and the previous one while they overlap."""

    id: uuid.UUID
    webhook_id: uuid.UUID
    url: str
    secrets: tuple[bytes, ...]
    attempts: int  # including this one
    waiting_seconds: float  # since it was queued or replayed
    kind: str
    body: dict[str, Any]
    happened_at: datetime
    resume_id: uuid.UUID | None
    traceparent: str | None  # newest analysis of that resume, if it was traced


def message_id(delivery_id: uuid.UUID) -> str:
    """Return the id that identifies the delivery to the receiver, the same on every retry."""
    return f"msg_{delivery_id.hex}"


def insert_for_one(tx: Transaction, webhook_id: uuid.UUID, event_id: int) -> uuid.UUID:
    """Insert a test delivery, which no other webhook receives."""
    delivery_id = uuid.uuid4()
    tx.execute(sa.insert(webhook_deliveries).values(id=delivery_id, webhook_id=webhook_id, event_id=event_id))
    return delivery_id


_CLAIM = sa.text(
    """
    with due as (
      select waiting.id from webhooks w cross join lateral (
        select d.id, d.due_at from webhook_deliveries d
        where d.webhook_id = w.id and d.state = 'pending' and d.due_at <= now()
          and (d.lease_until is null or d.lease_until < now())
        order by d.due_at, d.event_id
        limit case when w.failures > 0 then 1 else :each end
        for update of d skip locked
      ) waiting
      where w.disabled_reason is null and (w.paused_until is null or w.paused_until <= now()) and w.id <> all(:busy)
      order by waiting.due_at limit :at_most
    )
    update webhook_deliveries d
    set attempts = attempts + 1, last_attempt_at = now(), lease_until = now() + make_interval(secs => :lease)
    from due, webhooks w, events e
    where d.id = due.id and w.id = d.webhook_id and e.id = d.event_id
    returning d.id, d.webhook_id, w.url, w.secret,
      case when w.previous_secret_until > now() then w.previous_secret end as previous_secret,
      d.attempts, extract(epoch from now() - d.queued_at) as waiting_seconds, e.kind, e.body, e.created_at,
      e.resume_id, (select a.traceparent from analyses a where a.resume_id = e.resume_id order by a.number desc limit 1)
        as traceparent
    """
).bindparams(sa.bindparam("busy", type_=sa.ARRAY(sa.Uuid)), sa.bindparam("lease", type_=sa.Float))


def claim_due(
    tx: Transaction, *, busy: list[uuid.UUID], each: int, at_most: int, lease_seconds: float
) -> list[DueDelivery]:
    """Claim up to `each` per webhook (one if it is failing), except the `busy` ones, longest due first."""
    rows = tx.execute(_CLAIM, {"busy": busy, "each": each, "at_most": at_most, "lease": lease_seconds})
    return [
        DueDelivery(
            row.id,
            row.webhook_id,
            row.url,
            tuple(bytes(secret) for secret in (row.secret, row.previous_secret) if secret is not None),
            row.attempts,
            float(row.waiting_seconds),
            row.kind,
            row.body,
            row.created_at,
            row.resume_id,
            row.traceparent,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Pending deliveries. `oldest_seconds` is the time since the first of them was queued or replayed."""

    wait: Wait
    waiting: int
    oldest_seconds: float


def count_backlog(tx: Transaction) -> list[Backlog]:
    """Count pending deliveries of all tenants by reason, from their index; reasons without any are left out.

    At most the first `COUNTED_OF_ONE` of each webhook are counted, so that a backlog of millions takes no longer.
    """
    deliveries = webhook_deliveries
    first = (
        sa.select(deliveries.c.queued_at, deliveries.c.last_error)
        .where(deliveries.c.webhook_id == webhooks.c.id, deliveries.c.state == "pending")
        .order_by(deliveries.c.due_at)
        .limit(COUNTED_OF_ONE)
        .lateral("first")
    )
    refused = sa.or_(webhooks.c.failures > 0, first.c.last_error.is_not(None))
    wait = sa.case((webhooks.c.disabled_reason.is_not(None), "held"), (refused, "retrying"), else_="due")
    oldest = sa.func.extract("epoch", sa.func.now() - sa.func.min(first.c.queued_at))
    rows = tx.execute(
        sa.select(wait, sa.func.count(), sa.cast(oldest, sa.Float))
        .select_from(webhooks.join(first, sa.true()))
        .group_by(wait)
    )
    return [Backlog(*row) for row in rows]


def settle(
    tx: Transaction,
    delivery_id: uuid.UUID,
    state: State,
    *,
    status: int | None,
    error: str | None,
    latency_ms: int,
    retry_in_seconds: float = 0.0,
) -> None:
    tx.execute(
        sa.update(webhook_deliveries)
        .where(webhook_deliveries.c.id == delivery_id)
        .values(
            state=state,
            lease_until=None,
            last_status=status,
            last_error=error,
            last_latency_ms=latency_ms,
            due_at=_in(retry_in_seconds) if state == "pending" else webhook_deliveries.c.due_at,
            delivered_at=sa.func.now() if state == "delivered" else None,
        )
    )


def make_due(tx: Transaction, webhook_id: uuid.UUID) -> None:
    """Make all pending deliveries of this webhook due now, because its receiver has recovered."""
    tx.execute(
        sa.update(webhook_deliveries)
        .where(
            webhook_deliveries.c.webhook_id == webhook_id,
            webhook_deliveries.c.state == "pending",
            webhook_deliveries.c.due_at > sa.func.now(),
        )
        .values(due_at=sa.func.now())
    )


_columns = [
    webhook_deliveries.c.id,
    webhook_deliveries.c.event_id,
    events.c.kind,
    events.c.resume_id,
    webhook_deliveries.c.state,
    webhook_deliveries.c.attempts,
    events.c.created_at,
    webhook_deliveries.c.due_at,
    webhook_deliveries.c.last_attempt_at,
    webhook_deliveries.c.last_status,
    webhook_deliveries.c.last_error,
    webhook_deliveries.c.last_latency_ms,
    webhook_deliveries.c.delivered_at,
]


def list_deliveries(
    tx: Transaction, webhook_id: uuid.UUID, *, state: State | None, before_event_id: int | None, limit: int
) -> list[Delivery]:
    """Return the deliveries, newest event first."""
    query = sa.select(*_columns).join(events).where(webhook_deliveries.c.webhook_id == webhook_id)
    if state is not None:
        query = query.where(webhook_deliveries.c.state == state)
    if before_event_id is not None:
        query = query.where(webhook_deliveries.c.event_id < before_event_id)
    rows = tx.execute(query.order_by(webhook_deliveries.c.event_id.desc()).limit(limit))
    return [Delivery(*row) for row in rows]


def find_delivery(tx: Transaction, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery | None:
    row = tx.execute(
        sa.select(*_columns)
        .join(events)
        .where(webhook_deliveries.c.webhook_id == webhook_id, webhook_deliveries.c.id == delivery_id)
    ).one_or_none()
    return None if row is None else Delivery(*row)


_AGAIN = {"state": "pending", "due_at": sa.func.now(), "queued_at": sa.func.now(), "delivered_at": None}


def replay_one(tx: Transaction, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> bool:
    return (
        tx.execute(
            sa.update(webhook_deliveries)
            .where(webhook_deliveries.c.webhook_id == webhook_id, webhook_deliveries.c.id == delivery_id)
            .values(**_AGAIN)
        ).rowcount
        > 0
    )


def replay_since(tx: Transaction, webhook_id: uuid.UUID, since: datetime, *, only_undelivered: bool) -> int:
    """Queue every event since then that the webhook subscribes to, even if it never had a delivery; return how many."""
    wanted = (
        sa.select(sa.func.gen_random_uuid(), webhooks.c.id, events.c.id)
        .select_from(webhooks.join(events, events.c.tenant_id == webhooks.c.tenant_id))
        .where(
            webhooks.c.id == webhook_id,
            events.c.created_at >= since,
            events.c.kind == sa.any_(webhooks.c.kinds),
        )
    )
    statement = insert(webhook_deliveries).from_select(["id", "webhook_id", "event_id"], wanted)
    changed = webhook_deliveries.c.state != "delivered" if only_undelivered else None
    queued = statement.on_conflict_do_update(
        index_elements=["webhook_id", "event_id"], set_=_AGAIN, where=changed
    ).returning(webhook_deliveries.c.id)
    return len(tx.execute(queued).all())


def _in(seconds: float) -> sa.ColumnElement[Any]:
    return sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
