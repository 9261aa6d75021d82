"""From waiting uploads to results at half the price, and what happens when a step fails on the way."""

import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.analysis.combine_readings import CUT_OFF
from app.pipeline.batches import batch_lane
from app.pipeline.batches.batch_lane import tend_batches
from app.pipeline.resumes.erase_resume import erase_resume
from app.routing.clients import Client
from app.routing.servers.batch_api import BatchApi, BatchAway, ProviderBatch
from app.storage import batches
from app.storage.engine import Database
from app.storage.ledger import budgets
from app.storage.tables import analyses as analyses_table
from app.storage.tables import batches as batches_table
from app.storage.tables import budget_reservations
from tests.contract.batches.conftest import Lane, MakeLane
from tests.scripted_model import Behaviour, ScriptedModel
from tests.scripted_model.behaviour import Step


def test_waiting_uploads_are_processed_as_one_file_at_half_the_price(lane: Lane, model: ScriptedModel) -> None:
    model.script.replace(Behaviour(prompt_tokens=2000, completion_tokens=300, cached_tokens=0))
    made = [lane.upload() for _ in range(3)]
    assert not any(lane.is_due(one) for one in made), "they wait for the batch"
    row = lane.run(lane.start())
    assert (row.state, row.requests, row.error) == ("collected", 3, None)
    for one in made:
        analysis = lane.analysis_of(one)
        assert (analysis.status, analysis.client, analysis.degraded) == ("done", "GPT4o", False)
        assert analysis.profile["basics"]["name"] == "MARCUS DELHAYE"
        assert "/basics/name" in analysis.evidence, "grounded like any other result"
        (attempt,) = lane.ledger(one)
        assert (attempt.outcome, attempt.service_tier, attempt.number) == ("ok", "batch", 1)
        assert attempt.latency_ms is None, "unknown for a batch line"
        assert attempt.cost_usd == Decimal("0.004")  # 2,000 x 1.25 + 300 x 5.00 per million, half of 0.008
        assert attempt.price_source is not None
        assert "batch" in attempt.price_source
    assert model.calls == [], "no single call was made"
    assert model.batches.files == {}, "the files with resumes were deleted"


def test_only_batch_priority_uploads_are_held(lane: Lane) -> None:
    assert lane.lane.hold_seconds("any", "interactive") == 0
    assert lane.lane.hold_seconds("any", "batch") == 24 * 3600
    assert lane.lane.hold_seconds("local_only", "batch") == 0


def test_a_local_only_resume_is_never_in_a_hosted_batch(lane: Lane, model: ScriptedModel) -> None:
    secret, plain = lane.upload(privacy="local_only"), lane.upload()
    batch_id = lane.start()
    assert lane.analysis_of(secret).batch_id is None
    # Even if the row changes directly in the database, the line is not written.
    with lane.database.transaction() as tx:
        tx.execute(sa.update(analyses_table).where(analyses_table.c.id == secret.analysis_id).values(batch_id=batch_id))
        tx.execute(
            sa.text(
                "insert into batch_items (id, batch_id, tenant_id, analysis_id) values (gen_random_uuid(), :b, :t, :a)"
            ),
            {"b": batch_id, "t": lane.rows.tenant_id, "a": secret.analysis_id},
        )
    row = lane.run(batch_id)
    assert (row.requests, model.batches.asked_lines) == (1, 1)
    assert lane.items(batch_id) == {"answered": 1, "returned": 1}
    assert lane.analysis_of(plain).status == "done"
    assert lane.is_due(secret)
    assert lane.ledger(secret) == []


