"""Named queries on resumes: the uploads of one tenant, and what lists and search show of them."""

import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from app.errors import NotFound
from app.storage.engine import Transaction
from app.storage.tables import analyses, corrected_results, documents, resumes

_LONGEST_PLAIN = 200  # characters of a name or a skill
_MOST_SKILLS = 300
_MARKED_YEARS = (2, 5, 10, 15, 20, 30)
_MOST_SEARCHED = 100_000  # characters: far more than a resume has; Postgres limits a vector to 1 MB


@dataclass(frozen=True, slots=True)
class ResumeListItem:
    id: uuid.UUID
    filename: str
    reference: str | None
    status: str
    degraded: bool
    candidate_name: str | None
    client: str | None
    privacy: str
    priority: str
    duplicate_of: uuid.UUID | None
    created_at: datetime
    updated_at: datetime
    experience_months: int | None
    language: str | None
    sort_name: str


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """The data about a person that the list and the search use, taken from the displayed profile."""

    name: str | None = None
    experience_months: int | None = None
    language: str | None = None
    skills: Sequence[str] = ()
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """One analysis as displayed, with the corrections that people made.

    `changed` lists pointers of corrected values for which the document now yields a different value; `unplaced` lists
    the numbers of corrections that no longer fit anywhere in this result.
    """

    id: uuid.UUID
    number: int
    status: str
    degraded: bool
    client: str | None
    model: str | None
    location: str | None
    prompt_version: str | None
    profile: dict[str, Any] | None
    evidence: dict[str, Any] | None
    integrity: dict[str, Any] | None
    warnings: list[str]
    dropped_values: int | None
    readings: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: datetime
    extraction_started_at: datetime | None
    extraction_finished_at: datetime | None
    analysis_started_at: datetime | None
    finished_at: datetime | None
    changed: list[str]
    unplaced: list[int]


@dataclass(frozen=True, slots=True)
class ResumeDetail:
    """A resume with its newest analysis and, while that is unfinished or failed, the previous result."""

    item: ResumeListItem
    document_id: uuid.UUID
    sha256: str
    media_type: str
    size_bytes: int
    page_count: int | None
    analysis: AnalysisResult
    result: AnalysisResult | None
    profile_changes: int

    @property
    def profile_version(self) -> str | None:
        """Changes with each new result and each correction; None while there is no profile."""
        return None if self.result is None else profile_version(self.result.number, self.profile_changes)


def profile_version(result_number: int, changes: int) -> str:
    return f"{result_number}-{changes}"


item_columns = (
    resumes.c.id,
    resumes.c.filename,
    resumes.c.reference,
    resumes.c.status,
    resumes.c.degraded,
    resumes.c.candidate_name,
    resumes.c.client,
    resumes.c.privacy,
    resumes.c.priority,
    resumes.c.duplicate_of,
    resumes.c.created_at,
    resumes.c.updated_at,
    resumes.c.experience_months,
    resumes.c.language,
    resumes.c.sort_name,
)
_result_columns = (
    analyses.c.id,
    analyses.c.number,
    analyses.c.status,
    analyses.c.degraded,
    analyses.c.client,
    analyses.c.model,
    analyses.c.location,
    analyses.c.prompt_version,
    sa.func.coalesce(corrected_results.c.profile, analyses.c.profile),
    sa.func.coalesce(corrected_results.c.evidence, analyses.c.evidence),
    analyses.c.integrity,
    analyses.c.warnings,
    analyses.c.dropped_values,
    analyses.c.readings,
    analyses.c.problem,
    analyses.c.created_at,
    analyses.c.extraction_started_at,
    analyses.c.extraction_finished_at,
    analyses.c.analysis_started_at,
    analyses.c.finished_at,
    sa.func.coalesce(corrected_results.c.changed, sa.text("'[]'::jsonb")),
    sa.func.coalesce(corrected_results.c.unplaced, sa.text("'{}'::integer[]")),
)


def insert_resume(
    tx: Transaction,
    tenant_id: uuid.UUID,
    document_id: uuid.UUID,
    *,
    filename: str,
    reference: str | None,
    privacy: str,
    priority: str,
) -> tuple[uuid.UUID, uuid.UUID | None]:
    """Insert a resume; return its id and the id of the first resume with the same content, if there is one."""
    resume_id = uuid.uuid4()
    values = {"id": resume_id, "tenant_id": tenant_id, "document_id": document_id, "filename": filename}
    values |= {"reference": reference, "privacy": privacy, "priority": priority}
    values |= {"sort_name": plain_text(filename), "b_words": search_words([filename, reference or ""])}
    return resume_id, tx.execute(_INSERT, values).scalar_one()


