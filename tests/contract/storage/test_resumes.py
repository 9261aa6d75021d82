"""Resumes as a tenant sees them: pages, search and erasure; and amounts outlive the person."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.errors import InputError, NotFound
from app.storage import analyses, documents, resumes
from app.storage.engine import Database
from app.storage.ledger import attempts
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.profiles.resume_list import ORDERS, Filters, Order, list_page
from app.storage.tables import model_attempts
from tests.contract.storage.rows import Rows


def _page(
    database: Database,
    rows: Rows,
    *,
    order: Order = "newest",
    cursor: str | None = None,
    limit: int = 50,
    **wanted: Any,
) -> tuple[list[resumes.ResumeListItem], str | None]:
    with database.reading() as tx:
        return list_page(tx, rows.tenant_id, Filters(**wanted), order=order, cursor=cursor, limit=limit)


def test_pages_follow_each_other_without_gaps_or_repetition(database: Database, rows: Rows) -> None:
    made = [rows.resume().resume_id for _ in range(7)]
    seen: list[uuid.UUID] = []
    cursor = None
    while True:
        items, cursor = _page(database, rows, cursor=cursor, limit=3)
        seen += [item.id for item in items]
        if cursor is None:
            break
    assert seen == made[::-1]


def test_an_invalid_cursor_is_refused_with_a_clear_message(database: Database, rows: Rows) -> None:
    with pytest.raises(InputError, match="cursor"):
        _page(database, rows, cursor="bm90IGEgY3Vyc29y")


@pytest.mark.parametrize("query", ["ana", "exam ANA", "lebenslauf", "'; drop table resumes; --ana"])
def test_search_matches_word_prefixes_and_survives_any_input(database: Database, rows: Rows, query: str) -> None:
    resume = rows.resume(filename="Lebenslauf_2024.pdf")
    rows.finish(rows.claimed_for_analysis(resume))
    items, _ = _page(database, rows, query=query)
    found = [item.id for item in items]
    assert found == ([] if "drop" in query else [resume.resume_id])


def test_another_tenant_sees_nothing(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    stranger = Rows(database)
    assert _page(database, stranger)[0] == []
    with pytest.raises(NotFound), database.reading() as tx:
        resumes.get_detail(tx, stranger.tenant_id, resume.resume_id)


def test_the_previous_result_stays_visible_while_a_new_analysis_runs(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    rows.finish(rows.claimed_for_analysis(resume), name="First Result")
    with database.transaction() as tx:
        analyses.insert_analysis(
            tx,
            rows.tenant_id,
            resume.resume_id,
            resume.document_id,
            privacy="any",
            priority="interactive",
            fresh=True,
        )
    with database.reading() as tx:
        detail = resumes.get_detail(tx, rows.tenant_id, resume.resume_id)
    assert detail.analysis.status == "queued"
    assert detail.analysis.number == 2
    assert detail.result is not None
    assert detail.result.profile == {"basics": {"name": "First Result"}}


def test_erasing_a_person_keeps_the_amounts_without_the_person(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    row = AttemptRow(
        number=1,
        function="ExtractProfile",
        client="GPT4o",
        model="gpt-4o",
        location="hosted",
        billing="per_token",
        prompt_version="1",
        outcome="ok",
        http_status=200,
        error=None,
        started_at=datetime.now(UTC),
        latency_ms=10,
        input_tokens=700,
        cached_tokens=0,
        output_tokens=100,
        tokens_estimated=False,
        input_usd_per_million=Decimal("2.50"),
        cached_input_usd_per_million=Decimal("1.25"),
        output_usd_per_million=Decimal(10),
        price_source="test",
        cost_usd=Decimal("0.00275"),
        cost_basis="list_price",
    )
    with database.transaction() as tx:
        attempts.insert_attempt(
            tx, row, tenant_id=rows.tenant_id, resume_id=resume.resume_id, analysis_id=resume.analysis_id
        )
    with database.transaction() as tx:
        documents.lock_document(tx, resume.document_id)
        resumes.delete_resume(tx, rows.tenant_id, resume.resume_id)
        assert documents.delete_if_unused(tx, rows.tenant_id, resume.document_id)
    with database.transaction() as tx:
        # A worker that was calling a model in the meantime still records what it spent.
        attempts.insert_attempt(
            tx, row, tenant_id=rows.tenant_id, resume_id=resume.resume_id, analysis_id=resume.analysis_id
        )
        kept = tx.execute(
            sa.select(model_attempts.c.resume_id, model_attempts.c.analysis_id, model_attempts.c.cost_usd).where(
                model_attempts.c.tenant_id == rows.tenant_id
            )
        ).all()
    assert kept == [(None, None, Decimal("0.00275")), (None, None, Decimal("0.00275"))]


def test_a_document_used_by_another_resume_is_not_erased(database: Database, rows: Rows) -> None:
    first, second = rows.resume(sha256="d" * 64), rows.resume(sha256="d" * 64)
    with database.transaction() as tx:
        resumes.delete_resume(tx, rows.tenant_id, first.resume_id)
        assert not documents.delete_if_unused(tx, rows.tenant_id, first.document_id)
    with database.reading() as tx:
        assert resumes.get_item(tx, rows.tenant_id, second.resume_id).duplicate_of is None


@pytest.fixture
def people(rows: Rows) -> dict[str, uuid.UUID]:
    """Four people with different profiles and an upload that is still waiting, oldest first."""
    given = {
        "Élodie Zeller": ("GPT4o", False, {"experience_months": 150, "language": "fr", "skills": ["Python", "Go"]}),
        "bo Adler": ("LocalVLLM", True, {"experience_months": 14, "language": "de", "skills": ["Python"]}),
        "Ana Example": ("GPT4o", False, {"experience_months": 150, "language": "de", "skills": ["Café Management"]}),
        "Edith Novák": ("GPT4o", False, {"experience_months": None, "language": None, "skills": []}),
    }
    made: dict[str, uuid.UUID] = {}
    for name, (client, degraded, listed) in given.items():
        resume = rows.resume(filename="cv.pdf")
        rows.finish(rows.claimed_for_analysis(resume), name=name, client=client, degraded=degraded, listed=listed)
        made[name] = resume.resume_id
    made["waiting.pdf"] = rows.resume(filename="waiting.pdf").resume_id
    return made


def _names(people: dict[str, uuid.UUID], items: list[resumes.ResumeListItem]) -> list[str]:
    by_id = {resume_id: name for name, resume_id in people.items()}
    return [by_id[item.id] for item in items]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("newest", ["waiting.pdf", "Edith Novák", "Ana Example", "bo Adler", "Élodie Zeller"]),
        ("oldest", ["Élodie Zeller", "bo Adler", "Ana Example", "Edith Novák", "waiting.pdf"]),
        ("name", ["Ana Example", "bo Adler", "Edith Novák", "Élodie Zeller", "waiting.pdf"]),
    ],
)
def test_every_order_pages_without_gaps(
    database: Database, rows: Rows, people: dict[str, uuid.UUID], order: Order, names: list[str]
) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(len(names)):
        items, cursor = _page(database, rows, order=order, cursor=cursor, limit=1)
        seen += _names(people, items)
    assert cursor is None
    assert seen == names


def test_the_most_experienced_come_first_and_unknown_experience_last(
    database: Database, rows: Rows, people: dict[str, uuid.UUID]
) -> None:
    first, cursor = _page(database, rows, order="experience", limit=2)
    second, cursor = _page(database, rows, order="experience", cursor=cursor, limit=3)
    assert cursor is None
    assert {*_names(people, first)} == {"Élodie Zeller", "Ana Example"}
    assert _names(people, second)[0] == "bo Adler"
    with pytest.raises(InputError, match="different sort order"):
        _page(database, rows, cursor=_page(database, rows, order="name", limit=1)[1])


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"skills": ("python",)}, ["bo Adler", "Élodie Zeller"]),
        ({"skills": ("PYTHON", "go")}, ["Élodie Zeller"]),
        ({"skills": ("cafe management",)}, ["Ana Example"]),
        ({"skills": ("pyth",)}, []),
        ({"least_months": 24}, ["Ana Example", "Élodie Zeller"]),
        ({"most_months": 24}, ["bo Adler"]),
        ({"language": "de"}, ["Ana Example", "bo Adler"]),
        ({"client": "LocalVLLM"}, ["bo Adler"]),
        ({"degraded": True}, ["bo Adler"]),
        ({"degraded": False, "language": "de", "least_months": 12, "query": "ana"}, ["Ana Example"]),
        ({"status": "queued"}, ["waiting.pdf"]),
    ],
)
@pytest.mark.parametrize("near", [1, 5000])
def test_filters_match_rows_near_the_start_and_far_from_it(
    database: Database,
    rows: Rows,
    people: dict[str, uuid.UUID],
    wanted: dict[str, Any],
    names: list[str],
    near: int,
) -> None:
    for order in ORDERS:
        with database.reading() as tx:
            items, _ = list_page(tx, rows.tenant_id, Filters(**wanted), order=order, limit=50, near_rows=near)
        assert sorted(_names(people, items)) == sorted(names)
    assert _names(people, _page(database, rows, **wanted)[0]) == names
