"""Use case: divide the cost of GPU servers among the attempts of each hour. Called by the scheduler and bill imports.

A past hour is closed for good: every attempt gets its share, and the shares add up to the hour's cost exactly. The
current hour is summed provisionally. Late attempts or a bill close an hour again; the ledger rows stay unchanged.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from app.ledger.machines import HOUR, Bill, Machine
from app.ledger.self_hosted import Work, allocate_hour
from app.storage.engine import Database, Transaction
from app.storage.ledger import machine_costs as storage
from app.storage.ledger.attempt_row import ANSWERED
from app.storage.ledger.cost_rollup import hour_of
from app.storage.ledger.machine_costs import AllocationRow, MachineHour, RowKey

log = logging.getLogger(__name__)

# Attempts are committed when they end: within the routing deadline plus the retries while a database is unavailable.
_GRACE = timedelta(minutes=10)
_HOURS_PER_SWEEP = 200
# A machine rented by the hour counts as stopped when it received no request for a day.
_SILENCE = timedelta(hours=24)


def close_hours(database: Database, machines: Sequence[Machine], now: datetime) -> int:
    """Close every hour that can be closed and sum the current hour; returns how many hours were closed for good."""
    closed = 0
    for machine in machines:
        with database.reading() as tx:
            contact = storage.find_contact(tx, machine.clients)
            if contact is None:
                continue  # never reached: no such machine exists yet
            last = hour_of(now - _GRACE) - HOUR  # its end is past the grace period
            if not machine.runs_on:
                last = min(last, contact.last + _SILENCE)
            hours = storage.list_open_hours(tx, machine.name, machine.clients, contact.first, last, _HOURS_PER_SWEEP)
        for hour in hours:
            with database.transaction() as tx:
                close_hour(tx, machine, hour)
        closed += len(hours)
        running = max(hour_of(now - _GRACE), contact.first)
        while running <= now:
            with database.transaction() as tx:
                sum_provisionally(tx, machine, running)
            running += HOUR
    if closed:
        log.info("hours_closed", extra={"fields": {"hours": closed}})
    return closed


def close_hour(tx: Transaction, machine: Machine, hour: datetime) -> MachineHour:
    """Divide one past hour among its attempts, replacing an earlier division."""
    keys = storage.lock_hour(tx, machine.name, machine.clients, hour)
    pending = storage.list_pending_attempts(tx, machine.clients, hour)
    works = [
        Work(
            attempt_id=str(a.id),
            input_tokens=a.input_tokens,
            cached_tokens=a.cached_tokens,
            output_tokens=a.output_tokens,
            wasted=a.outcome not in ANSWERED,
        )
        for a in pending
    ]
    estimate, cost, billed = hour_cost(tx, machine, hour)
    divided = allocate_hour(cost, works, machine.rates)
    attempt_of = {str(attempt.id): attempt for attempt in pending}
    allocated, usage, waste = (defaultdict[RowKey, Decimal](Decimal) for _ in range(3))
    rows: list[AllocationRow] = []
    for share in divided.shares:
        attempt = attempt_of[share.attempt_id]
        rows.append(AllocationRow(attempt.id, share.work_seconds, share.allocated_usd, share.usage_usd))
        allocated[attempt.key] += share.allocated_usd
        usage[attempt.key] += share.usage_usd
        waste[attempt.key] += share.allocated_usd if share.wasted else 0
    storage.replace_allocations(tx, machine.name, hour, rows)
    for key in keys:
        storage.save_allocated_sums(
            tx, hour, key, allocated=allocated[key], usage=usage[key], waste=waste[key], final=True
        )
    row = MachineHour(
        machine.name,
        hour,
        machine.profile.name,
        estimate,
        cost,
        billed,
        final=True,
        attempts=len(pending),
        work_seconds=sum((share.work_seconds for share in divided.shares), Decimal(0)),
        unused_usd=divided.unused_usd,
        idle_usd=divided.idle_usd,
        waste_usd=divided.waste_usd,
    )
    storage.save_machine_hour(tx, row)
    return row


def sum_provisionally(tx: Transaction, machine: Machine, hour: datetime) -> None:
    """The share of each hourly row if nothing else arrived, computed from token sums only."""
    keys = storage.lock_hour(tx, machine.name, machine.clients, hour)
    if not keys:
        return
    sums = {row.key: row for row in storage.list_hour_tokens(tx, machine.clients, hour)}
    estimate, cost, billed = hour_cost(tx, machine, hour)
    works: list[Work] = []
    for key, row in sums.items():
        name = "|".join(map(str, key))
        answered = (row.answered_input_tokens, row.answered_cached_tokens, row.answered_output_tokens)
        everything = (row.input_tokens, row.cached_tokens, row.output_tokens)
        works.append(
            Work(
                attempt_id=f"{name} ok",
                input_tokens=row.answered_input_tokens,
                cached_tokens=row.answered_cached_tokens,
                output_tokens=row.answered_output_tokens,
            )
        )
        rest = tuple(whole - part for whole, part in zip(everything, answered, strict=True))
        works.append(
            Work(
                attempt_id=f"{name} wasted",
                input_tokens=rest[0],
                cached_tokens=rest[1],
                output_tokens=rest[2],
                wasted=True,
            )
        )
    divided = allocate_hour(cost, works, machine.rates)
    shares = {share.attempt_id: share for share in divided.shares}
    for key in sums:
        name = "|".join(map(str, key))
        ok, wasted = shares[f"{name} ok"], shares[f"{name} wasted"]
        storage.save_allocated_sums(
            tx,
            hour,
            key,
            allocated=ok.allocated_usd + wasted.allocated_usd,
            usage=ok.usage_usd + wasted.usage_usd,
            waste=wasted.allocated_usd,
            final=False,
        )
    storage.save_machine_hour(
        tx,
        MachineHour(
            machine.name,
            hour,
            machine.profile.name,
            estimate,
            cost,
            billed,
            final=False,
            attempts=sum(row.attempts for row in sums.values()),
            work_seconds=sum((share.work_seconds for share in divided.shares), Decimal(0)),
            unused_usd=divided.unused_usd,
            idle_usd=divided.idle_usd,
            waste_usd=divided.waste_usd,
        ),
    )


def hour_cost(tx: Transaction, machine: Machine, hour: datetime) -> tuple[Decimal, Decimal, bool]:
    """The profile's estimate, the hour's assumed cost, and whether that comes from a bill."""
    estimate = machine.estimate_usd(hour)
    bill = storage.find_bill(tx, machine.name, hour)
    if bill is None:
        return estimate, estimate, False
    part = Bill(bill.machine, bill.starts_at, bill.ends_at, bill.amount_usd).hour_usd(hour)
    return estimate, part, True
