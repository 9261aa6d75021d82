"""Claims and leases: one worker at a time, nothing gets stuck, and a worker that lost its lease stores nothing."""

import threading

import sqlalchemy as sa

from app.storage import analyses
from app.storage.engine import Database
from app.storage.tables import analyses as analyses_table
from tests.contract.storage.rows import Rows


def _expire(database: Database) -> None:
    """Expire all leases, as if their workers had died some time ago."""
    with database.transaction() as tx:
        tx.execute(
            sa.update(analyses_table)
            .where(analyses_table.c.lease_until.is_not(None))
            .values(lease_until=sa.func.now() - sa.text("interval '1 second'"))
        )


def test_only_one_of_many_workers_claims_the_work(rows: Rows) -> None:
    resume = rows.resume()
    claims: list[object] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        claims.append(rows.claim(resume.analysis_id, "extraction"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(claim is not None for claim in claims) == 1


def test_an_analysis_cannot_be_claimed_before_its_document_is_extracted(rows: Rows) -> None:
    assert rows.claim(rows.resume().analysis_id, "analysis") is None


def test_a_worker_that_lost_its_lease_stores_nothing(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    first = rows.claimed_for_analysis(resume)
    _expire(database)
    second = rows.claim(resume.analysis_id, "analysis")
    assert second is not None
    assert second.claims == 2
    assert rows.finish(first) is False
    assert rows.finish(second) is True


def test_a_renewed_lease_keeps_others_away(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    claim = rows.claim(resume.analysis_id, "extraction")
    assert claim is not None
    _expire(database)
    with database.transaction() as tx:
        analyses.renew_leases(tx, [claim.token], 30)
    assert rows.claim(resume.analysis_id, "extraction") is None


def test_waiting_work_is_taken_once_until_its_message_is_old(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    with database.transaction() as tx:
        first = {item.id for item in analyses.take_overdue(tx, republish_seconds=3600, limit=1000)}
    with database.transaction() as tx:
        second = {item.id for item in analyses.take_overdue(tx, republish_seconds=3600, limit=1000)}
    assert resume.analysis_id in first
    assert resume.analysis_id not in second


def test_work_of_a_dead_worker_is_taken_when_its_lease_expires(database: Database, rows: Rows) -> None:
    claim = rows.claimed_for_analysis(rows.resume())
    with database.transaction() as tx:
        assert claim.analysis_id not in {i.id for i in analyses.take_overdue(tx, republish_seconds=0, limit=1000)}
    _expire(database)
    with database.transaction() as tx:
        found = {i.id: i.stage for i in analyses.take_overdue(tx, republish_seconds=0, limit=1000)}
    assert found[claim.analysis_id] == "analysis"


def test_interactive_work_is_taken_before_batch_work(database: Database, rows: Rows) -> None:
    batch = rows.resume(priority="batch")
    interactive = rows.resume()
    with database.transaction() as tx:
        overdue = analyses.take_overdue(tx, republish_seconds=0, limit=1000)
    priorities = {item.id: item.priority for item in overdue}
    assert priorities[batch.analysis_id] == "batch"
    with database.transaction() as tx:
        tx.execute(sa.update(analyses_table).values(published_at=None))
        first_only = analyses.take_overdue(tx, republish_seconds=0, limit=1)
    assert first_only[0].priority == "interactive"
    assert interactive.analysis_id in priorities


def test_a_duplicate_in_progress_is_detected_and_its_result_reused(database: Database, rows: Rows) -> None:
    sha256 = "c" * 64
    first, second = rows.resume(sha256=sha256), rows.resume(sha256=sha256)
    assert second.duplicate_of == first.resume_id
    first_claim = rows.claimed_for_analysis(first)
    second_claim = rows.claimed_for_analysis(second)
    with database.transaction() as tx:
        assert second_claim.duplicate_in_progress
        analyses.release(tx, second_claim, due_in_seconds=0, counts=False)
    assert rows.finish(first_claim, result_key="same question")
    with database.reading() as tx:
        reusable = analyses.find_reusable(tx, second.document_id, "same question")
        other = analyses.find_reusable(tx, second.document_id, "another question")
    assert reusable is not None
    assert reusable.profile == {"basics": {"name": "Ana Example"}}
    assert other is None


def test_released_duplicates_are_taken_once_each(database: Database, rows: Rows) -> None:
    sha256 = "e" * 64
    first, given_back, held, untouched = (rows.resume(sha256=sha256) for _ in range(4))
    other = rows.claimed_for_analysis(rows.resume())
    assert rows.finish(rows.claimed_for_analysis(first), result_key="same question")
    claim = rows.claimed_for_analysis(given_back)
    rows.claimed_for_analysis(held)
    with database.transaction() as tx:
        analyses.release(tx, claim, due_in_seconds=60, counts=False)
        analyses.release(tx, other, due_in_seconds=60, counts=False)
    waits_for_a_batch = rows.claim(untouched.analysis_id, "extraction")
    assert waits_for_a_batch is not None
    with database.transaction() as tx:
        assert analyses.finish_extraction(tx, waits_for_a_batch, wait_seconds=60)
    with database.transaction() as tx:
        taken = analyses.take_waiting_duplicates(tx, first.document_id)
        assert taken == [analyses.OpenAnalysis(given_back.analysis_id, "analysis", "interactive")]
        assert analyses.take_waiting_duplicates(tx, first.document_id) == []
    again = rows.claim(given_back.analysis_id, "analysis")
    assert again is not None


def test_a_degraded_result_is_never_reused(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    assert rows.finish(rows.claimed_for_analysis(resume), degraded=True)
    with database.reading() as tx:
        assert analyses.find_reusable(tx, resume.document_id, "key") is None
