"""Collects the measured facts of the last 30 days and lets app.ledger.recommend say what to change. Reads only."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from app.files.evaluations import list_evaluations
from app.ledger.amounts import quotient
from app.ledger.catalogue.cost_profiles import COST_PROFILES
from app.ledger.machines import Machine
from app.ledger.recommend import (
    LEAST_DAYS,
    Alternative,
    Evaluation,
    Facts,
    HostedFacts,
    MachineFacts,
    Recommendation,
    recommend,
)
from app.ledger.token_profile import TokenProfile, measured_profile
from app.pipeline.costs.cost_analysis import MEASURED_DAYS, CostContext, find_fallback, read_range, with_entered_prices
from app.storage.engine import Transaction
from app.storage.ledger import costs
from app.storage.ledger.costs import FunctionCosts

_DAY_SECONDS = 86_400
_HOURS_PER_MONTH = Decimal(720)
_BUSY_SECONDS = Decimal(3600) * Decimal("0.7")


@dataclass(frozen=True, slots=True)
class Advice:
    """`note` gives the reason when there is no recommendation."""

    start: datetime
    end: datetime
    measured_days: int
    recommendations: list[Recommendation]
    note: str | None


def advise(
    tx: Transaction,
    context: CostContext,
    tenant_id: uuid.UUID,
    now: datetime,
    *,
    operator: bool,
    evaluations: Sequence[Evaluation] = (),
) -> Advice:
    """`operator` includes advice about machines, which other tenants must not see. `evaluations` come from `vitae
    eval`.
    """
    context = with_entered_prices(tx, context)
    start, end = read_range(None, None, now)
    first = costs.find_first_hour(tx, tenant_id)
    days = 0 if first is None else min(MEASURED_DAYS, int((end - max(first, start)).total_seconds() // _DAY_SECONDS))
    if days < LEAST_DAYS:
        note = f"Not enough data: {days} whole days have been measured, {LEAST_DAYS} are needed."
        return Advice(start, end, days, [], note)
    month = quotient(Decimal(30), Decimal(days))
    totals = costs.get_totals(tx, tenant_id, start, end)
    fallback = find_fallback(tx, context, tenant_id, start, end)
    batch, uploads = costs.get_priority_shares(tx, tenant_id, start, end)
    rows = costs.list_by_function_and_client(tx, tenant_id, start, end)
    used = {row.client for row in rows if row.billing == "self_hosted" and row.sums.answered > 0}
    facts = Facts(
        days=days,
        total_monthly_usd=(totals.hosted_usd + totals.allocated_usd) * month,
        waste_monthly_usd=totals.waste_usd * month,
        fallback_share=fallback.share or Decimal(0),
        fallback_extra_monthly_usd=fallback.extra_usd * month,
        batch_share=quotient(Decimal(batch), Decimal(uploads)) if uploads else Decimal(0),
        hosted=[
            _hosted(context, row, month, now) for row in rows if row.billing == "per_token" and row.sums.hosted_usd > 0
        ],
        machines=[
            fact
            for machine in context.machines
            if operator and used & set(machine.clients)
            for fact in _machine(tx, machine, start, end)
        ],
        # A tenant that does not run the service cannot rent a machine for it.
        possible_profiles=[*COST_PROFILES.values(), *context.own_profiles.values()] if operator else [],
        alternatives=[
            Alternative(name, prices)
            for name in sorted(context.models)
            if (prices := context.prices(name, now)) is not None
        ],
        evaluations=evaluations,
    )
    found = recommend(facts)
    return Advice(start, end, days, found, None if found else "No change would save a dollar a month.")


def kept_evaluations(data_dir: Path) -> list[Evaluation]:
    """Measurements of `vitae eval`: the newest figures of each client on each set of labelled resumes."""
    newest: dict[tuple[str, str], Evaluation] = {}
    for kept in list_evaluations(data_dir):
        for measured in kept["clients"]:
            newest[measured["client"], kept["fingerprint"]] = Evaluation(
                client=measured["client"],
                accuracy=Decimal(str(measured["accuracy"] or 0)),
                resumes=measured["documents"],
                function=measured["function"],
                material=kept["fingerprint"],
            )
    return list(newest.values())


def _hosted(context: CostContext, row: FunctionCosts, month: Decimal, now: datetime) -> HostedFacts:
    sums = row.sums
    tokens = measured_profile(
        sums.answered, sums.answered_input_tokens, sums.answered_cached_tokens, sums.answered_output_tokens
    )
    requests = sums.answered if tokens is not None else 0
    size = tokens.input_tokens if tokens else Decimal(0)
    return HostedFacts(
        client=row.client,
        function=row.function,
        monthly_usd=sums.hosted_usd * month,
        requests_per_month=requests * month,
        tokens=tokens or TokenProfile(input_tokens=Decimal(0), output_tokens=Decimal(0)),
        prices=context.prices(row.client, now, tier=row.service_tier, input_tokens=size),
        batch_prices=context.prices(row.client, now, tier="batch", input_tokens=size),
        service_tier=row.service_tier,
    )


def _machine(tx: Transaction, machine: Machine, start: datetime, end: datetime) -> list[MachineFacts]:
    hours = costs.list_busy_hours(tx, machine.name, start, end)
    rows = costs.list_machine_sums(tx, start, end, with_allocations=False)
    sums = next((row for row in rows if row.machine == machine.name), None)
    if not hours or sums is None or sums.final_hours < LEAST_DAYS * 24:
        return []
    month = quotient(_HOURS_PER_MONTH, Decimal(sums.final_hours))
    load: dict[int, list[Decimal]] = defaultdict(list)
    for hour, work in hours:
        load[hour.hour].append(work)
    fewer = (machine.replicas - 1) * _BUSY_SECONDS
    busy = sum(1 for _, work in hours if work > 0)
    return [
        MachineFacts(
            name=machine.name,
            profile=machine.profile,
            replicas=machine.replicas,
            rates_measured=machine.rates.source.startswith("settings"),
            monthly_usd=sums.cost_usd * month,
            requests_per_month=sums.attempts * month,
            busy_hours_per_month=busy * month,
            utilisation=quotient(sums.work_seconds, Decimal(3600 * sums.final_hours * machine.replicas)),
            quiet_hours=tuple(hour for hour, works in sorted(load.items()) if not any(works)),
            half_load_hours=sum(1 for works in load.values() if any(works) and max(works) < fewer),
        )
    ]