def test_failed_lines_are_processed_as_usual_and_each_has_its_ledger_row(lane: Lane, model: ScriptedModel) -> None:
    model.script.replace(
        Step(Behaviour(prompt_tokens=1000, completion_tokens=100), calls=1),
        Step(Behaviour("prose", prompt_tokens=1000, completion_tokens=20), calls=1),
        Step(Behaviour("truncated", answer='{"is_resume":', prompt_tokens=1000, completion_tokens=50), calls=1),
        Step(Behaviour("error", status=500), calls=1),
        Step(Behaviour("error", status=429), calls=1),
        Behaviour(),
    )
    made = [lane.upload() for _ in range(5)]
    batch_id = lane.start()
    assert lane.run(batch_id).state == "collected"
    assert lane.items(batch_id) == {"answered": 1, "returned": 4}
    rows = [attempt for one in made for attempt in lane.ledger(one)]
    assert sorted(row.outcome for row in rows) == ["cut_off", "ok", "parse_error", "rate_limited", "server_error"]
    costs = {row.outcome: row.cost_usd for row in rows}
    assert costs["parse_error"] == Decimal("0.00135")  # spent on a failed attempt: 1,000 x 1.25 + 20 x 5.00
    assert (costs["server_error"], costs["rate_limited"]) == (0, 0)
    back = [one for one in made if lane.analysis_of(one).status != "done"]
    assert all(lane.is_due(one) for one in back)
    for one in back:
        assert lane.analyse_as_usual(one).status == "done"
        assert [(row.number, row.service_tier) for row in lane.ledger(one)] == [(1, "batch"), (2, "standard")]


def test_a_line_that_was_cut_off_after_complete_entries_is_used_with_a_warning(
    lane: Lane, model: ScriptedModel
) -> None:
    model.script.replace(Behaviour("truncated", prompt_tokens=1000, completion_tokens=50))
    made = lane.upload()
    batch_id = lane.start()
    assert lane.run(batch_id).state == "collected"
    assert lane.items(batch_id) == {"answered": 1}
    assert [(row.outcome, row.error) for row in lane.ledger(made)] == [("partial", "finish_reason_length")]
    analysis = lane.analysis_of(made)
    assert (analysis.status, analysis.degraded, analysis.result_key) == ("done", False, None)
    assert CUT_OFF in analysis.warnings


def test_lines_that_expired_after_24_hours_are_not_billed_and_are_processed_as_usual(
    lane: Lane, model: ScriptedModel
) -> None:
    model.batches.expire_after = 1
    made = [lane.upload() for _ in range(3)]
    batch_id = lane.start()
    assert lane.run(batch_id).state == "collected"
    assert lane.items(batch_id) == {"answered": 1, "returned": 2}
    late = [row for one in made for row in lane.ledger(one) if row.outcome != "ok"]
    assert {(row.outcome, row.error, row.cost_usd, row.cost_basis) for row in late} == {
        ("timeout", "batch_expired", Decimal(0), "not_billed")
    }


def test_a_line_missing_from_the_output_is_processed_as_usual(lane: Lane, model: ScriptedModel) -> None:
    model.batches.drop_lines = 1
    made = [lane.upload() for _ in range(2)]
    batch_id = lane.start()
    lane.run(batch_id)
    assert lane.items(batch_id) == {"answered": 1, "returned": 1}
    assert sorted(str(row.error) for one in made for row in lane.ledger(one)) == ["None", "missing_in_output"]


def test_a_batch_whose_create_response_got_lost_is_found_and_not_sent_twice(lane: Lane, model: ScriptedModel) -> None:
    made = lane.upload()
    batch_id = lane.start()
    model.batches.lose_create_answer()
    row = lane.advance(batch_id)
    assert (row.state, row.provider_batch_id) == ("submitted", None)
    assert lane.run(batch_id).state == "collected"
    assert len(model.batches.batches) == 1
    assert model.batches.asked_lines == 1
    assert len(lane.ledger(made)) == 1


