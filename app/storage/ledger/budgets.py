"""Named queries on budgets: money is reserved before a paid call and released when its ledger row is written.

The tenant's row is locked while spending and reservations are added up, so that two workers cannot spend the last
dollar twice. Days and months are in UTC.
"""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import budget_reservations, model_attempts, tenants

Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class OverBudget:
    """The limit that the call would exceed."""

    period: Period
    limit_usd: Decimal


def reserve(
    tx: Transaction,
    reservation_id: uuid.UUID,
    tenant_id: uuid.UUID,
    usd: Decimal,
    limits: dict[Period, Decimal],
    *,
    expires_in_seconds: float,
) -> OverBudget | None:
    """Reserve `usd`. A reservation left behind by a dead worker expires after `expires_in_seconds`."""
    # Weaker than FOR UPDATE: rows that only reference the tenant can still be written in the meantime.
    tx.execute(sa.select(tenants.c.id).where(tenants.c.id == tenant_id).with_for_update(key_share=True))
    mine = budget_reservations.c.tenant_id == tenant_id
    tx.execute(sa.delete(budget_reservations).where(mine, budget_reservations.c.expires_at < sa.func.now()))
    reserved: Decimal = tx.execute(
        sa.select(sa.func.coalesce(sa.func.sum(budget_reservations.c.usd), 0)).where(mine)
    ).scalar_one()
    for period, limit_usd in limits.items():
        if spent(tx, tenant_id, period) + reserved + usd > limit_usd:
            return OverBudget(period, limit_usd)
    tx.execute(
        sa.insert(budget_reservations).values(
            id=reservation_id,
            tenant_id=tenant_id,
            usd=usd,
            expires_at=sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, expires_in_seconds),
        )
    )
    return None


def settle(tx: Transaction, reservation_id: uuid.UUID) -> None:
    """Release the reservation, in the transaction that writes the ledger row, so that the money counts exactly once."""
    tx.execute(sa.delete(budget_reservations).where(budget_reservations.c.id == reservation_id))


def spent(tx: Transaction, tenant_id: uuid.UUID, period: Period) -> Decimal:
    """Return the amount in the ledger for the current day or month."""
    begin = sa.func.date_trunc(period, sa.func.timezone("UTC", sa.func.now()))
    return tx.execute(
        sa.select(sa.func.coalesce(sa.func.sum(model_attempts.c.cost_usd), 0)).where(
            model_attempts.c.tenant_id == tenant_id, model_attempts.c.started_at >= sa.func.timezone("UTC", begin)
        )
    ).scalar_one()
