"""Proves that the ledger adds up: attempts + idle = bill, attempts = provider's usage, sums = rows. Reads only.

Called by the cost API for the operator, because it covers the whole service and not one tenant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.ledger.bills import ProviderUsage
from app.ledger.machines import HOUR, Machine
from app.ledger.reconcile import Check, compare_usage
from app.storage.engine import Transaction
from app.storage.ledger import costs, machine_costs
from app.storage.ledger.costs import CostSums, MachineSums


@dataclass(frozen=True, slots=True)
class BillComparison:
    machine: str
    starts_at: datetime
    ends_at: datetime
    amount_usd: Decimal
    estimate_usd: Decimal
    reference: str | None

    @property
    def difference_usd(self) -> Decimal:
        return self.amount_usd - self.estimate_usd


@dataclass(frozen=True, slots=True)
class Reconciliation:
    start: datetime
    end: datetime
    checks: list[Check]
    machines: list[MachineSums]
    bills: list[BillComparison]
    tenants: list[tuple[str, CostSums]]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


def reconcile(
    tx: Transaction,
    known: Sequence[Machine],
    start: datetime,
    end: datetime,
    usage: Sequence[ProviderUsage] | None = None,
) -> Reconciliation:
    """`usage` None: without a provider's export that comparison is left out."""
    sums = costs.list_machine_sums(tx, start, end)
    checks = [check for row in sums for check in _machine_checks(row)]
    machine_of = {client: machine.name for machine in known for client in machine.clients}
    ledger = costs.check_ledger(tx, start, end, machine_of)
    checks += [
        Check(
            name="hourly sums = ledger rows",
            unit="attempts",
            expected=Decimal(ledger.attempts),
            found=Decimal(ledger.rolled_attempts),
            explanation="rows were inserted without the service: the sums must be rebuilt",
        ),
        Check(
            name="hourly sums = ledger amounts",
            unit="USD",
            expected=ledger.cost_usd,
            found=ledger.rolled_cost_usd,
            explanation="rows were inserted without the service: the sums must be rebuilt",
        ),
        Check(
            name="tokens x stored prices = stored costs",
            unit="USD",
            expected=ledger.recomputed_usd.quantize(Decimal("1E-14")),
            found=ledger.priced_usd,
            explanation="a row's cost does not follow from its own tokens and prices",
        ),
        Check(
            name="attempts of closed hours without a share of the bill",
            unit="attempts",
            expected=Decimal(0),
            found=Decimal(ledger.pending_without_allocation),
            explanation="they arrived late: the scheduler closes their hours again within a minute",
        ),
    ]
    estimates = {machine.name: machine for machine in known}
    bills = [
        BillComparison(bill.machine, bill.starts_at, bill.ends_at, bill.amount_usd, estimate, bill.reference)
        for bill in machine_costs.list_bills(tx)
        if bill.starts_at < end and bill.ends_at > start
        for estimate in [_estimate(estimates.get(bill.machine), bill.starts_at, bill.ends_at)]
    ]
    if usage is not None:
        checks += compare_usage(costs.list_daily_usage(tx, start, end), usage)
    return Reconciliation(start, end, checks, sums, bills, costs.list_groups(tx, None, start, end, "tenant"))


def _machine_checks(row: MachineSums) -> list[Check]:
    return [
        Check(
            name=f"{row.machine}: attempts + unused hours = cost",
            unit="USD",
            expected=row.cost_usd,
            found=row.allocated_usd + row.unused_usd,
            explanation="an attempt was removed from the ledger, or an hour is being closed right now",
        ),
        Check(
            name=f"{row.machine}: use + idle = cost",
            unit="USD",
            expected=row.cost_usd,
            found=row.usage_usd + row.idle_usd,
            explanation="an attempt was removed from the ledger, or an hour is being closed right now",
        ),
    ]


def _estimate(machine: Machine | None, start: datetime, end: datetime) -> Decimal:
    if machine is None:  # removed from the settings since
        return Decimal(0)
    hours = (end - start) // HOUR
    return sum((machine.estimate_usd(start + HOUR * index) for index in range(hours)), Decimal(0))