class _Dies(BatchApi):
    """A worker that is killed after the named step; the next worker has a complete API again."""

    after = ""

    def upload(self, name: str, content: bytes) -> str:
        done = super().upload(name, content)
        self._die_after("upload")
        return done

    def create(self, file_id: str, our_id: str) -> ProviderBatch:
        done = super().create(file_id, our_id)
        self._die_after("create")
        return done

    def get(self, batch_id: str) -> ProviderBatch:
        done = super().get(batch_id)
        self._die_after("get")
        return done

    def forget(self, file_id: str) -> None:
        super().forget(file_id)
        self._die_after("forget")

    def _die_after(self, step: str) -> None:
        if step == self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", ["upload", "create", "get", "forget"])
def test_a_worker_killed_at_any_step_costs_nothing_and_loses_nothing(
    lane: Lane, model: ScriptedModel, step: str
) -> None:
    made = [lane.upload() for _ in range(2)]
    batch_id = lane.start()

    class Dies(_Dies):
        after = step

    def make(client: Client) -> BatchApi:
        return Dies(client)

    with pytest.raises(KeyboardInterrupt):
        lane.advance(batch_id, times=5, parts=replace(lane.parts, make_api=make))
    with lane.database.transaction() as tx:  # let its lease expire
        tx.execute(sa.update(batches_table).where(batches_table.c.id == batch_id).values(lease_until=sa.func.now()))
    assert lane.run(batch_id).ended_at is not None
    assert model.batches.asked_lines == 2, "every line was requested once"
    assert [len(lane.ledger(one)) for one in made] == [1, 1]
    assert [lane.analysis_of(one).status for one in made] == ["done", "done"]


def test_collecting_again_does_not_store_a_result_twice(lane: Lane, model: ScriptedModel) -> None:
    made = [lane.upload() for _ in range(3)]
    batch_id = lane.start()
    row = lane.advance(batch_id)
    assert row.state == "running"
    kept = dict(model.batches.files)
    lane.run(batch_id)
    with lane.database.transaction() as tx:  # as if it had been killed before recording the end
        tx.execute(
            sa.update(batches_table)
            .where(batches_table.c.id == batch_id)
            .values(state="collecting", ended_at=None, lease_until=None, lease_token=None)
        )
    model.batches.files.update(kept)
    assert lane.run(batch_id).state == "collected"
    assert [len(lane.ledger(one)) for one in made] == [1, 1, 1]


def test_of_two_concurrent_workers_only_one_advances_a_batch(lane: Lane, model: ScriptedModel) -> None:
    lane.upload()
    batch_id = lane.start()
    with lane.database.transaction() as tx:
        assert batches.take(tx, batch_id, 60) is not None
    assert lane.advance(batch_id).state == "preparing"
    assert model.batches.uploads == 0


def test_uploads_of_a_refused_batch_are_processed_as_usual(lane: Lane, model: ScriptedModel) -> None:
    made = lane.upload()
    model.batches.refuse_create = (400, "billing_hard_limit_reached")
    batch_id = lane.start()
    row = lane.advance(batch_id)
    assert (row.state, row.error) == ("failed", "http_400_billing_hard_limit_reached")
    assert lane.is_due(made)
    (attempt,) = lane.ledger(made)
    assert (attempt.outcome, attempt.cost_usd, attempt.cost_basis) == ("rejected", 0, "not_billed")
    assert lane.analyse_as_usual(made).status == "done"


def test_an_unavailable_provider_is_retried_and_finally_given_up(lane: Lane, model: ScriptedModel) -> None:
    made = lane.upload()
    batch_id = lane.start()
    model.batches.away = True
    assert lane.advance(batch_id, times=3).state == "submitted"
    assert not lane.is_due(made)
    with lane.database.transaction() as tx:
        tx.execute(
            sa.update(batches_table)
            .where(batches_table.c.id == batch_id)
            .values(created_at=sa.func.now() - sa.text("interval '37 hours'"))
        )
    row = lane.advance(batch_id)
    assert (row.state, row.error) == ("failed", "gave_up")
    assert lane.is_due(made)
    (attempt,) = lane.ledger(made)
    assert (attempt.outcome, attempt.tokens_estimated) == ("timeout", True), "it may be billed, so it is estimated"
    assert attempt.cost_usd


