"""Estimates the cost of attempts on a GPU server while their hour is still open. Called where attempts are shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from app.ledger.machines import Machine, machine_of
from app.ledger.self_hosted import provisional_usd, work_seconds
from app.pipeline.costs.close_hours import hour_cost
from app.storage.engine import Transaction
from app.storage.ledger import machine_costs as storage
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.ledger.cost_rollup import hour_of


def with_provisional_costs(
    tx: Transaction, rows: Sequence[AttemptRow], machines: Sequence[Machine]
) -> list[AttemptRow]:
    """Provisional amounts: the hour's cost divided by the work done in it so far. Final amounts stay unchanged."""
    known = machine_of(machines)
    hours: dict[tuple[str, datetime], tuple[Decimal, Decimal]] = {}
    shown: list[AttemptRow] = []
    for row in rows:
        machine = known.get(row.client)
        if row.cost_basis != "self_hosted_pending" or machine is None:
            shown.append(row)
            continue
        hour = hour_of(row.started_at)
        if (machine.name, hour) not in hours:
            hours[machine.name, hour] = _cost_and_work(tx, machine, hour)
        cost, everything = hours[machine.name, hour]
        own = work_seconds(row.input_tokens or 0, row.cached_tokens or 0, row.output_tokens or 0, machine.rates)
        amount = provisional_usd(cost, own, everything)
        if amount is None:
            shown.append(row)
        else:
            shown.append(replace(row, cost_usd=amount, cost_basis="self_hosted_provisional"))
    return shown


def _cost_and_work(tx: Transaction, machine: Machine, hour: datetime) -> tuple[Decimal, Decimal]:
    _, cost, _ = hour_cost(tx, machine, hour)
    sums = storage.list_hour_tokens(tx, machine.clients, hour)
    whole = work_seconds(
        sum(row.input_tokens for row in sums),
        sum(row.cached_tokens for row in sums),
        sum(row.output_tokens for row in sums),
        machine.rates,
    )
    return cost, whole
