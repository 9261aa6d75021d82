"""Named queries on costs: hourly sums and the paginated ledger. Called by app.pipeline.costs.

Sums come from `hourly_costs`; individual ledger rows are read only for single pages and for reconciliation.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from app.errors import InputError
from app.storage.engine import Transaction
from app.storage.ledger.attempt_row import ANSWERED, AttemptRow
from app.storage.ledger.attempts import shown_columns
from app.storage.tables import attempt_allocations, hourly_costs, machine_hours, model_attempts, resumes, tenants

GroupBy = Literal["day", "client", "function", "tenant", "tier", "service_tier"]

_COUNTS = (
    "attempts",
    "analyses",
    "answered",
    "reused",
    "failed",
    "unpriced",
    "pending",
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "answered_input_tokens",
    "answered_cached_tokens",
    "answered_output_tokens",
    "latency_ms",
)


@dataclass(frozen=True, slots=True)
class CostSums:
    """Sums over a range of hours. `hosted_usd` is billed per token; `allocated_usd` is a share of machine bills."""

    attempts: int
    analyses: int
    answered: int
    reused: int
    failed: int
    unpriced: int
    pending: int
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    answered_input_tokens: int
    answered_cached_tokens: int
    answered_output_tokens: int
    latency_ms: int | None
    hosted_usd: Decimal
    allocated_usd: Decimal
    usage_usd: Decimal
    waste_usd: Decimal
    provisional: bool


_NOTHING = Decimal(0)
NO_COSTS = CostSums(
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, _NOTHING, _NOTHING, _NOTHING, _NOTHING, provisional=False
)


def _group(by: GroupBy) -> sa.ColumnElement[Any]:
    columns = hourly_costs.c
    if by == "day":
        return sa.func.to_char(sa.func.timezone("UTC", columns.hour), "YYYY-MM-DD")
    if by == "tenant":
        return tenants.c.name
    if by == "tier":
        return sa.case((columns.location == "local", "own"), else_="hosted")
    return columns[by]


def _sums() -> list[sa.ColumnElement[Any]]:
    columns = hourly_costs.c

    def total(column: Any) -> sa.ColumnElement[Any]:
        return sa.func.coalesce(sa.func.sum(column), 0)

    return [
        *(sa.cast(total(columns[name]), sa.BigInteger) for name in _COUNTS),
        total(columns.cost_usd),
        total(columns.allocated_usd),
        total(columns.usage_usd),
        total(columns.waste_usd + columns.allocated_waste_usd),
        sa.func.coalesce(sa.func.bool_or(sa.and_(columns.stale, columns.pending > 0)), sa.false()),
    ]


def _mine(tenant_id: uuid.UUID | None, start: datetime, end: datetime) -> list[sa.ColumnElement[bool]]:
    where = [hourly_costs.c.hour >= start, hourly_costs.c.hour < end]
    return where if tenant_id is None else [hourly_costs.c.tenant_id == tenant_id, *where]


def get_totals(tx: Transaction, tenant_id: uuid.UUID | None, start: datetime, end: datetime) -> CostSums:
    """Return the totals of one tenant, or of all tenants for the operator (None)."""
    return CostSums(*_rows(tx, sa.select(*_sums()).where(*_mine(tenant_id, start, end)))[0])


def list_groups(
    tx: Transaction, tenant_id: uuid.UUID | None, start: datetime, end: datetime, by: GroupBy
) -> list[tuple[str, CostSums]]:
    group = _group(by).label("key")
    query = sa.select(group, *_sums()).where(*_mine(tenant_id, start, end)).group_by(group).order_by(group)
    if by == "tenant":
        query = query.select_from(hourly_costs.join(tenants))
    return [(str(row[0]), CostSums(*row[1:])) for row in _rows(tx, query)]


@dataclass(frozen=True, slots=True)
class FunctionCosts:
    """Costs of one client for one function at one service tier."""

    function: str
    client: str
    billing: str
    service_tier: str
    sums: CostSums


def list_by_function_and_client(
    tx: Transaction, tenant_id: uuid.UUID | None, start: datetime, end: datetime
) -> list[FunctionCosts]:
    """Return the figures behind fallback rates and recommendations."""
    columns = hourly_costs.c
    keys = (columns.function, columns.client, columns.billing, columns.service_tier)
    query = sa.select(*keys, *_sums()).where(*_mine(tenant_id, start, end)).group_by(*keys).order_by(*keys)
    return [FunctionCosts(row[0], row[1], row[2], row[3], CostSums(*row[4:])) for row in _rows(tx, query)]


def list_daily_analyses(
    tx: Transaction, tenant_id: uuid.UUID | None, start: datetime, end: datetime
) -> list[tuple[date, int]]:
    """Return the resumes analysed on each day (UTC) that has any; reused results involve no call and do not count."""
    day = sa.cast(sa.func.timezone("UTC", hourly_costs.c.hour), sa.Date)
    rows = tx.execute(
        sa.select(day, sa.cast(sa.func.sum(hourly_costs.c.analyses - hourly_costs.c.reused), sa.BigInteger))
        .where(*_mine(tenant_id, start, end))
        .group_by(day)
        .order_by(day)
    )
    return [(row[0], max(0, row[1])) for row in rows]


def find_first_hour(tx: Transaction, tenant_id: uuid.UUID | None) -> datetime | None:
    query = sa.select(sa.func.min(hourly_costs.c.hour))
    if tenant_id is not None:
        query = query.where(hourly_costs.c.tenant_id == tenant_id)
    return tx.execute(query).scalar_one()


def get_operator_id(tx: Transaction) -> uuid.UUID | None:
    """Return the first tenant created: the operator, who runs the service and pays for the servers."""
    return tx.execute(sa.select(tenants.c.id).order_by(tenants.c.created_at, tenants.c.id).limit(1)).scalar()


def get_priority_shares(tx: Transaction, tenant_id: uuid.UUID, start: datetime, end: datetime) -> tuple[int, int]:
    """Return (resumes uploaded for the batch lane, all resumes)."""
    row = tx.execute(
        sa.select(sa.func.count().filter(resumes.c.priority == "batch"), sa.func.count()).where(
            resumes.c.tenant_id == tenant_id, resumes.c.created_at >= start, resumes.c.created_at < end
        )
    ).one()
    return row[0], row[1]


@dataclass(frozen=True, slots=True)
class MachineSums:
    """Sums of one machine. `cost = sum of attempts + unused`, and `cost = sum of usage + idle`."""

    machine: str
    hours: int
    final_hours: int
    billed_hours: int
    unused_hours: int
    attempts: int
    work_seconds: Decimal
    estimate_usd: Decimal
    cost_usd: Decimal
    unused_usd: Decimal
    idle_usd: Decimal
    waste_usd: Decimal
    allocated_usd: Decimal
    usage_usd: Decimal


def list_machine_sums(
    tx: Transaction, start: datetime, end: datetime, *, with_allocations: bool = True
) -> list[MachineSums]:
    """Return the closed hours of all machines, with the totals of the allocations to attempts.

    There are as many allocations as attempts; callers that do not compare the two can leave them out (0).
    """
    hours, parts = machine_hours.c, attempt_allocations.c
    allocated = (
        sa.select(
            parts.machine,
            sa.func.sum(parts.allocated_usd).label("allocated"),
            sa.func.sum(parts.usage_usd).label("usage"),
        )
        .where(parts.hour >= start, parts.hour < end, sa.literal(with_allocations))
        .group_by(parts.machine)
        .subquery()
    )
    final = hours.final
    rows = tx.execute(
        sa.select(
            hours.machine,
            sa.func.count(),
            sa.func.count().filter(final),
            sa.func.count().filter(sa.and_(final, hours.billed)),
            sa.func.count().filter(sa.and_(final, hours.work_seconds == 0)),
            *(
                sa.func.coalesce(sa.func.sum(column).filter(final), 0)
                for column in (
                    hours.attempts,
                    hours.work_seconds,
                    hours.estimate_usd,
                    hours.cost_usd,
                    hours.unused_usd,
                    hours.idle_usd,
                    hours.waste_usd,
                )
            ),
            sa.func.coalesce(sa.func.max(allocated.c.allocated), 0),
            sa.func.coalesce(sa.func.max(allocated.c.usage), 0),
        )
        .select_from(machine_hours.outerjoin(allocated, allocated.c.machine == hours.machine))
        .where(hours.hour >= start, hours.hour < end)
        .group_by(hours.machine)
        .order_by(hours.machine)
    )
    return [MachineSums(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Compares the ledger's rows with its hourly sums, and with tokens times the prices stored in each row."""

    attempts: int
    rolled_attempts: int
    cost_usd: Decimal
    rolled_cost_usd: Decimal
    recomputed_usd: Decimal  # rows with prices
    priced_usd: Decimal  # the costs stored in those rows
    unpriced: int
    pending_without_allocation: int