def test_a_cancelled_batch_keeps_the_results_it_received(lane: Lane, model: ScriptedModel) -> None:
    model.batches.hold = True
    for _ in range(3):
        lane.upload()
    batch_id = lane.start()
    assert lane.advance(batch_id, times=2).provider_state == "in_progress"
    with lane.database.transaction() as tx:
        batches.hurry(tx, batch_id, cancel=True)
    assert lane.run(batch_id).state == "collected"
    assert lane.items(batch_id) == {"answered": 1, "returned": 2}


def test_a_batch_can_be_cancelled_before_it_is_sent(lane: Lane, model: ScriptedModel) -> None:
    made = lane.upload()
    batch_id = lane.start()
    with lane.database.transaction() as tx:
        batches.hurry(tx, batch_id, cancel=True)
    row = lane.run(batch_id)
    assert (row.state, row.error, model.batches.uploads) == ("failed", "cancelled", 0)
    assert lane.is_due(made)


def test_duplicate_uploads_are_requested_once(lane: Lane, model: ScriptedModel) -> None:
    sha256 = uuid.uuid4().hex * 2
    first, second = lane.upload(sha256=sha256), lane.upload(sha256=sha256)
    batch_id = lane.start()
    lane.run(batch_id)
    assert model.batches.asked_lines == 1
    assert lane.analysis_of(first).status == lane.analysis_of(second).status == "done"
    rows = lane.ledger(first) + lane.ledger(second)
    assert sorted(row.outcome for row in rows) == ["ok", "reused"]
    third = lane.upload(sha256=sha256)
    again = lane.start()
    assert lane.run(again).requests == 0, "already has a result: it is processed as usual, which reuses it"
    assert lane.analyse_as_usual(third).status == "done"
    assert model.batches.asked_lines + len(model.calls) == 1


def test_a_document_that_is_not_a_resume_is_not_sent(lane: Lane, model: ScriptedModel) -> None:
    recipe = lane.upload(text="Apple pie\n\n250 g flour\n120 g butter\n3 apples\nBake for 40 minutes at 180 degrees.\n")
    batch_id = lane.start()
    assert lane.run(batch_id).requests == 0
    assert lane.items(batch_id) == {"returned": 1}
    assert lane.analyse_as_usual(recipe).status == "failed"
    assert model.batches.uploads == 0


def test_a_resume_erased_in_progress_is_paid_for_and_leaves_nothing_else(lane: Lane, model: ScriptedModel) -> None:
    made = lane.upload()
    batch_id = lane.start()
    lane.advance(batch_id)
    erase_resume(lane.database, lane.parts.files, lane.rows.tenant_id, made.resume_id)
    assert lane.run(batch_id).state == "collected"
    with lane.database.reading() as tx:
        rows = tx.execute(
            sa.text("select outcome, resume_id, cost_usd from model_attempts where tenant_id = :t"),
            {"t": lane.rows.tenant_id},
        ).all()
    assert [(row.outcome, row.resume_id) for row in rows] == [("cancelled", None)]
    assert rows[0].cost_usd > 0


def test_the_budget_applies_to_a_whole_batch(lane: Lane, model: ScriptedModel) -> None:
    """Each line may cost up to about 2.5 cents (4,096 output tokens), so one of them fits under 4 cents."""
    model.script.replace(Behaviour(prompt_tokens=1000, completion_tokens=100))
    made = [lane.upload() for _ in range(3)]
    lane.with_budget({"day": Decimal("0.04")})
    batch_id = lane.start()
    row = lane.advance(batch_id)
    assert row.requests == 1
    with lane.database.reading() as tx:
        reserved = tx.execute(
            sa.select(sa.func.sum(budget_reservations.c.usd)).where(
                budget_reservations.c.tenant_id == lane.rows.tenant_id
            )
        ).scalar_one()
    assert 0 < reserved <= Decimal("0.04")
    lane.run(batch_id)
    with lane.database.reading() as tx:
        assert budgets.spent(tx, lane.rows.tenant_id, "day") == Decimal("0.00175")
        left = tx.execute(
            sa.select(sa.func.count())
            .select_from(budget_reservations)
            .where(budget_reservations.c.tenant_id == lane.rows.tenant_id)
        ).scalar_one()
    assert left == 0
    assert sum(lane.is_due(one) for one in made) == 2


