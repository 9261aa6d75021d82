"""Named queries on self-hosted machines: their hours, allocations and bills. Called by app.pipeline and the cost API.

Times are hours in UTC. Nothing here changes a ledger row.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.tables import attempt_allocations, hourly_costs, machine_bills, machine_hours, model_attempts

# The columns that identify a row within an hour.
RowKey = tuple[uuid.UUID, str, str, str, str, str, str]  # tenant, function, client, model, location, billing, tier


@dataclass(frozen=True, slots=True)
class PendingAttempt:
    """An attempt whose cost is a share of the machine's bill."""

    id: uuid.UUID
    key: RowKey
    outcome: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class MachineHour:
    machine: str
    hour: datetime
    cost_profile: str
    estimate_usd: Decimal
    cost_usd: Decimal
    billed: bool
    final: bool
    attempts: int
    work_seconds: Decimal
    unused_usd: Decimal
    idle_usd: Decimal
    waste_usd: Decimal


@dataclass(frozen=True, slots=True)
class Contact:
    """The first and last hour in which a machine did any work."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class AllocationRow:
    attempt_id: uuid.UUID
    work_seconds: Decimal
    allocated_usd: Decimal
    usage_usd: Decimal


def find_contact(tx: Transaction, clients: Sequence[str]) -> Contact | None:
    row = tx.execute(
        sa.select(sa.func.min(hourly_costs.c.hour), sa.func.max(hourly_costs.c.hour)).where(
            hourly_costs.c.client.in_(clients), hourly_costs.c.pending > 0
        )
    ).one()
    return None if row[0] is None else Contact(row[0], row[1])


_OPEN_HOURS = sa.text(
    """
    select hour from generate_series(cast(:first as timestamptz), cast(:last as timestamptz), interval '1 hour') hour
    where not exists (select 1 from machine_hours m where m.machine = :machine and m.hour = hour.hour and m.final)
    union
    select hour from hourly_costs
    where client = any(:clients) and hour between :first and :last and stale and pending > 0
    order by hour limit :limit
    """
)


def list_open_hours(
    tx: Transaction, machine: str, clients: Sequence[str], first: datetime, last: datetime, limit: int
) -> list[datetime]:
    """Return hours from `first` to `last` that are not final, or that have gained attempts since they were closed."""
    values = {"machine": machine, "clients": list(clients), "first": first, "last": last, "limit": limit}
    return list(tx.execute(_OPEN_HOURS, values).scalars())


def lock_hour(tx: Transaction, machine: str, clients: Sequence[str], hour: datetime) -> list[RowKey]:
    """Prevent others from closing this hour or adding to its existing rows; returns the keys of these rows."""
    tx.execute(sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{machine} {hour}"})
    rows = tx.execute(
        sa.select(*_key_columns()).where(*_of_hour(clients, hour)).order_by(*_key_columns()).with_for_update()
    )
    return [_row_key(row) for row in rows]


def list_pending_attempts(tx: Transaction, clients: Sequence[str], hour: datetime) -> list[PendingAttempt]:
    columns = model_attempts.c
    rows = tx.execute(
        sa.select(
            columns.id,
            columns.tenant_id,
            columns.function,
            columns.client,
            sa.func.coalesce(columns.model, ""),
            columns.location,
            columns.billing,
            columns.service_tier,
            columns.outcome,
            sa.func.coalesce(columns.input_tokens, 0),
            sa.func.coalesce(columns.cached_tokens, 0),
            sa.func.coalesce(columns.output_tokens, 0),
        ).where(
            columns.client.in_(clients),
            columns.billing == "self_hosted",
            columns.cost_basis == "self_hosted_pending",
            columns.started_at >= hour,
            columns.started_at < hour + timedelta(hours=1),
        )
    )
    return [PendingAttempt(row[0], _row_key(row[1:8]), *row[8:]) for row in rows]


@dataclass(frozen=True, slots=True)
class TokenSums:
    key: RowKey
    attempts: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    answered_input_tokens: int
    answered_cached_tokens: int
    answered_output_tokens: int


def list_hour_tokens(tx: Transaction, clients: Sequence[str], hour: datetime) -> list[TokenSums]:
    """Return the tokens of all tenants in this hour, from which a provisional allocation is computed."""
    columns = hourly_costs.c
    rows = tx.execute(
        sa.select(
            *_key_columns(),
            columns.pending,
            columns.input_tokens,
            columns.cached_tokens,
            columns.output_tokens,
            columns.answered_input_tokens,
            columns.answered_cached_tokens,
            columns.answered_output_tokens,
        ).where(*_of_hour(clients, hour), columns.pending > 0)
    )
    return [TokenSums(_row_key(row[:7]), *(int(count) for count in row[7:14])) for row in rows]


def save_machine_hour(tx: Transaction, row: MachineHour) -> None:
    values = {name: getattr(row, name) for name in MachineHour.__dataclass_fields__}
    statement = insert(machine_hours).values(**values)
    changed = {name: statement.excluded[name] for name in values if name not in {"machine", "hour"}}
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["machine", "hour"], set_={**changed, "closed_at": sa.func.now()}
        )
    )


def replace_allocations(tx: Transaction, machine: str, hour: datetime, rows: Sequence[AllocationRow]) -> None:
    mine = (attempt_allocations.c.machine == machine, attempt_allocations.c.hour == hour)
    tx.execute(sa.delete(attempt_allocations).where(*mine))
    if rows:
        values: list[dict[str, Any]] = [
            {
                "attempt_id": row.attempt_id,
                "machine": machine,
                "hour": hour,
                "work_seconds": row.work_seconds,
                "allocated_usd": row.allocated_usd,
                "usage_usd": row.usage_usd,
            }
            for row in rows
        ]
        tx.execute(sa.insert(attempt_allocations), values)


def save_allocated_sums(
    tx: Transaction, hour: datetime, key: RowKey, *, allocated: Decimal, usage: Decimal, waste: Decimal, final: bool
) -> None:
    """Save one hourly row's share of the machine's bill. Only a final share clears its `stale` flag."""
    values: dict[str, Any] = {"allocated_usd": allocated, "usage_usd": usage, "allocated_waste_usd": waste}
    if final:
        values["stale"] = False
    columns = [hourly_costs.c.hour, *_key_columns()]
    where = [column == value for column, value in zip(columns, (hour, *key), strict=True)]
    tx.execute(sa.update(hourly_costs).where(*where).values(**values))


def find_machine_hour(tx: Transaction, machine: str, hour: datetime) -> MachineHour | None:
    row = tx.execute(
        sa.select(*_hour_columns()).where(machine_hours.c.machine == machine, machine_hours.c.hour == hour)
    ).one_or_none()
    return None if row is None else MachineHour(*row)


def list_final_hours(tx: Transaction, machine: str, start: datetime, end: datetime) -> list[datetime]:
    return list(
        tx.execute(
            sa.select(machine_hours.c.hour)
            .where(machine_hours.c.machine == machine, machine_hours.c.hour >= start, machine_hours.c.hour < end)
            .where(machine_hours.c.final)
            .order_by(machine_hours.c.hour)
        ).scalars()
    )


@dataclass(frozen=True, slots=True)
class BillRow:
    machine: str
    starts_at: datetime
    ends_at: datetime
    amount_usd: Decimal
    reference: str | None


def find_bill(tx: Transaction, machine: str, hour: datetime) -> BillRow | None:
    """Return the bill that covers this hour."""
    row = tx.execute(
        sa.select(*_bill_columns()).where(
            machine_bills.c.machine == machine, machine_bills.c.starts_at <= hour, machine_bills.c.ends_at > hour
        )
    ).first()
    return None if row is None else BillRow(*row)


def list_bills(tx: Transaction, machine: str | None = None) -> list[BillRow]:
    query = sa.select(*_bill_columns()).order_by(machine_bills.c.machine, machine_bills.c.starts_at)
    if machine is not None:
        query = query.where(machine_bills.c.machine == machine)
    return [BillRow(*row) for row in tx.execute(query)]


def find_overlapping_bill(tx: Transaction, bill: BillRow) -> BillRow | None:
    """Return another bill of the machine that overlaps this one; a bill for the identical period is not an overlap."""
    row = tx.execute(
        sa.select(*_bill_columns()).where(
            machine_bills.c.machine == bill.machine,
            machine_bills.c.starts_at < bill.ends_at,
            machine_bills.c.ends_at > bill.starts_at,
            sa.or_(machine_bills.c.starts_at != bill.starts_at, machine_bills.c.ends_at != bill.ends_at),
        )
    ).first()
    return None if row is None else BillRow(*row)


def lock_bills(tx: Transaction, machine: str) -> None:
    tx.execute(sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"bills of {machine}"})


def save_bill(tx: Transaction, bill: BillRow) -> None:
    values = {name: getattr(bill, name) for name in BillRow.__dataclass_fields__}
    statement = insert(machine_bills).values(**values)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["machine", "starts_at"],
            set_={
                "ends_at": bill.ends_at,
                "amount_usd": bill.amount_usd,
                "reference": bill.reference,
                "imported_at": sa.func.now(),
            },
        )
    )


def _of_hour(clients: Sequence[str], hour: datetime) -> list[sa.ColumnElement[bool]]:
    columns = hourly_costs.c
    return [columns.client.in_(clients), columns.hour == hour, columns.billing == "self_hosted"]


def _key_columns() -> list[sa.ColumnElement[Any]]:
    names = ("tenant_id", "function", "client", "model", "location", "billing", "service_tier")
    return [hourly_costs.c[name] for name in names]


def _row_key(row: Any) -> RowKey:
    tenant_id, function, client, model, location, billing, service_tier = row
    return tenant_id, function, client, model, location, billing, service_tier


def _hour_columns() -> list[sa.ColumnElement[Any]]:
    return [machine_hours.c[name] for name in MachineHour.__dataclass_fields__]


def _bill_columns() -> list[sa.ColumnElement[Any]]:
    return [machine_bills.c[name] for name in BillRow.__dataclass_fields__]