_CHECK = sa.text(
    """
    select count(*), coalesce(sum(a.cost_usd), 0),
        coalesce(sum(((coalesce(input_tokens, 0) - coalesce(cached_tokens, 0) - cache_write_tokens)
                * input_usd_per_million
            + coalesce(cached_tokens, 0) * cached_input_usd_per_million
            + cache_write_tokens * coalesce(cache_write_usd_per_million, 0)
            + coalesce(output_tokens, 0) * output_usd_per_million) / 1000000)
            filter (where a.cost_usd is not null and input_usd_per_million is not null), 0),
        coalesce(sum(a.cost_usd) filter (where input_usd_per_million is not null), 0),
        count(*) filter (where a.cost_usd is null and cost_basis <> 'self_hosted_pending'),
        count(*) filter (where cost_basis = 'self_hosted_pending' and x.attempt_id is null and m.final)
    from model_attempts a
    left join attempt_allocations x on x.attempt_id = a.id
    left join machine_hours m on m.machine = any(:machines) and m.hour = date_trunc('hour', a.started_at, 'UTC')
        and m.machine = (cast(:machine_of as jsonb) ->> a.client)
    where a.started_at >= :start and a.started_at < :end
    """
)


def _rows(tx: Transaction, statement: sa.Select[*tuple[Any, ...]]) -> list[Any]:
    return list(tx.execute(statement))