def test_a_full_file_leaves_the_rest_for_the_next_one(make_lane: MakeLane) -> None:
    lane = make_lane(VITAE_BATCH__BYTES="5000")
    made = [lane.upload() for _ in range(3)]
    first = lane.run(lane.start())
    assert 0 < first.requests < 3
    second = lane.run(lane.start())
    assert first.requests + second.requests <= 3
    assert sum(lane.analysis_of(one).status == "done" for one in made) == first.requests + second.requests


def test_the_scheduler_starts_batches_in_their_hours_once_uploads_have_waited_long_enough(
    make_lane: MakeLane, database: Database
) -> None:
    lane = make_lane(VITAE_BATCH__HOURS="22-6")
    made = lane.upload()

    def tend(hour: int, of: batch_lane.BatchLane | None = lane.lane) -> object:
        tend_batches(database, of, lane.publisher, hour=hour)
        return lane.analysis_of(made).batch_id

    assert tend(23) is None, "nothing has waited for 15 minutes"
    with database.transaction() as tx:
        tx.execute(
            sa.update(analyses_table)
            .where(analyses_table.c.id == made.analysis_id)
            .values(created_at=sa.func.now() - sa.text("interval '16 minutes'"))
        )
    assert tend(12) is None
    batch_id = tend(23)
    assert isinstance(batch_id, uuid.UUID)
    with database.transaction() as tx:
        tx.execute(sa.update(batches_table).where(batches_table.c.id == batch_id).values(due_at=sa.func.now()))
    assert tend(23, None) is None, "without a lane its batches are abandoned"
    assert lane.is_due(made)
    assert lane.advance(batch_id).error == "no_batch_lane"


def test_a_lane_whose_client_changed_abandons_the_old_batches(lane: Lane) -> None:
    made = lane.upload()
    batch_id = lane.start()
    other = replace(lane.lane, client=replace(lane.lane.client, name="GPT4oMini"))
    row = lane.advance(batch_id, parts=replace(lane.parts, lane=other))
    assert (row.state, row.error) == ("failed", "client_changed")
    assert lane.is_due(made)


def test_a_provider_that_breaks_off_within_a_file_is_called_again(lane: Lane, model: ScriptedModel) -> None:
    made = [lane.upload() for _ in range(3)]
    batch_id = lane.start()
    lane.advance(batch_id)

    class BreaksOff(BatchApi):
        def lines(self, file_id: str):  # noqa: ANN202 - as in the superclass
            yield next(iter(super().lines(file_id)))
            raise BatchAway("RemoteProtocolError")

    row = lane.advance(batch_id, parts=replace(lane.parts, make_api=BreaksOff))
    assert row.state == "collecting"
    assert sum(lane.analysis_of(one).status == "done" for one in made) == 1
    assert lane.run(batch_id).state == "collected"
    assert [len(lane.ledger(one)) for one in made] == [1, 1, 1]


def test_a_response_with_unusual_line_breaks_is_one_line(lane: Lane, model: ScriptedModel) -> None:
    model.script.replace(Behaviour(answer="prose\u2028with\u0085breaks\x0b"))
    made = lane.upload()
    batch_id = lane.start()
    lane.run(batch_id)
    assert [row.error for row in lane.ledger(made)] == ["not_the_agreed_shape"]
