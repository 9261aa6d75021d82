"""Named queries on batches: the analyses in a request file, its progress, and the outcome of each line.

Called by app.pipeline. A worker takes a batch by lease, as it does an analysis. Every step records its state before or
together with its effect, so that after a crash the next worker knows what may have happened.
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
    """A batch lease, valid until it expires; every change must present the token."""

    row: BatchRow
    token: uuid.UUID
    age_seconds: float


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One line of a batch; `analysis_id` is None if the resume was erased."""

    id: uuid.UUID
    tenant_id: uuid.UUID
    analysis_id: uuid.UUID | None
    document_id: uuid.UUID | None
    privacy: str | None
    fresh: bool | None
    reservation_id: uuid.UUID | None
    state: ItemState


def count_waiting(tx: Transaction, *, local: bool) -> tuple[int, float]:
    """Return the number of analyses that a batch could take now, and the age of the oldest upload in seconds."""
    age = sa.func.extract("epoch", sa.func.now() - sa.func.min(analyses.c.created_at))
    row = tx.execute(
        sa.select(sa.func.count(), sa.func.coalesce(age, 0)).select_from(analyses).where(*_waiting(local=local))
    ).one()
    return row[0], float(row[1])


def create(
    tx: Transaction, *, client: str, model: str | None, runner: Runner, local: bool, limit: int
) -> uuid.UUID | None:
    """Create a batch of the oldest waiting analyses, one per document; returns None if nothing is waiting.

    `local`: the client may process resumes that must not leave your own infrastructure.
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
    # Duplicate uploads need only one request: the first upload's. Its response serves them all.
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
        # Fail closed: only analyses that explicitly allow hosted clients are sent to one.
        columns.privacy == "any" if not local else sa.true(),
    ]


def take(tx: Transaction, batch_id: uuid.UUID, lease_seconds: float) -> BatchLease | None:
    """Lease the batch; returns None if it has ended or another worker holds it."""
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
    """Update the row and return the lease with the new values. Raises `LookupError` if the lease was lost."""
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
    """End a batch that cannot be completed. Its analyses are processed as usual; its cost remains unknown."""
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
    """Return the open batches to check now. They become due again shortly after, in case the message is lost."""
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
    """Make the batch due now; returns None if there is no such batch."""
    values: dict[str, Any] = {"due_at": sa.func.now(), **({"cancel_requested": True} if cancel else {})}
    row = tx.execute(
        sa.update(batches).where(batches.c.id == batch_id).values(**values).returning(*_columns())
    ).one_or_none()
    return None if row is None else BatchRow(*row)


def list_batches(tx: Transaction, limit: int) -> list[BatchRow]:
    """Return the batches, newest first."""
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
    """Return the items in a stable order, so that a file written twice has the same lines."""
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
    """Settle one line, exactly once; returns False if it was already settled."""
    result = tx.execute(
        sa.update(batch_items)
        .where(batch_items.c.id == item.id, batch_items.c.state.in_(("waiting", "sent")))
        .values(state=state, error=error, reservation_id=None)
    )
    return result.rowcount == 1


def return_analysis(tx: Transaction, batch_id: uuid.UUID, item: BatchItem) -> None:
    """Return the analysis to normal processing, due now; the scheduler publishes it."""
    tx.execute(
        sa.update(analyses)
        .where(analyses.c.id == item.analysis_id, analyses.c.batch_id == batch_id)
        .values(batch_id=None, due_at=sa.func.now(), published_at=None)
    )


def leave_out(tx: Transaction, batch_id: uuid.UUID, item: BatchItem) -> None:
    """Leave this analysis out because the file is full; it keeps waiting for the next one."""
    tx.execute(
        sa.update(analyses)
        .where(analyses.c.id == item.analysis_id, analyses.c.batch_id == batch_id)
        .values(batch_id=None)
    )
    tx.execute(sa.delete(batch_items).where(batch_items.c.id == item.id, batch_items.c.state == "waiting"))


def list_waiting_duplicates(tx: Transaction, document_id: uuid.UUID, *, privacy: str) -> list[uuid.UUID]:
    """Return other waiting batch-lane uploads of the same file, which the same response can serve."""
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
    """Lock the resume's row before its analysis', in the same order as an erasure. Returns False if it was erased."""
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
