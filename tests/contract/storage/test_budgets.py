"""A budget holds, however many workers spend from it at once."""

import multiprocessing
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa

from app.clock import utc_now
from app.ledger.entries import PriceAttempt
from app.ledger.prices import PricedModel
from app.pipeline.mechanisms.analysis_ledger import AnalysisLedger
from app.routing.attempt import Attempt, Outcome
from app.routing.budget import PlannedCall
from app.routing.clients import Client
from app.storage import tenants
from app.storage.engine import Database
from app.storage.ledger import attempts, budgets
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.ledger.budgets import OverBudget
from app.storage.tables import model_attempts
from tests.contract.storage.rows import Rows

DAY = Decimal("0.10")


def take(database: Database, tenant_id: uuid.UUID, usd: str, seconds: float = 60) -> uuid.UUID | OverBudget:
    reservation = uuid.uuid4()
    with database.transaction() as tx:
        over = budgets.reserve(tx, reservation, tenant_id, Decimal(usd), {"day": DAY}, expires_in_seconds=seconds)
    return reservation if over is None else over


def write(database: Database, tenant_id: uuid.UUID, usd: str, at: datetime | None = None) -> None:
    row = AttemptRow(
        1, "ExtractProfile", "GPT4o", "gpt-4o", "hosted", "per_token", None, "ok", 200, None, at or utc_now(), 5,
        1, 0, 1, False, None, None, None, None, Decimal(usd), "list_price",
    )  # fmt: skip
    with database.transaction() as tx:
        attempts.insert_attempt(tx, row, tenant_id=tenant_id, resume_id=None, analysis_id=None)


def together(count: int, action: Callable[[], None]) -> None:
    threads = [threading.Thread(target=action) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_forty_concurrent_workers_get_exactly_the_ten_calls_in_the_budget(database: Database, rows: Rows) -> None:
    got: list[uuid.UUID | OverBudget] = []
    together(40, lambda: got.append(take(database, rows.tenant_id, "0.01")))
    assert sum(not isinstance(item, OverBudget) for item in got) == 10
    assert next(item for item in got if isinstance(item, OverBudget)) == OverBudget("day", DAY)


def _spend_all(database_url: str, tenant_id: uuid.UUID, spent: "multiprocessing.Queue[int]") -> None:
    """Reserve, spend a little less or more than reserved, and settle, until nothing is left."""
    database = Database(database_url, pool_size=1, application_name="vitae-tests")
    calls = 0
    while isinstance(reservation := take(database, tenant_id, "0.003"), uuid.UUID):
        usd = ("0.0025", "0.0031")[calls % 2]
        row = AttemptRow(
            1, "ExtractProfile", "GPT4o", "gpt-4o", "hosted", "per_token", None, "ok", 200, None, utc_now(), 5,
            1, 0, 1, False, None, None, None, None, Decimal(usd), "list_price",
        )  # fmt: skip
        with database.transaction() as tx:
            attempts.insert_attempt(tx, row, tenant_id=tenant_id, resume_id=None, analysis_id=None)
            budgets.settle(tx, reservation)
        calls += 1
    database.close()
    spent.put(calls)


def test_two_racing_processes_never_overspend_by_more_than_one_reservation(
    database: Database, database_url: str, rows: Rows
) -> None:
    context = multiprocessing.get_context("forkserver")
    spent: multiprocessing.Queue[int] = context.Queue()
    racers = [context.Process(target=_spend_all, args=(database_url, rows.tenant_id, spent)) for _ in range(2)]
    for racer in racers:
        racer.start()
    calls = [spent.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()
    with database.reading() as tx:
        total = tx.execute(
            sa.select(sa.func.sum(model_attempts.c.cost_usd)).where(model_attempts.c.tenant_id == rows.tenant_id)
        ).scalar_one()
    assert min(calls) > 0, "both processes spent something"
    assert DAY - Decimal("0.003") < total <= DAY + Decimal("0.003")


def test_spent_money_counts_and_settled_reservations_do_not_count_twice(database: Database, rows: Rows) -> None:
    write(database, rows.tenant_id, "0.05")
    reservation = take(database, rows.tenant_id, "0.04")
    assert isinstance(reservation, uuid.UUID)
    assert isinstance(take(database, rows.tenant_id, "0.02"), OverBudget)
    with database.transaction() as tx:
        budgets.settle(tx, reservation)
    assert isinstance(take(database, rows.tenant_id, "0.05"), uuid.UUID)


def test_spending_of_yesterday_and_of_other_tenants_does_not_count(database: Database, rows: Rows) -> None:
    with database.transaction() as tx:
        other = tenants.ensure_tenant(tx, f"tenant {uuid.uuid4()}")
    write(database, rows.tenant_id, "5", datetime(2020, 1, 1, tzinfo=UTC))
    write(database, other, "5")
    assert isinstance(take(database, rows.tenant_id, "0.10"), uuid.UUID)


def test_the_reservation_of_a_dead_worker_expires(database: Database, rows: Rows) -> None:
    take(database, rows.tenant_id, "0.10", seconds=0.1)
    assert isinstance(take(database, rows.tenant_id, "0.10"), OverBudget)
    threading.Event().wait(0.15)  # until the reservation expires
    assert isinstance(take(database, rows.tenant_id, "0.10"), uuid.UUID)


def planned(client: Client, tokens: int) -> PlannedCall:
    return PlannedCall(
        function="ExtractProfile",
        client=client,
        prompt_version="v",
        input_tokens=tokens,
        longest_output_tokens=tokens,
        expected_output_tokens=tokens // 2,
        started_at=utc_now(),
        timeout_seconds=60,
    )


def test_paid_clients_are_refused_at_the_limit_and_self_hosted_ones_never_are(database: Database, rows: Rows) -> None:
    paid = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=None, api_key="k")
    own = Client(
        name="Own",
        provider="openai-generic",
        model="m",
        base_url="http://l/v1",
        location="local",
        billing="self_hosted",
    )
    unknown = Client(name="New", provider="openai", model="no-such-model", base_url=None, api_key="k")
    price = PriceAttempt(
        {
            client.name: PricedModel(model=client.model, price_provider="openai", billing=client.billing)
            for client in (paid, own, unknown)
        }
    )
    claim = rows.claimed_for_analysis(rows.resume())
    book = AnalysisLedger(database, price, claim, {"day": Decimal("0.02")})
    # 1,000 input and 1,000 output tokens cost 0.0125 on gpt-4o: once fits the budget, twice does not.
    assert book.refusal(planned(paid, 1000)) is None
    another = AnalysisLedger(database, price, claim, {"day": Decimal("0.02")})
    assert another.refusal(planned(paid, 1000)) == "would exceed the tenant's limit of $0.02 a day"
    assert another.refusal(planned(own, 1000)) is None
    assert "no known price" in (another.refusal(planned(unknown, 1)) or "")
    book.record(attempt(paid, "rejected"))  # costs nothing, so the reservation is released
    assert another.refusal(planned(paid, 1000)) is None
    unlimited = AnalysisLedger(database, price, claim, {})
    assert unlimited.refusal(planned(unknown, 1)) is None


def attempt(client: Client, outcome: Outcome) -> Attempt:
    return Attempt(
        number=1,
        function="ExtractProfile",
        client=client.name,
        model=client.model,
        location=client.location,
        billing=client.billing,
        outcome=outcome,
        http_status=400,
        error="http_400",
        input_tokens=0,
        cached_tokens=0,
        output_tokens=0,
        tokens_estimated=False,
        started_at=utc_now(),
        latency_ms=5,
        prompt_version="v",
    )
