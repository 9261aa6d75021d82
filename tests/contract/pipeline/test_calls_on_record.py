"""Every model call is recorded before it is sent, so that none is lost if a worker dies."""

import threading
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.clock import utc_now
from app.ledger.entries import PriceAttempt
from app.ledger.prices import PricedModel
from app.observability.metrics import Tally
from app.pipeline.costs.write_off_calls import write_off_lost_calls
from app.pipeline.mechanisms.analysis_ledger import AnalysisLedger
from app.routing.attempt import Attempt
from app.routing.budget import PlannedCall
from app.routing.clients import Client
from app.storage.tables import budget_reservations, hourly_costs, model_attempts, model_calls
from tests.contract.pipeline.service import Service
from tests.contract.storage.rows import UploadedResume
from tests.scripted_model import Behaviour, ScriptedModel

PAID = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=None, api_key="k")
PRICE = PriceAttempt({"GPT4o": PricedModel(model="gpt-4o", price_provider="openai", billing="per_token")})


def ledger(service: Service, resume_id: uuid.UUID) -> list[Any]:
    with service.database.reading() as tx:
        return list(
            tx.execute(
                sa.select(model_attempts)
                .where(model_attempts.c.resume_id == resume_id)
                .order_by(model_attempts.c.number)
            )
        )


def under_way(service: Service, resume_id: uuid.UUID) -> list[Any]:
    with service.database.reading() as tx:
        return list(tx.execute(sa.select(model_calls).where(model_calls.c.resume_id == resume_id)))


def planned() -> PlannedCall:
    return PlannedCall(
        function="ExtractProfile",
        client=PAID,
        prompt_version="v",
        input_tokens=700,
        longest_output_tokens=4096,
        expected_output_tokens=100,
        started_at=utc_now(),
        timeout_seconds=60,
    )


def ended() -> Attempt:
    return Attempt(
        number=1,
        function="ExtractProfile",
        client="GPT4o",
        model="gpt-4o",
        location="hosted",
        billing="per_token",
        outcome="ok",
        http_status=200,
        error=None,
        input_tokens=710,
        cached_tokens=0,
        output_tokens=90,
        tokens_estimated=False,
        started_at=utc_now(),
        latency_ms=800,
        prompt_version="v",
    )


def left_behind(service: Service, limits: dict[Any, Decimal] | None = None) -> tuple[UploadedResume, AnalysisLedger]:
    """A resume whose worker recorded a call and then died."""
    made = service.rows.resume()
    book = AnalysisLedger(service.database, PRICE, service.rows.claimed_for_analysis(made), limits or {})
    assert book.refusal(planned()) is None
    return made, book


def let_all_leases_end(service: Service) -> None:
    with service.database.transaction() as tx:
        tx.execute(
            sa.text("update analyses set lease_until = now() - interval '1 second' where lease_token is not null")
        )
        tx.execute(sa.text("update model_calls set lost_at = now() - interval '1 second'"))


def test_a_call_is_recorded_while_in_progress_and_replaced_by_its_ledger_row(
    service: Service, model: ScriptedModel
) -> None:
    model.script.replace(Behaviour("hang_before_headers"))
    made = service.upload()
    worker = threading.Thread(target=service.analyse, args=(made.resume_id,))
    worker.start()
    while not model.calls:
        assert worker.is_alive()
    (call,) = under_way(service, made.resume_id)
    assert ledger(service, made.resume_id) == []
    worker.join(60)
    rows = ledger(service, made.resume_id)
    assert rows[0].id == call.id
    assert (rows[0].client, rows[0].number, rows[0].outcome) == (call.client, call.number, "timeout")
    assert under_way(service, made.resume_id) == []
    assert len(rows) == len(model.calls)


def test_the_worker_that_takes_over_writes_off_the_calls_of_the_dead_worker(
    service: Service, model: ScriptedModel
) -> None:
    made = service.upload()
    claim = service.rows.claim(made.analysis_id, "analysis")
    assert claim is not None
    dead = AnalysisLedger(service.database, PRICE, claim, {})
    assert dead.refusal(planned()) is None
    let_all_leases_end(service)
    assert service.analyse(made.resume_id).status == "done"
    lost, good = ledger(service, made.resume_id)
    assert (lost.number, lost.outcome, lost.tokens_estimated, lost.error) == (1, "lost", True, "worker_died")
    assert (lost.input_tokens, lost.output_tokens) == (700, 100)
    assert (good.number, good.outcome) == (2, "ok")
    assert under_way(service, made.resume_id) == []


def test_a_lost_call_has_its_expected_cost_and_releases_its_budget_reservation(service: Service) -> None:
    made, _ = left_behind(service, {"day": Decimal(1)})
    with service.database.transaction() as tx:
        tx.execute(sa.text("update model_calls set lost_at = now() - interval '1 second'"))
    assert write_off_lost_calls(service.database, PRICE, Tally()) >= 1
    (row,) = ledger(service, made.resume_id)
    assert (row.outcome, row.cost_usd, row.latency_ms) == ("lost", Decimal("0.00275"), None)
    with service.database.reading() as tx:
        mine = budget_reservations.c.tenant_id == service.rows.tenant_id
        assert tx.execute(sa.select(sa.func.count()).where(mine)).scalar_one() == 0
        sums = tx.execute(sa.select(hourly_costs).where(hourly_costs.c.tenant_id == service.rows.tenant_id)).one()
    assert (sums.attempts, sums.failed, sums.waste_usd) == (1, 1, Decimal("0.00275"))


def test_a_call_that_may_still_be_in_progress_is_not_written_off(service: Service) -> None:
    made, _ = left_behind(service)
    write_off_lost_calls(service.database, PRICE, Tally())
    assert len(under_way(service, made.resume_id)) == 1
    assert ledger(service, made.resume_id) == []


def test_a_worker_that_was_presumed_dead_adds_no_second_row_for_its_call(service: Service) -> None:
    made, book = left_behind(service)
    let_all_leases_end(service)
    write_off_lost_calls(service.database, PRICE, Tally())
    book.record(ended())
    assert [row.outcome for row in ledger(service, made.resume_id)] == ["lost"]
    with service.database.reading() as tx:
        sums = tx.execute(sa.select(hourly_costs).where(hourly_costs.c.tenant_id == service.rows.tenant_id)).one()
    assert sums.attempts == 1


def test_a_call_whose_record_postgres_lost_still_gets_its_ledger_row(service: Service) -> None:
    made, book = left_behind(service)
    with service.database.transaction() as tx:
        tx.execute(sa.delete(model_calls).where(model_calls.c.resume_id == made.resume_id))
    book.record(ended())
    assert [row.outcome for row in ledger(service, made.resume_id)] == ["ok"]


def test_the_call_of_an_erased_resume_is_written_off_without_personal_data(service: Service) -> None:
    made, _ = left_behind(service)
    with service.database.transaction() as tx:
        tx.execute(sa.text("delete from resumes where id = :id"), {"id": made.resume_id})
        tx.execute(sa.text("update model_calls set lost_at = now() - interval '1 second'"))
    write_off_lost_calls(service.database, PRICE, Tally())
    with service.database.reading() as tx:
        rows = tx.execute(sa.select(model_attempts).where(model_attempts.c.tenant_id == service.rows.tenant_id)).all()
    assert [(row.outcome, row.resume_id, row.analysis_id) for row in rows] == [("lost", None, None)]
