"""Named queries on the length of prompts and responses and on peak load, used to size a server."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from app.storage.engine import Transaction
from app.storage.tables import hourly_costs, model_attempts


@dataclass(frozen=True, slots=True)
class MeasuredLengths:
    """Tokens of successful calls. `percentiles` are the 1st to the 100th of the input; the others are averages."""

    calls: int
    percentiles: list[int]
    input_tokens: Decimal
    output_tokens: Decimal
    longest_output_tokens: int


# The newest calls only: enough for a 99th percentile, and equally fast however long the history.
_LENGTHS_OF_CALLS = 50_000


def find_lengths(
    tx: Transaction, tenant_id: uuid.UUID, start: datetime, end: datetime, function: str
) -> MeasuredLengths | None:
    """Return None if no successful call of the function has counted tokens."""
    columns = model_attempts.c
    calls = (
        sa.select(columns.input_tokens, columns.output_tokens)
        .where(columns.tenant_id == tenant_id, columns.started_at >= start, columns.started_at < end)
        .where(columns.function == function, columns.outcome == "ok", columns.tokens_estimated.is_(False))
        .order_by(columns.started_at.desc())
        .limit(_LENGTHS_OF_CALLS)
        .subquery()
    )
    shares = sa.cast([number / 100 for number in range(1, 101)], ARRAY(sa.Float))
    row = tx.execute(
        sa.select(
            sa.func.count(),
            sa.func.percentile_disc(shares).within_group(calls.c.input_tokens),
            sa.func.avg(calls.c.input_tokens),
            sa.func.avg(calls.c.output_tokens),
            sa.func.max(calls.c.output_tokens),
        )
    ).one()
    return None if row[0] == 0 else MeasuredLengths(*row)


def find_busiest_hour(tx: Transaction, tenant_id: uuid.UUID, start: datetime, end: datetime) -> int:
    """Return the number of calls in the busiest hour; reused results do not count."""
    columns = hourly_costs.c
    hours = (
        sa.select(sa.func.sum(columns.attempts - columns.reused).label("calls"))
        .where(columns.tenant_id == tenant_id, columns.hour >= start, columns.hour < end)
        .group_by(columns.hour)
        .subquery()
    )
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.max(hours.c.calls), 0))).scalar_one())
