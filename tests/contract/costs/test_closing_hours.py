"""Closing the hours of a self-hosted machine: its cost is allocated exactly, first provisionally and later finally."""

import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, InputError
from app.ledger.bills import read_bills
from app.ledger.machines import Bill
from app.pipeline.costs.attempt_costs import with_provisional_costs
from app.pipeline.costs.close_hours import close_hour, close_hours
from app.pipeline.costs.import_bills import import_bills
from app.storage.engine import Database
from app.storage.ledger import attempts, machine_costs
from app.storage.ledger.costs import list_ledger
from app.storage.tables import attempt_allocations, hourly_costs, machine_hours, model_attempts
from tests.contract.costs.conftest import HOUR, Ledger, later
from tests.contract.storage.rows import Rows


def _sums(database: Database, ledger: Ledger) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Cost of the machine; allocated + unused; usage + idle; the hourly sums of all tenants + unused."""
    name = ledger.machine.name
    with database.reading() as tx:
        cost, unused, idle = tx.execute(
            sa.select(
                sa.func.sum(machine_hours.c.cost_usd),
                sa.func.sum(machine_hours.c.unused_usd),
                sa.func.sum(machine_hours.c.idle_usd),
            ).where(machine_hours.c.machine == name)
        ).one()
        allocated, usage = tx.execute(
            sa.select(
                sa.func.sum(attempt_allocations.c.allocated_usd), sa.func.sum(attempt_allocations.c.usage_usd)
            ).where(attempt_allocations.c.machine == name)
        ).one()
        rolled = tx.execute(
            sa.select(sa.func.sum(hourly_costs.c.allocated_usd)).where(hourly_costs.c.client == ledger.client)
        ).scalar_one()
    return cost, allocated + unused, usage + idle, rolled + unused


def test_attempts_and_unused_hours_add_up_to_the_machines_cost(database: Database, ledger: Ledger) -> None:
    other = ledger.new_tenant()
    for minutes in range(7):
        ledger.add(HOUR + timedelta(minutes=minutes))
        ledger.add(HOUR + timedelta(minutes=minutes), tenant_id=other, tokens=(1300, 400, 333))
    ledger.add(later(hours=2), outcome="timeout", tokens=(700, 0, 50))
    ledger.add(later(hours=2), outcome="unreachable", tokens=(0, 0, 0))
    assert close_hours(database, [ledger.machine], later(hours=5, minutes=5)) == 4
    cost, by_share, by_usage, rolled = _sums(database, ledger)
    assert cost == 4 * Decimal("1.009")
    assert by_share == by_usage == rolled == cost
    with database.reading() as tx:
        waste = tx.execute(
            sa.select(machine_hours.c.waste_usd).where(
                machine_hours.c.machine == ledger.machine.name, machine_hours.c.hour == later(hours=2)
            )
        ).scalar_one()
    assert waste == Decimal("1.009")  # only a failed attempt in that hour


def test_a_machine_that_was_never_reached_costs_nothing(database: Database, ledger: Ledger) -> None:
    assert close_hours(database, [ledger.machine], later(hours=9)) == 0
    with database.reading() as tx:
        assert machine_costs.find_machine_hour(tx, ledger.machine.name, HOUR) is None


def test_closing_again_changes_nothing(database: Database, ledger: Ledger) -> None:
    ledger.add()
    assert close_hours(database, [ledger.machine], later(hours=2)) == 1
    before = _sums(database, ledger)
    assert close_hours(database, [ledger.machine], later(hours=2)) == 0
    with database.transaction() as tx:
        close_hour(tx, ledger.machine, HOUR)
    assert _sums(database, ledger) == before


def test_an_attempt_that_arrives_late_closes_its_hour_again(database: Database, ledger: Ledger) -> None:
    ledger.add()
    close_hours(database, [ledger.machine], later(hours=2))
    ledger.add(HOUR + timedelta(minutes=59))
    assert close_hours(database, [ledger.machine], later(hours=2)) == 1
    cost, by_share, by_usage, rolled = _sums(database, ledger)
    assert by_share == by_usage == rolled == cost
    with database.reading() as tx:
        hour = machine_costs.find_machine_hour(tx, ledger.machine.name, HOUR)
    assert hour is not None
    assert hour.attempts == 2


def test_a_machine_rented_by_the_hour_costs_nothing_from_a_day_after_its_last_use(
    database: Database, ledger: Ledger
) -> None:
    ledger.add()
    assert close_hours(database, [ledger.rented], later(hours=100)) == 25
    assert close_hours(database, [ledger.rented], later(hours=200)) == 0


def test_a_reserved_machine_keeps_costing_and_its_unused_hours_are_shown(database: Database, ledger: Ledger) -> None:
    ledger.add()
    assert close_hours(database, [ledger.machine], later(hours=101)) == 100
    cost, by_share, by_usage, _ = _sums(database, ledger)
    assert cost == by_share == by_usage == 100 * Decimal("1.009")


def test_attempts_show_a_provisional_amount_until_the_hour_is_closed(database: Database, ledger: Ledger) -> None:
    rows = Rows(database)
    resume = rows.resume()
    links = (resume.resume_id, resume.analysis_id)
    ledger.add(resume=links)
    ledger.add(tokens=(2100, 0, 300))  # three times the work, by another tenant
    with database.reading() as tx:
        shown = with_provisional_costs(tx, attempts.list_attempts(tx, resume.resume_id), [ledger.machine])
    assert [(row.cost_usd, row.cost_basis) for row in shown] == [(Decimal("0.25225"), "self_hosted_provisional")]
    ledger.add(tokens=(2800, 0, 400))
    close_hours(database, [ledger.machine], later(hours=2))
    with database.reading() as tx:
        shown = with_provisional_costs(tx, attempts.list_attempts(tx, resume.resume_id), [ledger.machine])
        stored = tx.execute(
            sa.select(model_attempts.c.cost_usd, model_attempts.c.cost_basis).where(
                model_attempts.c.resume_id == resume.resume_id
            )
        ).one()
    assert [(row.cost_usd, row.cost_basis) for row in shown] == [(Decimal("0.126125"), "self_hosted_allocated")]
    assert tuple(stored) == (None, "self_hosted_pending")  # the ledger row itself is never changed


def test_a_partial_answer_is_not_spent_on_a_failed_attempt(database: Database, ledger: Ledger) -> None:
    ledger.add()
    ledger.add(outcome="partial")
    ledger.add(outcome="cut_off")
    close_hours(database, [ledger.machine], later(hours=2))
    summed = sa.select(
        *(hourly_costs.c[name] for name in ("attempts", "answered", "failed", "allocated_waste_usd"))
    ).where(hourly_costs.c.client == ledger.client)
    with database.reading() as tx:
        before = tuple(tx.execute(summed).one())
        failed, _ = list_ledger(tx, ledger.tenant_id, HOUR, later(hours=1), failed_only=True, limit=10)
    assert before[:3] == (3, 2, 1)
    assert before[3] == pytest.approx(Decimal("1.009") / 3)
    assert [item.row.outcome for item in failed] == ["cut_off"]


def test_the_current_hour_has_a_provisional_sum(database: Database, ledger: Ledger) -> None:
    ledger.add()
    ledger.add(outcome="parse_error")
    assert close_hours(database, [ledger.machine], HOUR + timedelta(minutes=30)) == 0
    with database.reading() as tx:
        hour = machine_costs.find_machine_hour(tx, ledger.machine.name, HOUR)
        summed = tx.execute(
            sa.select(hourly_costs.c.allocated_usd, hourly_costs.c.allocated_waste_usd, hourly_costs.c.stale).where(
                hourly_costs.c.client == ledger.client
            )
        ).one()
    assert hour is not None
    assert not hour.final
    assert tuple(summed) == (Decimal("1.009"), Decimal("0.5045"), True)


def test_a_bill_replaces_the_estimate_and_the_difference_is_shown(database: Database, ledger: Ledger) -> None:
    ledger.add()
    ledger.add(later(hours=1), tokens=(100, 0, 3))
    close_hours(database, [ledger.machine], later(hours=4))
    line = f"{ledger.client},{HOUR.isoformat()},{later(hours=3).isoformat()},10.00,INV-7"
    text = f"machine,start,end,amount_usd,reference\n{line}\n"
    (imported,) = import_bills(database, [ledger.machine], read_bills(text), later(hours=4, minutes=20))
    assert imported.estimate_usd == Decimal("3.027")
    assert imported.difference_usd == Decimal("6.973")
    assert imported.closed_hours == 3
    cost, by_share, by_usage, rolled = _sums(database, ledger)
    assert cost == by_share == by_usage == rolled == Decimal(10)


def test_an_overlapping_bill_is_rejected_and_one_for_the_same_period_replaces(
    database: Database, ledger: Ledger
) -> None:
    ledger.add()
    bill = Bill(ledger.client, HOUR, later(hours=3), Decimal(9))
    import_bills(database, [ledger.machine], [bill], later(hours=6))
    with pytest.raises(Conflict):
        import_bills(
            database,
            [ledger.machine],
            [Bill(ledger.client, later(hours=1), later(hours=9), Decimal(1))],
            later(hours=9),
        )
    import_bills(database, [ledger.machine], [Bill(ledger.client, HOUR, later(hours=3), Decimal(6))], later(hours=6))
    assert _sums(database, ledger)[0] == Decimal(6)


def test_a_bill_for_an_unknown_machine_is_rejected(database: Database, ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no machine"):
        import_bills(database, [ledger.machine], [Bill("Nobody", HOUR, later(hours=1), Decimal(1))], later(hours=6))


def test_attempts_written_while_hours_are_closed_are_never_lost(database: Database, ledger: Ledger) -> None:
    def write() -> None:
        for _ in range(25):
            ledger.add()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(10):
        close_hours(database, [ledger.machine], later(hours=2))
    for writer in writers:
        writer.join()
    close_hours(database, [ledger.machine], later(hours=2))
    cost, by_share, by_usage, rolled = _sums(database, ledger)
    assert by_share == by_usage == rolled == cost == Decimal("1.009")
    with database.reading() as tx:
        counted = tx.execute(
            sa.select(sa.func.sum(hourly_costs.c.attempts)).where(hourly_costs.c.client == ledger.client)
        ).scalar_one()
        divided = tx.execute(
            sa.select(sa.func.count()).where(attempt_allocations.c.machine == ledger.machine.name)
        ).scalar_one()
    assert counted == divided == 100


def test_an_allocation_belongs_to_an_attempt_in_the_ledger(database: Database) -> None:
    row = machine_costs.AllocationRow(uuid.uuid4(), Decimal(1), Decimal(1), Decimal(1))
    with pytest.raises(IntegrityError), database.transaction() as tx:
        machine_costs.replace_allocations(tx, "nobody", HOUR, [row])
