"""Named queries for monitoring, across all tenants without naming any: queues, results, budgets, machine bills.

Each reads a partial index or the hourly sums; only the cost of `count_results` grows with the number of resumes.
"""

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from app.storage.analyses import OPEN_STATUSES, Stage
from app.storage.engine import Transaction
from app.storage.ledger.budgets import Period
from app.storage.tables import analyses, hourly_costs, machine_hours, resumes

# Monitoring must not itself put load on the database.
_LIMIT_MS = 3000


@dataclass(frozen=True, slots=True)
class QueueState:
    """`waiting` analyses are due and unclaimed; `oldest_seconds` is how long the first of them has waited."""

    stage: Stage
    lane: str
    waiting: int
    in_progress: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class MachineBill:
    """The cost of a self-hosted machine since the start of the day or month (UTC), and how much of it was idle."""

    machine: str
    period: Period
    cost_usd: Decimal
    idle_usd: Decimal
    waste_usd: Decimal


def limit_time(tx: Transaction) -> None:
    """Limit the run time of all further queries in this transaction."""
    tx.execute(sa.text(f"set local statement_timeout = {_LIMIT_MS}"))


def list_queues(tx: Transaction) -> list[QueueState]:
    stage = sa.case((analyses.c.status == "analysing", "analysis"), else_="extraction")
    held = sa.func.coalesce(analyses.c.lease_until > sa.func.now(), sa.false())
    waiting = sa.and_(sa.not_(held), analyses.c.due_at <= sa.func.now())
    oldest = sa.func.extract("epoch", sa.func.now() - sa.func.min(analyses.c.due_at).filter(waiting))
    rows = tx.execute(
        sa.select(
            stage,
            analyses.c.priority,
            sa.func.count().filter(waiting),
            sa.func.count().filter(held),
            sa.cast(sa.func.coalesce(oldest, 0), sa.Float),
        )
        .where(analyses.c.status.in_(OPEN_STATUSES))
        .group_by(stage, analyses.c.priority)
    )
    return [QueueState(*row) for row in rows]


def count_results(tx: Transaction) -> tuple[dict[str, int], int]:
    """Return the number of resumes by status, and how many of the finished ones have a fallback result."""
    degraded = sa.func.count().filter(sa.and_(resumes.c.degraded, resumes.c.status == "done"))
    rows = tx.execute(sa.select(resumes.c.status, sa.func.count(), degraded).group_by(resumes.c.status)).all()
    return {row[0]: row[1] for row in rows}, sum(row[2] for row in rows)


def highest_spending(tx: Transaction, period: Period) -> Decimal:
    """Return the spending in USD of the tenant that spent most in the current day or month (UTC)."""
    spent = (
        sa.select(sa.func.sum(hourly_costs.c.cost_usd).label("usd"))
        .where(hourly_costs.c.hour >= _begin(period))
        .group_by(hourly_costs.c.tenant_id)
        .subquery()
    )
    return tx.execute(sa.select(sa.func.coalesce(sa.func.max(spent.c.usd), 0))).scalar_one()


def list_machine_bills(tx: Transaction, period: Period) -> list[MachineBill]:
    rows = tx.execute(
        sa.select(
            machine_hours.c.machine,
            sa.func.sum(machine_hours.c.cost_usd),
            sa.func.sum(machine_hours.c.idle_usd),
            sa.func.sum(machine_hours.c.waste_usd),
        )
        .where(machine_hours.c.hour >= _begin(period))
        .group_by(machine_hours.c.machine)
    )
    return [MachineBill(row[0], period, *row[1:]) for row in rows]


def _begin(period: Period) -> sa.ColumnElement[object]:
    return sa.func.date_trunc(period, sa.func.now(), "UTC")
