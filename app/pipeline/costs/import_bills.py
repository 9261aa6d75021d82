"""Use case: real bills of GPU servers replace the cost profile's estimate. Called by the cost API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.errors import Conflict, InputError
from app.ledger.machines import HOUR, Bill, Machine
from app.pipeline.costs.close_hours import close_hour
from app.storage.engine import Database
from app.storage.ledger import machine_costs as storage
from app.storage.ledger.cost_rollup import hour_of
from app.storage.ledger.machine_costs import BillRow

_LONGEST_BILL = timedelta(days=366)
_GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ImportedBill:
    """`difference_usd` is the bill less the estimate: above 0 when the machine cost more than its profile says."""

    bill: Bill
    estimate_usd: Decimal
    difference_usd: Decimal
    hours: int
    closed_hours: int


def import_bills(
    database: Database, machines: Sequence[Machine], bills: Sequence[Bill], now: datetime
) -> list[ImportedBill]:
    """Store the bills and close the past hours they cover again. All of them, or none when one is refused."""
    known = {machine.name: machine for machine in machines}
    for bill in bills:
        if bill.machine not in known:
            raise InputError(
                f"There is no machine `{bill.machine[:60]}`. Known are: {', '.join(sorted(known)) or 'none'}; "
                "machines are named after the first self-hosted client at their address."
            )
        if bill.ends_at - bill.starts_at > _LONGEST_BILL:
            raise InputError("A bill covers at most a year. Split it.")
    with database.transaction() as tx:
        for bill in sorted(bills, key=lambda bill: (bill.machine, bill.starts_at)):
            storage.lock_bills(tx, bill.machine)
            row = BillRow(bill.machine, bill.starts_at, bill.ends_at, bill.amount_usd, bill.reference)
            other = storage.find_overlapping_bill(tx, row)
            if other is not None:
                raise Conflict(
                    f"There is a bill of `{bill.machine}` from {other.starts_at:%Y-%m-%dT%H:%MZ} to "
                    f"{other.ends_at:%Y-%m-%dT%H:%MZ} already. Import the same period again to replace it."
                )
            storage.save_bill(tx, row)
    return [_apply(database, known[bill.machine], bill, now) for bill in bills]


def _apply(database: Database, machine: Machine, bill: Bill, now: datetime) -> ImportedBill:
    """One transaction per hour, so that no attempt waits for a whole month."""
    past = min(bill.ends_at, hour_of(now - _GRACE))
    hour, closed, estimate = bill.starts_at, 0, Decimal(0)
    while hour < bill.ends_at:
        estimate += machine.estimate_usd(hour)
        if hour < past:
            with database.transaction() as tx:
                close_hour(tx, machine, hour)
            closed += 1
        hour += HOUR
    return ImportedBill(bill, estimate, bill.amount_usd - estimate, bill.hours, closed)
