"""Hourly sums of what strategies left out of requests; added when a result is stored, read by app.pipeline.costs."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.ledger.cost_rollup import hour_of
from app.storage.tables import hourly_savings

_SUMS = ("analyses", "without_request", "unpriced", "input_tokens", "output_tokens", "saved_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingRow:
    """One analysis. Tokens are estimates; `saved_usd` None: they have no price per token."""

    at: datetime
    strategy: str
    client: str
    no_request: bool
    input_tokens: int
    output_tokens: int
    saved_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class SavingSums:
    """Of `analyses` with a smaller request or none, `without_request` had none. `saved_usd` leaves out `unpriced`."""

    analyses: int
    without_request: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    saved_usd: Decimal


def add_saving(tx: Transaction, tenant_id: uuid.UUID, row: SavingRow) -> None:
    sums: dict[str, object] = {
        "analyses": 1,
        "without_request": int(row.no_request),
        "unpriced": int(row.saved_usd is None),
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "saved_usd": row.saved_usd or Decimal(0),
    }
    statement = insert(hourly_savings).values(
        tenant_id=tenant_id, hour=hour_of(row.at), strategy=row.strategy, client=row.client, **sums
    )
    added = {name: hourly_savings.c[name] + statement.excluded[name] for name in _SUMS}
    tx.execute(statement.on_conflict_do_update(constraint="pk_hourly_savings", set_=added))


def get_savings(tx: Transaction, tenant_id: uuid.UUID | None, start: datetime, end: datetime) -> SavingSums:
    """Return the sums of one tenant, or of all tenants for the operator (None)."""
    columns = hourly_savings.c
    totals = [sa.func.coalesce(sa.func.sum(columns[name]), 0) for name in _SUMS]
    query = sa.select(*totals).where(columns.hour >= start, columns.hour < end)
    if tenant_id is not None:
        query = query.where(columns.tenant_id == tenant_id)
    *counts, usd = tx.execute(query).one()
    return SavingSums(*(int(count) for count in counts), saved_usd=Decimal(usd))
