"""Named queries on batches: which analyses a file of requests asks for, how far it is, and what became of each line.

A worker takes a batch by a lease, as it takes an analysis. Every step writes its state before or together with what it
does, so that whoever comes after a crash knows what may have happened.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import analyses, batch_items, batches, documents, resumes

BatchState = Literal["preparing", "submitted", "running", "collecting", "collected", "failed"]
ItemState = Literal["waiting", "sent", "answered", "failed", "returned"]
Runner = Literal["batch_api", "run_batch"]
FINAL_STATES: tuple[BatchState, ...] = ("collected", "failed")


@dataclass(frozen=True, slots=True)
class BatchRow:
    id: uuid.UUID
    client: str
    model: str | None
    runner: Runner
    state: BatchState
    requests: int
    input_file_id: str | None
    provider_batch_id: str | None
    provider_state: str | None
    cancel_requested: bool
    error: str | None
    created_at: datetime
    submitted_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchLease:
    """Ours until it ends; every change names the token."""

    row: BatchRow
    token: uuid.UUID
    age_seconds: float


@dataclass(frozen=True, slots=True)
class BatchItem:
    """`analysis_id` is None when the resume was erased."""

    id: uuid.UUID
    tenant_id: uuid.UUID
    analysis_id: uuid.UUID | None
    document_id: uuid.UUID | None
    privacy: str | None
    fresh: bool | None
    reservation_id: uuid.UUID | None
    state: ItemState


def count_waiting(tx: Transaction, *, local: bool) -> tuple[int, float]:
    """Analyses that a batch could take now, and how many seconds ago the oldest was uploaded."""
    age = sa.func.extract("epoch", sa.func.now() - sa.func.min(analyses.c.created_at))
    row = tx.execute(
        sa.select(sa.func.count(), sa.func.coalesce(age, 0)).select_from(analyses).where(*_waiting(local=local))
    ).one()
    return row[0], float(row[1])


def create(
    tx: Transaction, *, client: str, model: str | None, runner: Runner, local: bool, limit: int
) -> uuid.UUID | None:
    """A batch of the oldest waiting analyses, one of each document; None when nothing waits.

    `local`: the client may see resumes that must not leave the premises.
    """
    elsewhere = analyses.alias()
    rows = tx.execute(
        sa.select(analyses.c.id, analyses.c.tenant_id, analyses.c.document_id)
        .where(
            *_waiting(local=local),
            ~sa.exists().where(elsewhere.c.document_id == analyses.c.document_id, elsewhere.c.batch_id.is_not(None)),
        )
        .order_by(analyses.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # Of several uploads of one file the first is asked for; its answer serves them all.
    chosen = {row.document_id: row for row in reversed(list(rows))}
    if not chosen:
        return None
    batch_id = uuid.uuid4()
    tx.execute(sa.insert(batches).values(id=batch_id, client=client, model=model, runner=runner))
    taken = list(chosen.values())
    tx.execute(
        sa.insert(batch_items),
        [
            {"id": uuid.uuid4(), "batch_id": batch_id, "tenant_id": row.tenant_id, "analysis_id": row.id}
            for row in taken
        ],
    )
    tx.execute(sa.update(analyses).where(analyses.c.id.in_([row.id for row in taken])).values(batch_id=batch_id))
    return batch_id


def _waiting(*, local: bool) -> list[sa.ColumnElement[bool]]:
    columns = analyses.c
    return [
        columns.status == "analysing",
        columns.priority == "batch",
        columns.batch_id.is_(None),
        sa.or_(columns.lease_until.is_(None), columns.lease_until < sa.func.now()),
        # Fails closed: whatever is not plainly allowed stays here.
        columns.privacy == "any" if not local else sa.true(),
    ]


def take(tx: Transaction, batch_id: uuid.UUID, lease_seconds: float) -> BatchLease | None:
    """None when it has ended, or somebody else is at it."""
    token = uuid.uuid4()
    row = tx.execute(
        sa.update(batches)
        .where(
            batches.c.id == batch_id,
            batches.c.ended_at.is_(None),
            sa.or_(batches.c.lease_until.is_(None), batches.c.lease_until < sa.func.now()),
        )
        .values(lease_token=token, lease_until=_in(lease_seconds))
        .returning(*_columns(), sa.func.extract("epoch", sa.func.now() - batches.c.created_at))
    ).one_or_none()
    return None if row is None else BatchLease(BatchRow(*tuple(row)[:-1]), token, float(row[-1]))


def change(tx: Transaction, lease: BatchLease, **values: Any) -> BatchLease:
    """Write values of the row and return the lease with them. Raises `LookupError` when it is no longer ours."""
    row = tx.execute(
        sa.update(batches)
        .where(batches.c.id == lease.row.id, batches.c.lease_token == lease.token)
        .values(**values)
        .returning(*_columns())
    ).one_or_none()
    if row is None:
        raise LookupError("the lease of a batch was lost")
    return BatchLease(BatchRow(*tuple(row)), lease.token, lease.age_seconds)


def renew(tx: Transaction, lease: BatchLease, lease_seconds: float) -> None:
    change(tx, lease, lease_until=_in(lease_seconds))


def release(tx: Transaction, lease: BatchLease, *, due_in_seconds: float) -> None:
    tx.execute(
        sa.update(batches)
        .where(batches.c.id == lease.row.id, batches.c.lease_token == lease.token)
        .values(lease_token=None, lease_until=None, due_at=_in(due_in_seconds))
    )


def end(tx: Transaction, lease: BatchLease, state: BatchState, error: str | None = None) -> None:
    change(tx, lease, state=state, error=error, ended_at=sa.func.now(), lease_token=None, lease_until=None)


def abandon(tx: Transaction, batch_id: uuid.UUID, error: str) -> None:
    """End a batch that nobody can bring to its end; its analyses go the usual way. What it cost stays unknown."""
    tx.execute(
        sa.update(analyses)
        .where(analyses.c.batch_id == batch_id)
        .values(batch_id=None, due_at=sa.func.now(), published_at=None)
    )
    tx.execute(
        sa.update(batch_items)
        .where(batch_items.c.batch_id == batch_id, batch_items.c.state.in_(("waiting", "sent")))
        .values(state="returned", error=error, reservation_id=None)
    )
    tx.execute(
        sa.update(batches)
        .where(batches.c.id == batch_id, batches.c.ended_at.is_(None))
        .values(state="failed", error=error, ended_at=sa.func.now(), lease_token=None, lease_until=None)
    )


def take_due(tx: Transaction, *, again_in_seconds: float) -> list[uuid.UUID]:
    """Batches under way that are to be looked at; due again a little later, should the message be lost."""
    due = (
        sa.select(batches.c.id)
        .where(
            batches.c.ended_at.is_(None),
            batches.c.due_at <= sa.func.now(),
            sa.or_(batches.c.lease_until.is_(None), batches.c.lease_until < sa.func.now()),
        )
        .with_for_update(skip_locked=True)
    )
    rows = tx.execute(
        sa.update(batches).where(batches.c.id.in_(due)).values(due_at=_in(again_in_seconds)).returning(batches.c.id)
    )
    return list(rows.scalars())


def hurry(tx: Transaction, batch_id: uuid.UUID, *, cancel: bool = False) -> BatchRow | None:
    """Have it looked at now; None when there is no such batch."""
    values: dict[str, Any] = {"due_at": sa.func.now(), **({"cancel_requested": True} if cancel else {})}
    row = tx.execute(
        sa.update(batches).where(batches.c.id == batch_id).values(**values).returning(*_columns())
    ).one_or_none()
    return None if row is None else BatchRow(*row)


def list_batches(tx: Transaction, limit: int) -> list[BatchRow]:
    """The newest first."""
    rows = tx.execute(sa.select(*_columns()).order_by(batches.c.created_at.desc(), batches.c.id).limit(limit))
    return [BatchRow(*row) for row in rows]


def find_batch(tx: Transaction, batch_id: uuid.UUID) -> BatchRow | None:
    row = tx.execute(sa.select(*_columns()).where(batches.c.id == batch_id)).one_or_none()
    return None if row is None else BatchRow(*row)


def count_items(tx: Transaction, batch_ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[ItemState, int]]:
    counts: dict[uuid.UUID, dict[ItemState, int]] = {batch_id: {} for batch_id in batch_ids}
    rows = tx.execute(
        sa.select(batch_items.c.batch_id, batch_items.c.state, sa.func.count())
        .where(batch_items.c.batch_id.in_(batch_ids))
        .group_by(batch_items.c.batch_id, batch_items.c.state)
    )
    for batch_id, state, count in rows:
        counts[batch_id][state] = count
    return counts


def list_items(tx: Transaction, batch_id: uuid.UUID, states: tuple[ItemState, ...]) -> list[BatchItem]:
    """In a lasting order, so that a file written twice has the same lines."""
    rows = tx.execute(
        sa.select(
            batch_items.c.id,
            batch_items.c.tenant_id,
            batch_items.c.analysis_id,
            analyses.c.document_id,
            analyses.c.privacy,
            analyses.c.fresh,
            batch_items.c.reservation_id,
            batch_items.c.state,
        )
        .select_from(batch_items.outerjoin(analyses, analyses.c.id == batch_items.c.analysis_id))
        .where(batch_items.c.batch_id == batch_id, batch_items.c.state.in_(states))
        .order_by(batch_items.c.id)
    )
    return [BatchItem(*row) for row in rows]


def mark_sent(tx: Transaction, item: BatchItem, reservation_id: uuid.UUID | None) -> None:
    tx.execute(
        sa.update(batch_items)
        .where(batch_items.c.id == item.id, batch_items.c.state == "waiting")
        .values(state="sent", reservation_id=reservation_id)
    )


def settle_item(tx: Transaction, item: BatchItem, state: ItemState, error: str | None = None) -> bool:
    """The line's end, once: False when it was settled before."""
    result = tx.execute(
        sa.update(batch_items)
        .where(batch_items.c.id == item.id, batch_items.c.state.in_(("waiting", "sent")))
        .values(state=state, error=error, reservation_id=None)
    )
    return result.rowcount == 1


