"""Named queries for the dashboard's costs page that group by two columns: day and client, client and model.

Like `costs`, they read `hourly_costs`, so their run time does not grow with history. Days are UTC days.
Amounts are per-token costs plus allocated shares of machine bills; unpriced attempts are counted separately.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import hourly_costs


@dataclass(frozen=True, slots=True)
class DaySpending:
    day: datetime
    client: str
    attempts: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class ClientSpending:
    """`wasted_usd` was spent on attempts without a usable result; `answered` includes results reused at no cost."""

    client: str
    model: str
    location: str
    attempts: int
    answered: int
    failed: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    wasted_usd: Decimal
    mean_latency_ms: float | None  # calls outside batches; None without any


def list_days(tx: Transaction, tenant_id: uuid.UUID, start: datetime, end: datetime) -> list[DaySpending]:
    day = sa.func.date_trunc("day", hourly_costs.c.hour, "UTC")
    rows = tx.execute(
        sa.select(day, hourly_costs.c.client, _count("attempts"), _spent())
        .where(*_hours_of(tenant_id, start, end))
        .group_by(day, hourly_costs.c.client)
        .order_by(day, hourly_costs.c.client)
    )
    return [DaySpending(*row) for row in rows]


def list_clients(tx: Transaction, tenant_id: uuid.UUID, start: datetime, end: datetime) -> list[ClientSpending]:
    """Return the clients, most expensive first."""
    columns = hourly_costs.c
    spent = _spent()
    timed = columns.service_tier != "batch"
    calls = sa.func.sum(columns.attempts - columns.reused).filter(timed)
    rows = tx.execute(
        sa.select(
            columns.client,
            sa.func.coalesce(sa.func.string_agg(sa.distinct(columns.model), ", ").filter(columns.model != ""), ""),
            sa.func.max(columns.location),
            *map(_count, ("attempts", "answered", "failed", "unpriced", "input_tokens", "output_tokens")),
            spent,
            sa.func.sum(columns.waste_usd + columns.allocated_waste_usd),
            sa.cast(sa.func.sum(columns.latency_ms).filter(timed) / sa.func.nullif(calls, 0), sa.Float),
        )
        .where(*_hours_of(tenant_id, start, end))
        .group_by(columns.client)
        .order_by(spent.desc(), columns.client)
    )
    return [ClientSpending(*row) for row in rows]


def _hours_of(tenant_id: uuid.UUID, start: datetime, end: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    hours = hourly_costs.c
    return (hours.tenant_id == tenant_id, hours.hour >= start, hours.hour < end)


def _count(name: str) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(hourly_costs.c[name]), sa.BigInteger)


def _spent() -> sa.ColumnElement[Decimal]:
    return sa.func.sum(hourly_costs.c.cost_usd + hourly_costs.c.allocated_usd)
