"""Named queries on prices that people entered. Rows are inserted and ended; nothing else changes, none is deleted."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import entered_prices


@dataclass(frozen=True, slots=True)
class PriceRow:
    """USD per 10^6 tokens, in force from `starts_at` until `ends_at` (exclusive)."""

    id: uuid.UUID
    provider: str
    model: str
    service_tier: str
    input_usd_per_million: Decimal
    cached_input_usd_per_million: Decimal | None
    cache_write_usd_per_million: Decimal | None
    output_usd_per_million: Decimal
    starts_at: datetime
    ends_at: datetime | None
    note: str
    entered_by: str
    ended_by: str | None = None


def list_prices(tx: Transaction) -> Sequence[PriceRow]:
    """Return all prices in the order of entry, ended ones included; people enter them by hand, so there are few."""
    rows = tx.execute(sa.select(*_columns()).order_by(entered_prices.c.number))
    return [PriceRow(*row) for row in rows]


def insert_price(tx: Transaction, row: PriceRow) -> None:
    tx.execute(sa.insert(entered_prices).values(**asdict(row)))


def end_price(tx: Transaction, price_id: uuid.UUID, at: datetime, ended_by: str) -> PriceRow | None:
    """End a price at `at`; if that is not after its start, it never applies. Returns None if there is no such price."""
    columns = entered_prices.c
    row = tx.execute(
        sa.update(entered_prices)
        .where(columns.id == price_id)
        .values(ends_at=sa.func.greatest(columns.starts_at, at), ended_by=ended_by)
        .returning(*_columns())
    ).one_or_none()
    return None if row is None else PriceRow(*row)


def _columns() -> list[sa.ColumnElement[Any]]:
    return [entered_prices.c[name] for name in PriceRow.__dataclass_fields__]