def return_analysis(tx: Transaction, batch_id: uuid.UUID, item: BatchItem) -> None:
    """Back to the usual way, now: the scheduler publishes it."""
    tx.execute(
        sa.update(analyses)
        .where(analyses.c.id == item.analysis_id, analyses.c.batch_id == batch_id)
        .values(batch_id=None, due_at=sa.func.now(), published_at=None)
    )


def leave_out(tx: Transaction, batch_id: uuid.UUID, item: BatchItem) -> None:
    """Out of this file because it is full: it waits on for the next one."""
    tx.execute(
        sa.update(analyses)
        .where(analyses.c.id == item.analysis_id, analyses.c.batch_id == batch_id)
        .values(batch_id=None)
    )
    tx.execute(sa.delete(batch_items).where(batch_items.c.id == item.id, batch_items.c.state == "waiting"))


def list_waiting_twins(tx: Transaction, document_id: uuid.UUID, *, privacy: str) -> list[uuid.UUID]:
    """Other waiting uploads of the same file to the batch lane, which an answer serves as well."""
    rows = tx.execute(
        sa.select(analyses.c.id).where(
            *_waiting(local=True),
            analyses.c.document_id == document_id,
            analyses.c.privacy == privacy,
            analyses.c.fresh.is_(False),
        )
    )
    return list(rows.scalars())


def lock_resume(tx: Transaction, analysis_id: uuid.UUID) -> bool:
    """The resume's row before its analysis', in the order that an erasure takes them. False when it was erased."""
    query = (
        sa.select(resumes.c.id)
        .join(analyses, analyses.c.resume_id == resumes.c.id)
        .where(analyses.c.id == analysis_id)
        .with_for_update(of=resumes)
    )
    return tx.execute(query).first() is not None


def find_resume_id(tx: Transaction, analysis_id: uuid.UUID) -> uuid.UUID | None:
    return tx.execute(sa.select(analyses.c.resume_id).where(analyses.c.id == analysis_id)).scalar_one_or_none()


def get_content(tx: Transaction, document_id: uuid.UUID) -> bytes | None:
    return tx.execute(sa.select(documents.c.content).where(documents.c.id == document_id)).scalar_one_or_none()


def _columns() -> list[sa.ColumnElement[Any]]:
    return [batches.c[name] for name in BatchRow.__dataclass_fields__]


def _in(seconds: float) -> sa.ColumnElement[Any]:
    return sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.cast(seconds, sa.Float))