def find_item(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> ResumeListItem | None:
    row = tx.execute(
        sa.select(*item_columns).where(resumes.c.tenant_id == tenant_id, resumes.c.id == resume_id)
    ).one_or_none()
    return None if row is None else ResumeListItem(*row)


def get_item(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> ResumeListItem:
    """Return the resume. Raises `NotFound`, also for another tenant's resume."""
    item = find_item(tx, tenant_id, resume_id)
    if item is None:
        raise NotFound(_no_such_resume(resume_id))
    return item


def get_detail(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> ResumeDetail:
    """Return the resume in full. Raises `NotFound`, also for another tenant's resume."""
    item = get_item(tx, tenant_id, resume_id)
    file = tx.execute(
        sa.select(
            documents.c.id,
            documents.c.sha256,
            documents.c.media_type,
            documents.c.size_bytes,
            documents.c.page_count,
            resumes.c.profile_changes,
        )
        .join(resumes, resumes.c.document_id == documents.c.id)
        .where(resumes.c.id == resume_id)
    ).one()
    newest = _newest_results(resume_id)
    analysis = AnalysisResult(*tx.execute(newest.limit(1)).one())
    result: AnalysisResult | None = analysis
    if analysis.status != "done":
        row = tx.execute(newest.where(analyses.c.status == "done").limit(1)).one_or_none()
        result = None if row is None else AnalysisResult(*row)
    return ResumeDetail(
        item,
        document_id=file.id,
        sha256=file.sha256,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        page_count=file.page_count,
        analysis=analysis,
        result=result,
        profile_changes=file.profile_changes,
    )


def list_results(tx: Transaction, resume_id: uuid.UUID) -> list[AnalysisResult]:
    """Return every analysis of a resume, newest first. The caller has checked who owns the resume."""
    return [AnalysisResult(*row) for row in tx.execute(_newest_results(resume_id))]


def _newest_results(resume_id: uuid.UUID) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*_result_columns)
        .outerjoin_from(analyses, corrected_results, corrected_results.c.analysis_id == analyses.c.id)
        .where(analyses.c.resume_id == resume_id)
        .order_by(analyses.c.number.desc())
    )


def set_status(tx: Transaction, resume_id: uuid.UUID, status: str) -> None:
    tx.execute(_SET_STATUS, {"b_id": resume_id, "b_status": status})


def set_result(tx: Transaction, resume_id: uuid.UUID, person: ListedPerson, *, degraded: bool, client: str) -> None:
    """Make the newest result visible to the list and the search."""
    marks = list_marks(language=person.language, client=client, degraded=degraded)
    values = {**_person_values(resume_id, person), "b_degraded": degraded, "b_client": client}
    tx.execute(_SET_RESULT, {**values, "b_marks": [*marks, *_person_marks(person)]})


def show_person(tx: Transaction, resume_id: uuid.UUID, person: ListedPerson) -> None:
    """Update the list and the search after a person corrected the profile; the client stays the same."""
    marks = list_marks(language=person.language, client=None, degraded=False)
    tx.execute(_SHOW_PERSON, {**_person_values(resume_id, person), "b_marks": [*marks, *_person_marks(person)]})


def _person_values(resume_id: uuid.UUID, person: ListedPerson) -> dict[str, Any]:
    return {
        "b_id": resume_id,
        "b_name": person.name,
        "b_sort_name": None if person.name is None else plain_text(person.name),
        "b_months": person.experience_months,
        "b_language": person.language,
        "b_words": search_words(person.texts),
    }


def _person_marks(person: ListedPerson) -> list[str]:
    skills = [skill_mark(skill) for skill in person.skills[:_MOST_SKILLS] if plain_text(skill)]
    return [*year_marks(person.experience_months), *skills]


def list_marks(*, language: str | None, client: str | None, degraded: bool) -> list[str]:
    """Return lexemes that are indexed with the words, so that one index serves all filters. No word begins with `=`."""
    marks = [f"=l:{language}"] if language else []
    marks += [f"=c:{client}"] if client else []
    return [*marks, "=d"] if degraded else marks


def year_marks(months: int | None) -> list[str]:
    return [f"=y:{years}" for years in _MARKED_YEARS if (months or 0) >= 12 * years]


def skill_mark(skill: str) -> str:
    return f"=s:{plain_text(skill)}"


def get_profile_changes(tx: Transaction, resume_id: uuid.UUID) -> int:
    return tx.execute(sa.select(resumes.c.profile_changes).where(resumes.c.id == resume_id)).scalar_one()


def count_profile_change(tx: Transaction, resume_id: uuid.UUID) -> int:
    """Count one more change by a person and return the new total."""
    return tx.execute(
        sa.update(resumes)
        .where(resumes.c.id == resume_id)
        .values(profile_changes=resumes.c.profile_changes + 1)
        .returning(resumes.c.profile_changes)
    ).scalar_one()


def get_document_id(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> uuid.UUID:
    """Return the resume's document. Raises `NotFound`, also for another tenant's resume."""
    document_id = tx.execute(
        sa.select(resumes.c.document_id).where(resumes.c.tenant_id == tenant_id, resumes.c.id == resume_id)
    ).scalar_one_or_none()
    if document_id is None:
        raise NotFound(_no_such_resume(resume_id))
    return document_id


def lock_resume(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> ResumeListItem:
    """Return the resume, locked until the end of the transaction. Raises `NotFound`."""
    row = tx.execute(
        sa.select(*item_columns).where(resumes.c.tenant_id == tenant_id, resumes.c.id == resume_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(_no_such_resume(resume_id))
    return ResumeListItem(*row)


def delete_resume(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> None:
    """Delete the resume with its analyses and events; ledger rows keep the amounts. Raises `NotFound`."""
    result = tx.execute(sa.delete(resumes).where(resumes.c.tenant_id == tenant_id, resumes.c.id == resume_id))
    if result.rowcount == 0:
        raise NotFound(_no_such_resume(resume_id))


def _no_such_resume(resume_id: uuid.UUID) -> str:
    return f"No resume with the id {resume_id}. It may have been deleted."


def count_by_status(tx: Transaction) -> dict[str, int]:
    rows = tx.execute(sa.select(resumes.c.status, sa.func.count()).group_by(resumes.c.status))
    return {row[0]: row[1] for row in rows}


def plain_text(text: str) -> str:
    """Return the text in lower case without accents, for sorting and for skills: `Élodie` sorts next to `Elodie`."""
    bare = unicodedata.normalize("NFKD", text[:_LONGEST_PLAIN]).casefold()
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())


# File names and skills are searched without stemming; these characters separate words.
_WORD_SIGNS = "._-/@"
_BLANKS = " " * len(_WORD_SIGNS)


def search_words(texts: Sequence[str]) -> str:
    """Return the text that the search index is built from."""
    return " ".join(texts)[:_MOST_SEARCHED].replace("\x00", " ").translate(str.maketrans(_WORD_SIGNS, _BLANKS))


def _search_vector(words: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    # Without positions: no query uses them, and they are half of the size.
    return sa.cast(sa.func.strip(sa.func.to_tsvector("simple", words)), TSVECTOR)


def _names_words_marks(*more_marks: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Build the search vector from the row's file name and reference, the words of the document, and the marks."""
    names = sa.func.concat_ws(" ", resumes.c.filename, resumes.c.reference)
    words = sa.func.concat_ws(
        " ", sa.func.translate(names, _WORD_SIGNS, _BLANKS), sa.bindparam("b_words", type_=sa.Text)
    )
    marks: sa.ColumnElement[Any] = sa.bindparam("b_marks", type_=ARRAY(sa.Text))
    for each in more_marks:
        marks = sa.func.array_append(marks, each)
    vector = _search_vector(words).op("||")(sa.func.array_to_tsvector(sa.func.array_remove(marks, sa.null())))
    return sa.cast(vector, TSVECTOR)


_first = resumes.alias()
_INSERT = (
    sa.insert(resumes)
    .values(
        duplicate_of=sa.select(_first.c.id)
        .where(_first.c.tenant_id == sa.bindparam("tenant_id"), _first.c.document_id == sa.bindparam("document_id"))
        .order_by(_first.c.created_at, _first.c.id)
        .limit(1)
        .scalar_subquery(),
        status="queued",
        search=_search_vector(sa.bindparam("b_words", type_=sa.Text)),
        **{
            name: sa.bindparam(name)
            for name in (
                *("id", "tenant_id", "document_id", "filename", "reference", "privacy", "priority", "sort_name"),
            )
        },
    )
    .returning(resumes.c.duplicate_of)
)
# Statements used for every analysis are built once: building one takes longer than sending it.
_ONE = sa.update(resumes).where(resumes.c.id == sa.bindparam("b_id"))
_SET_STATUS = _ONE.values(status=sa.bindparam("b_status"), updated_at=sa.func.now())
_PERSON = _ONE.values(
    candidate_name=sa.bindparam("b_name"),
    sort_name=sa.func.coalesce(sa.bindparam("b_sort_name", type_=sa.Text), sa.func.lower(resumes.c.filename)),
    experience_months=sa.bindparam("b_months"),
    language=sa.bindparam("b_language"),
    updated_at=sa.func.now(),
)
_SHOW_PERSON = _PERSON.values(
    search=_names_words_marks(
        sa.literal("=c:", sa.Text).op("||")(resumes.c.client), sa.case((resumes.c.degraded, sa.literal("=d", sa.Text)))
    )
)
_SET_RESULT = _PERSON.values(
    search=_names_words_marks(),
    status="done",
    degraded=sa.bindparam("b_degraded"),
    client=sa.bindparam("b_client"),
)
