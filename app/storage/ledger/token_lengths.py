"""Named queries on how long prompts and answers were, and how many came at once: what a server is sized by."""

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
    """Tokens of answered calls. `percentiles` has the 1st to the 100th of the input; the rest are averages."""

    calls: int
    percentiles: list[int]
    input_tokens: Decimal
    output_tokens: Decimal
    longest_output_tokens: int


# The newest so many calls: enough for a 99th percentile, and as fast with any history.
_LENGTHS_OF_CALLS = 50_000


def find_lengths(
    tx: Transaction, tenant_id: uuid.UUID, start: datetime, end: datetime, function: str
) -> MeasuredLengths | None:
    """None when no call of the function was answered with counted tokens."""
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
    """Calls in the busiest hour; answers taken over from earlier ones are none."""
    columns = hourly_costs.c
    hours = (
        sa.select(sa.func.sum(columns.attempts - columns.reused).label("calls"))
        .where(columns.tenant_id == tenant_id, columns.hour >= start, columns.hour < end)
        .group_by(columns.hour)
        .subquery()
    )
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.max(hours.c.calls), 0))).scalar_one())