def check_ledger(tx: Transaction, start: datetime, end: datetime, machine_of: dict[str, str]) -> LedgerCheck:
    """Check the ledger; `machine_of` maps each client to its machine."""
    values = {
        "start": start,
        "end": end,
        "machines": sorted(set(machine_of.values())),
        "machine_of": json.dumps(machine_of),
    }
    attempts, cost, recomputed, priced, unpriced, pending = tx.execute(_CHECK, values).one()
    rolled = get_totals(tx, None, start, end)
    return LedgerCheck(attempts, rolled.attempts, cost, rolled.hosted_usd, recomputed, priced, unpriced, pending)


def list_daily_usage(tx: Transaction, start: datetime, end: datetime) -> list[tuple[date, str, int, int, int, int]]:
    """Return hosted usage of all tenants by day (UTC) and model: attempts, input, cached and output tokens."""
    columns = hourly_costs.c
    day = sa.cast(sa.func.timezone("UTC", columns.hour), sa.Date)
    counts = (columns.attempts - columns.reused, columns.input_tokens, columns.cached_tokens, columns.output_tokens)
    rows = _rows(
        tx,
        sa.select(day, columns.model, *(sa.cast(sa.func.sum(count), sa.BigInteger) for count in counts))
        .where(*_mine(None, start, end), columns.billing == "per_token", columns.location == "hosted")
        .group_by(day, columns.model)
        .order_by(day, columns.model),
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


@dataclass(frozen=True, slots=True)
class LedgerItem:
    id: uuid.UUID
    resume_id: uuid.UUID | None
    row: AttemptRow


def list_ledger(
    tx: Transaction,
    tenant_id: uuid.UUID,
    start: datetime,
    end: datetime,
    *,
    client: str | None = None,
    function: str | None = None,
    failed_only: bool = False,
    instead_of: Mapping[str, str] | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> tuple[list[LedgerItem], str | None]:
    """Return rows, newest first; `cursor` continues after the last row of a page. Raises `InputError` if it is invalid.

    `instead_of` maps functions to clients: only successful calls that another client took over, without batches.
    """
    columns = model_attempts.c
    query = (
        sa.select(columns.id, columns.resume_id, *shown_columns())
        .select_from(model_attempts.outerjoin(attempt_allocations))
        .where(columns.tenant_id == tenant_id, columns.started_at >= start, columns.started_at < end)
        .order_by(columns.started_at.desc(), columns.id.desc())
        .limit(limit + 1)
    )
    if client is not None:
        query = query.where(columns.client == client)
    if function is not None:
        query = query.where(columns.function == function)
    if failed_only:
        query = query.where(columns.outcome.not_in((*ANSWERED, "reused")))
    if instead_of is not None:
        others = [sa.and_(columns.function == each, columns.client != client) for each, client in instead_of.items()]
        query = query.where(columns.outcome.in_(ANSWERED), columns.service_tier != "batch", sa.or_(sa.false(), *others))
    if cursor is not None:
        query = query.where(sa.tuple_(columns.started_at, columns.id) < sa.tuple_(*_read_cursor(cursor)))
    rows = [LedgerItem(row[0], row[1], AttemptRow(*row[2:])) for row in _rows(tx, query)]
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, _write_cursor(rows[-1]) if more else None


def _write_cursor(item: LedgerItem) -> str:
    return base64.urlsafe_b64encode(f"{item.row.started_at.isoformat()} {item.id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> Sequence[sa.ColumnElement[Any]]:
    try:
        moment, identity = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        return [sa.literal(datetime.fromisoformat(moment)), sa.literal(uuid.UUID(identity))]
    except (ValueError, binascii.Error):
        raise InputError("The cursor is not valid. Use the `next_cursor` of an earlier page.") from None


def list_busy_hours(tx: Transaction, machine: str, start: datetime, end: datetime) -> list[tuple[datetime, Decimal]]:
    """Return (hour, work seconds) of closed hours, including hours without work."""
    hours = machine_hours.c
    rows = tx.execute(
        sa.select(hours.hour, hours.work_seconds)
        .where(hours.machine == machine, hours.final, hours.hour >= start, hours.hour < end)
        .order_by(hours.hour)
    )
    return [(row[0], row[1]) for row in rows]
