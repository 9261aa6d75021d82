"""Times cost queries with 10,000 and 1,000,000 attempts, and checks that a month of them adds up.

`python -m benchmarks.costs` starts its own Postgres and loads a synthetic November 2026 in each size: three clients,
failed attempts, cached tokens, batch prices, an outage of the self-hosted server. It closes the hours, reconciles, and
prints the table in benchmarks/README.md.
"""

import argparse
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa

from app.embedded.stack import EmbeddedStack
from app.pipeline.costs import cost_analysis
from app.pipeline.costs.break_even_analysis import BreakEvenQuestion, break_even
from app.pipeline.costs.close_hours import close_hours
from app.pipeline.costs.cost_advice import advise
from app.pipeline.costs.reconcile_costs import reconcile
from app.settings import load_settings
from app.storage import tenants
from app.storage.engine import Database, Transaction
from app.storage.ledger import costs
from app.storage.ledger.cost_rollup import rebuild_rollup
from app.wiring.cost_parts import build_cost_context
from migrations.migrate import migrate

_START = datetime(2026, 11, 1, tzinfo=UTC)
_END = _START + timedelta(days=30)
_SIZES = (10_000, 1_000_000)
_TIMES = 200

# Row i of n: spread over the month with a daily rhythm; on day 17 the self-hosted server is down for six hours.
_LOAD = sa.text(
    """
    with rows as (
        select i, cast(:start as timestamptz) + (i::double precision / cast(:n as bigint)) * interval '30 days' as at,
            (i * 7919) % 1000 as dice, 500 + (i * 104729) % 900 as tokens_in, 60 + (i * 1299709) % 120 as tokens_out
        from generate_series(0::bigint, cast(:n as bigint) - 1) i
    ), sorted as (
        select *, at >= cast(:start as timestamptz) + interval '17 days 8 hours'
            and at < cast(:start as timestamptz) + interval '17 days 14 hours' as away
        from rows
    ), chosen as (
        select *,
            case when dice < 850 and not away then 'LocalVLLM' when dice % 10 < 8 then 'GPT4o'
                else 'GPT4oMini' end as client,
            case when dice % 50 = 7 then 'timeout' when dice % 90 = 11 then 'parse_error' else 'ok' end as outcome
        from sorted
    ), priced as (
        select *, client <> 'LocalVLLM' as hosted, (dice % 3) * 100 as cached,
            case client when 'GPT4o' then 2.50 when 'GPT4oMini' then 0.15 end / (1 + (dice % 7 = 3)::int) as price_in,
            case client when 'GPT4o' then 10.00 when 'GPT4oMini' then 0.60 end / (1 + (dice % 7 = 3)::int) as price_out
        from chosen
    )
    insert into model_attempts (id, tenant_id, number, function, client, model, location, billing, outcome, started_at,
        latency_ms, input_tokens, cached_tokens, output_tokens, input_usd_per_million, cached_input_usd_per_million,
        output_usd_per_million, price_source, cost_usd, cost_basis)
    select gen_random_uuid(), :tenant, case when away then 2 else 1 end, 'ExtractProfile', client,
        case client when 'GPT4o' then 'gpt-4o' when 'GPT4oMini' then 'gpt-4o-mini' else 'mistral' end,
        case when hosted then 'hosted' else 'local' end, case when hosted then 'per_token' else 'self_hosted' end,
        outcome, at, 900, tokens_in, cached, tokens_out, price_in, price_in / 2, price_out,
        case when hosted then 'benchmark' end,
        case when hosted then
            ((tokens_in - cached) * price_in + cached * price_in / 2 + tokens_out * price_out) / 1000000 end,
        case when hosted then 'list_price' else 'self_hosted_pending' end
    from priced
    """
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="attempts in the month")
    sizes: list[int] = parser.parse_args().sizes
    with tempfile.TemporaryDirectory(prefix="vitae-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedStack(Path(folder) / "data", keep_data=False) as stack:
            months = [_load(stack.database_url, attempts) for attempts in sizes]
            # Alternating, so that other load on the machine affects all sizes equally.
            times = [{name: list[float]() for name in month.queries} for month in months]
            for _ in range(_TIMES):
                for month, measured in zip(months, times, strict=True):
                    for name, ask in month.queries.items():
                        measured[name].append(_milliseconds(month.database, ask))
            for month, measured in zip(months, times, strict=True):
                for name, each in measured.items():
                    quantiles = statistics.quantiles(each, n=20)
                    month.result[f"{name}, median / p95"] = f"{quantiles[9]:.1f} / {quantiles[-1]:.1f} ms"
                month.database.close()
            columns = [month.result for month in months]
    print(f"| | {' | '.join(f'{attempts:,} attempts' for attempts in sizes)} |")
    print(f"|---|{'---:|' * len(sizes)}")
    for name in columns[0]:
        print(f"| {name} | {' | '.join(column[name] for column in columns)} |")


@dataclass(frozen=True)
class _Month:
    database: Database
    result: dict[str, str]
    queries: dict[str, Callable[[Transaction], object]]


def _load(url: str, attempts: int) -> _Month:
    name = f"bench_{attempts}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    base, _, _ = url.partition("?")
    own = f"{base.rsplit('/', 1)[0]}/{name}"
    migrate(own)
    database = Database(own, pool_size=2)
    context = build_cost_context(load_settings(root=Path(tempfile.gettempdir()), environment={}))
    with database.transaction() as tx:
        tenant_id = tenants.ensure_tenant(tx, "benchmark")
        tx.execute(sa.text("set local statement_timeout = 0"))
        tx.execute(_LOAD, {"n": attempts, "start": _START, "tenant": tenant_id})
        rebuild_rollup(tx)
    with database.transaction() as tx:
        tx.execute(sa.text("analyze"))
    begun = time.perf_counter()
    hours = 0
    while closed := close_hours(database, context.machines, _END + timedelta(minutes=15)):
        hours += closed
    seconds = time.perf_counter() - begun
    with database.reading() as tx:
        found = reconcile(tx, context.machines, _START, _END)
    (machine,) = found.machines
    difference = machine.allocated_usd + machine.unused_usd - machine.cost_usd
    result = {
        "hours closed": f"{hours} in {seconds:.1f} s",
        "attempts + unused hours": f"${machine.allocated_usd + machine.unused_usd:.2f}",
        "server's cost": f"${machine.cost_usd:.2f}",
        "difference": f"${difference:.2f}" if found.ok and difference == 0 else f"DIFFERS by {difference}",
    }
    return _Month(database, result, _queries(context, tenant_id))


def _queries(context: cost_analysis.CostContext, tenant_id: uuid.UUID) -> dict[str, Callable[[Transaction], object]]:
    queries: dict[str, Callable[[Transaction], object]] = {}
    for by in ("day", "client", "function", "tenant", "tier"):

        def summary(tx: Transaction, by: costs.GroupBy = by) -> object:
            return cost_analysis.summarise(tx, context, tenant_id, _START, _END, by)

        queries[f"summary by {by}"] = summary
    queries["break-even"] = lambda tx: break_even(tx, context, tenant_id, BreakEvenQuestion(), _END)
    queries["forecast"] = lambda tx: cost_analysis.forecast_costs(tx, context, tenant_id, _END, 30)
    queries["recommendations"] = lambda tx: advise(tx, context, tenant_id, _END, operator=True)
    queries["ledger, first page of 100"] = lambda tx: costs.list_ledger(tx, tenant_id, _START, _END)
    return queries


def _milliseconds(database: Database, ask: Callable[[Transaction], object]) -> float:
    begun = time.perf_counter()
    with database.reading() as tx:
        ask(tx)
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
