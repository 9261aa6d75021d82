"""Keeps hourly sums of the ledger (`hourly_costs`), updated in the transaction of each attempt by `attempts`.

Summaries read only these sums, so their run time depends on the number of hours and not on the number of attempts.
"""

import functools
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.ledger.attempt_row import ANSWERED, AttemptRow
from app.storage.tables import hourly_costs

_KEY = ("tenant_id", "hour", "function", "client", "model", "location", "billing", "service_tier")


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def add_to_rollup(tx: Transaction, tenant_id: uuid.UUID, row: AttemptRow) -> None:
    """Add one attempt to its hour; the row stays locked until the transaction ends."""
    answered, reused = row.outcome in ANSWERED, row.outcome == "reused"
    pending = row.cost_basis == "self_hosted_pending"
    cost = row.cost_usd or 0
    sums: dict[str, object] = {
        "attempts": 1,
        "analyses": int(row.number == 1),
        "answered": int(answered),
        "reused": int(reused),
        "failed": int(not answered and not reused),
        "unpriced": int(row.cost_usd is None and not pending),
        "pending": int(pending),
        "input_tokens": row.input_tokens or 0,
        "cached_tokens": row.cached_tokens or 0,
        "cache_write_tokens": row.cache_write_tokens,
        "output_tokens": row.output_tokens or 0,
        "reasoning_tokens": row.reasoning_tokens,
        "answered_input_tokens": (row.input_tokens or 0) if answered else 0,
        "answered_cached_tokens": (row.cached_tokens or 0) if answered else 0,
        "answered_output_tokens": (row.output_tokens or 0) if answered else 0,
        "latency_ms": row.latency_ms or 0,
        "cost_usd": cost,
        "waste_usd": 0 if answered or reused else cost,
    }
    key: dict[str, object] = {
        "tenant_id": tenant_id,
        "hour": hour_of(row.started_at),
        "function": row.function,
        "client": row.client,
        "model": row.model or "",
        "location": row.location,
        "billing": row.billing,
        "service_tier": row.service_tier,
    }
    tx.execute(_addition(*sums), key | sums)


@functools.cache
def _addition(*sums: str) -> sa.Executable:
    """Cached: building this statement takes longer than running it."""
    statement = insert(hourly_costs).values({name: sa.bindparam(name) for name in (*_KEY, *sums)})
    added = {name: hourly_costs.c[name] + statement.excluded[name] for name in sums}
    return statement.on_conflict_do_update(
        index_elements=[hourly_costs.c[name] for name in _KEY], set_={**added, "stale": sa.true()}
    )


_REBUILD = """
insert into hourly_costs (tenant_id, hour, function, client, model, location, billing, service_tier, attempts,
    analyses, answered, reused, failed, unpriced, pending, input_tokens, cached_tokens, cache_write_tokens,
    output_tokens, reasoning_tokens,
    answered_input_tokens, answered_cached_tokens, answered_output_tokens, latency_ms, cost_usd, waste_usd)
select tenant_id, date_trunc('hour', started_at, 'UTC'), function, client, coalesce(model, ''), location,
    billing, service_tier, count(*), count(*) filter (where number = 1),
    count(*) filter (where outcome in ('ok', 'partial')),
    count(*) filter (where outcome = 'reused'), count(*) filter (where outcome not in ('ok', 'partial', 'reused')),
    count(*) filter (where cost_usd is null and cost_basis <> 'self_hosted_pending'),
    count(*) filter (where cost_basis = 'self_hosted_pending'),
    coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), sum(cache_write_tokens),
    coalesce(sum(output_tokens), 0), sum(reasoning_tokens),
    coalesce(sum(input_tokens) filter (where outcome in ('ok', 'partial')), 0),
    coalesce(sum(cached_tokens) filter (where outcome in ('ok', 'partial')), 0),
    coalesce(sum(output_tokens) filter (where outcome in ('ok', 'partial')), 0),
    coalesce(sum(latency_ms), 0), coalesce(sum(cost_usd), 0),
    coalesce(sum(cost_usd) filter (where outcome not in ('ok', 'partial', 'reused')), 0)
from model_attempts group by 1, 2, 3, 4, 5, 6, 7, 8
"""


def rebuild_rollup(tx: Transaction) -> None:
    """Recompute all sums after loading rows without `insert_attempt`. The hours must be closed again afterwards."""
    tx.execute(sa.text("lock table hourly_costs in exclusive mode"))
    tx.execute(sa.text("delete from hourly_costs"))
    tx.execute(sa.text(_REBUILD))
