"""What was spent as the dashboard shows it: by day and client, in all, and row by row. Days are UTC days.

The sums are those of `app.storage.costs`: from the hourly rows, with each own machine's part of its bill. A sum of
money leaves unpriced rows out and says how many they are.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from app.storage.costs import list_ledger as list_ledger_page
from app.storage.engine import Transaction
from app.storage.tables import analyses, hourly_costs

_HOURS = hourly_costs.c
_COST = _HOURS.cost_usd + _HOURS.allocated_usd
_WASTE = _HOURS.waste_usd + _HOURS.allocated_waste_usd
_END = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


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
    day = sa.func.date_trunc("day", _HOURS.hour, "UTC")
    rows = tx.execute(
        sa.select(day, _HOURS.client, _count(_HOURS.attempts), _sum(_COST))
        .where(*_hours_of(tenant_id, since))
        .group_by(day, _HOURS.client)
        .order_by(day, _HOURS.client)
    )
    return [DaySpending(*row) for row in rows]


def list_clients(tx: Transaction, tenant_id: uuid.UUID, since: datetime) -> list[ClientSpending]:
    """The dearest first."""
    attempts, cost = _count(_HOURS.attempts), _sum(_COST)
    rows = tx.execute(
        sa.select(
            _HOURS.client,
            sa.func.nullif(sa.func.max(_HOURS.model), ""),
            sa.func.max(_HOURS.location),
            attempts,
            _count(_HOURS.failed),
            # What a machine bears of a running hour is known from its first provisional sum on.
            _count(_HOURS.unpriced),
            _count(_HOURS.input_tokens),
            _count(_HOURS.output_tokens),
            cost,
            _sum(_WASTE),
            sa.cast(sa.func.sum(_HOURS.latency_ms), sa.Float) / sa.func.nullif(attempts, 0),
        )
        .where(*_hours_of(tenant_id, since))
        .group_by(_HOURS.client)
        .order_by(cost.desc(), _HOURS.client)
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
    items, _ = list_ledger_page(
        tx, tenant_id, since, until or _END, client=client, failed_only=failed_only, limit=limit
    )
    shown = [name for name in LedgerRow.__dataclass_fields__ if name not in {"id", "resume_id"}]
    return [LedgerRow(item.id, item.resume_id, *(getattr(item.row, name) for name in shown)) for item in items]


def _hours_of(tenant_id: uuid.UUID, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (_HOURS.tenant_id == tenant_id, _HOURS.hour >= since)


def _count(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def _sum(amount: sa.ColumnElement[Decimal]) -> sa.ColumnElement[Decimal]:
    return sa.func.coalesce(sa.func.sum(amount), 0)
