"""Named queries on the ledger for the dashboard's costs page: by day and client, in all, and row by row.

Days are UTC days. A sum of money leaves unpriced rows out and says how many they are.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import analyses, model_attempts

_ANSWERED = ("ok", "reused")


@dataclass(frozen=True, slots=True)
class DaySpending:
    day: datetime
    client: str
    attempts: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class ClientSpending:
    """`wasted_usd` was paid for attempts that gave no usable answer."""

    client: str
    model: str | None
    location: str
    attempts: int
    failed: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    wasted_usd: Decimal
    mean_latency_ms: float


@dataclass(frozen=True, slots=True)
class LedgerRow:
    id: uuid.UUID
    resume_id: uuid.UUID | None
    started_at: datetime
    client: str
    function: str
    model: str | None
    outcome: str
    error: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    tokens_estimated: bool
    latency_ms: int
    cost_usd: Decimal | None
    cost_basis: str


def list_days(tx: Transaction, tenant_id: uuid.UUID, since: datetime) -> list[DaySpending]:
    day = sa.func.date_trunc("day", model_attempts.c.started_at, "UTC")
    rows = tx.execute(
        sa.select(day, model_attempts.c.client, sa.func.count(), _sum(model_attempts.c.cost_usd))
        .where(*_rows_of(tenant_id, since))
        .group_by(day, model_attempts.c.client)
        .order_by(day, model_attempts.c.client)
    )
    return [DaySpending(*row) for row in rows]


def list_clients(tx: Transaction, tenant_id: uuid.UUID, since: datetime) -> list[ClientSpending]:
    """The dearest first."""
    ledger = model_attempts.c
    failed = ledger.outcome.not_in(_ANSWERED)
    cost = _sum(ledger.cost_usd)
    rows = tx.execute(
        sa.select(
            ledger.client,
            sa.func.max(ledger.model),
            sa.func.max(ledger.location),
            sa.func.count(),
            sa.func.count().filter(failed),
            sa.func.count().filter(ledger.cost_usd.is_(None)),
            sa.func.coalesce(sa.func.sum(ledger.input_tokens), 0),
            sa.func.coalesce(sa.func.sum(ledger.output_tokens), 0),
            cost,
            sa.func.coalesce(sa.func.sum(ledger.cost_usd).filter(failed), 0),
            sa.func.avg(ledger.latency_ms),
        )
        .where(*_rows_of(tenant_id, since))
        .group_by(ledger.client)
        .order_by(cost.desc(), ledger.client)
    )
    return [ClientSpending(*row) for row in rows]


def count_results(tx: Transaction, tenant_id: uuid.UUID, since: datetime) -> int:
    """Analyses that ended with a profile."""
    return tx.execute(
        sa.select(sa.func.count())
        .select_from(analyses)
        .where(analyses.c.tenant_id == tenant_id, analyses.c.status == "done", analyses.c.finished_at >= since)
    ).scalar_one()


def list_ledger(
    tx: Transaction,
    tenant_id: uuid.UUID,
    *,
    since: datetime,
    until: datetime | None = None,
    client: str | None = None,
    failed_only: bool = False,
    limit: int,
) -> list[LedgerRow]:
    """The newest first."""
    conditions = [*_rows_of(tenant_id, since)]
    if until is not None:
        conditions.append(model_attempts.c.started_at < until)
    if client is not None:
        conditions.append(model_attempts.c.client == client)
    if failed_only:
        conditions.append(model_attempts.c.outcome.not_in(_ANSWERED))
    columns = [model_attempts.c[name] for name in LedgerRow.__dataclass_fields__]
    rows = tx.execute(
        sa.select(*columns)
        .where(*conditions)
        .order_by(model_attempts.c.started_at.desc(), model_attempts.c.id.desc())
        .limit(limit)
    )
    return [LedgerRow(*row) for row in rows]


def _rows_of(tenant_id: uuid.UUID, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (model_attempts.c.tenant_id == tenant_id, model_attempts.c.started_at >= since)


def _sum(amount: sa.ColumnElement[Decimal]) -> sa.ColumnElement[Decimal]:
    return sa.func.coalesce(sa.func.sum(amount), 0)
