"""Named queries on the ledger: one row per attempt to call a model. Rows are inserted, never updated."""

import uuid
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.ledger.attempt_row import ANSWERED, AttemptRow
from app.storage.ledger.cost_rollup import add_to_rollup
from app.storage.tables import attempt_allocations, model_attempts, model_calls


def insert_attempt(
    tx: Transaction,
    row: AttemptRow,
    *,
    tenant_id: uuid.UUID,
    resume_id: uuid.UUID | None,
    analysis_id: uuid.UUID | None,
    call_id: uuid.UUID | None = None,
) -> bool:
    """Write the row. If the resume has been erased in the meantime, the amounts are kept without a link to the person.

    `call_id` is the call in progress that this row settles. Returns False if that call already has its row; nothing is
    written then.
    """
    values = {"id": call_id or uuid.uuid4(), "tenant_id": tenant_id, **asdict(row)}
    links = sa.text("select 1 from analyses where id = :analysis_id for key share")
    alive = analysis_id is not None and tx.execute(links, {"analysis_id": analysis_id}).first() is not None
    statement = insert(model_attempts).values(
        **values,
        resume_id=resume_id if alive else None,
        analysis_id=analysis_id if alive else None,
    )
    if call_id is not None:
        settled = sa.delete(model_calls).where(model_calls.c.id == call_id).cte("settled")
        statement = statement.on_conflict_do_nothing(index_elements=[model_attempts.c.id]).add_cte(settled)
    if tx.execute(statement.returning(model_attempts.c.id)).first() is None:
        return False
    add_to_rollup(tx, tenant_id, row)
    return True


def count_attempts(tx: Transaction, analysis_id: uuid.UUID) -> int:
    return tx.execute(
        sa.select(sa.func.count()).select_from(model_attempts).where(model_attempts.c.analysis_id == analysis_id)
    ).scalar_one()


@dataclass(frozen=True, slots=True)
class ClientTraffic:
    """Number of calls to a client in a period, and how many of them succeeded."""

    attempts: int
    answers: int


def count_by_client(tx: Transaction, tenant_id: uuid.UUID, *, seconds: float) -> dict[str, ClientTraffic]:
    """Count the calls that were actually made; reused results are not counted."""
    since = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    rows = tx.execute(
        sa.select(
            model_attempts.c.client,
            sa.func.count(),
            sa.func.count().filter(model_attempts.c.outcome.in_(ANSWERED)),
        )
        .where(
            model_attempts.c.tenant_id == tenant_id,
            model_attempts.c.started_at > since,
            model_attempts.c.outcome != "reused",
        )
        .group_by(model_attempts.c.client)
    )
    return {row[0]: ClientTraffic(row[1], row[2]) for row in rows}


@dataclass(frozen=True, slots=True)
class Pace:
    """Median milliseconds per output token of a client's successful calls, recent and earlier; None without any."""

    recent_answers: int
    recent_ms_per_token: float | None
    earlier_answers: int
    earlier_ms_per_token: float | None


def read_pace(tx: Transaction, client: str, *, recent_seconds: float, earlier_seconds: float) -> Pace:
    """Read the pace of a self-hosted server across all tenants. The earlier period ends where the recent one begins."""

    def ago(seconds: float) -> sa.ColumnElement[Any]:
        return sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)

    recent = model_attempts.c.started_at > ago(recent_seconds)
    # The length of responses varies from day to day; the time per token does not.
    pace = model_attempts.c.latency_ms * sa.literal(1.0) / model_attempts.c.output_tokens
    median = sa.func.percentile_cont(0.5).within_group(pace)
    row = tx.execute(
        sa.select(
            sa.func.count().filter(recent),
            median.filter(recent),
            sa.func.count().filter(sa.not_(recent)),
            median.filter(sa.not_(recent)),
        ).where(
            model_attempts.c.client == client,
            model_attempts.c.billing == "self_hosted",
            model_attempts.c.outcome == "ok",
            model_attempts.c.output_tokens > 0,
            model_attempts.c.latency_ms.is_not(None),
            model_attempts.c.started_at > ago(recent_seconds + earlier_seconds),
        )
    ).one()
    return Pace(row[0], row[1], row[2], row[3])


def clients_that_answered(tx: Transaction, *, seconds: float) -> set[str]:
    """Return the clients with at least one successful call in this period, across all tenants."""
    since = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    rows = tx.execute(
        sa.select(model_attempts.c.client)
        .where(model_attempts.c.started_at > since, model_attempts.c.outcome.in_(ANSWERED))
        .distinct()
    )
    return {row.client for row in rows}


def list_attempts(tx: Transaction, resume_id: uuid.UUID) -> list[AttemptRow]:
    """Return all attempts for a resume, across all its analyses, in the order they started.

    An attempt on a self-hosted server shows its share of the bill as `self_hosted_allocated` once its hour is closed.
    """
    rows = tx.execute(
        sa.select(*shown_columns())
        .select_from(model_attempts.outerjoin(attempt_allocations))
        .where(model_attempts.c.resume_id == resume_id)
        .order_by(model_attempts.c.started_at, model_attempts.c.number)
    )
    return [AttemptRow(*row) for row in rows]


def shown_columns() -> list[sa.ColumnElement[Any]]:
    """Return the fields of `AttemptRow`, with pending amounts replaced by allocated ones."""
    allocated = attempt_allocations.c.allocated_usd
    shown: dict[str, sa.ColumnElement[Any]] = {
        "cost_usd": sa.func.coalesce(model_attempts.c.cost_usd, allocated),
        "cost_basis": sa.case((allocated.is_not(None), "self_hosted_allocated"), else_=model_attempts.c.cost_basis),
    }
    return [shown.get(name, model_attempts.c[name]).label(name) for name in AttemptRow.__dataclass_fields__]
