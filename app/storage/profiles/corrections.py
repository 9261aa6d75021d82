"""Named queries on corrections that people make to a profile, and on results with these corrections applied."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.tables import analyses, api_keys, corrected_results, corrections, resumes


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """`by` and `undone_by` are key names; a browser session acts for the key that created its link."""

    number: int
    action: str
    pointer: str
    path: list[Any]
    old_value: Any
    new_value: Any
    document_value: Any
    by: str | None
    made_at: datetime
    undone_by: str | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The newest result of a resume as the analysis produced it, without corrections."""

    analysis_id: uuid.UUID
    number: int
    profile: dict[str, Any]
    evidence: dict[str, Any]
    readings: dict[str, Any] | None
    client: str | None = None


def list_corrections(tx: Transaction, resume_id: uuid.UUID) -> list[CorrectionRow]:
    """Return the corrections in order, undone ones included. The caller has checked who owns the resume."""
    return [CorrectionRow(*row) for row in tx.execute(_LIST, {"b_resume_id": resume_id})]


_maker, _undoer = api_keys.alias(), api_keys.alias()
_LIST = (
    sa.select(
        corrections.c.number,
        corrections.c.action,
        corrections.c.pointer,
        corrections.c.path,
        corrections.c.old_value,
        corrections.c.new_value,
        corrections.c.document_value,
        _maker.c.name,
        corrections.c.created_at,
        _undoer.c.name,
        corrections.c.undone_at,
    )
    .outerjoin_from(corrections, _maker, _maker.c.id == corrections.c.key_id)
    .outerjoin(_undoer, _undoer.c.id == corrections.c.undone_by)
    .where(corrections.c.resume_id == sa.bindparam("b_resume_id"))
    .order_by(corrections.c.number)
)


def insert_correction(
    tx: Transaction,
    tenant_id: uuid.UUID,
    resume_id: uuid.UUID,
    key_id: uuid.UUID,
    *,
    number: int,
    action: str,
    pointer: str,
    path: list[Any],
    old_value: Any,
    new_value: Any,
    document_value: Any,
    client: str | None,
    judged: tuple[int, float, int],
    made_at: datetime,
) -> None:
    """`judged`: the doubtful values of the client that the correction decides, expected wrong ones, wrong ones."""
    judged_values, expected_wrong, wrong_values = judged
    tx.execute(
        sa.insert(corrections).values(
            tenant_id=tenant_id,
            resume_id=resume_id,
            key_id=key_id,
            number=number,
            action=action,
            pointer=pointer,
            path=path,
            old_value=_json(old_value),
            new_value=_json(new_value),
            document_value=_json(document_value),
            client=client,
            judged_values=judged_values,
            expected_wrong=expected_wrong,
            wrong_values=wrong_values,
            created_at=made_at,
        )
    )


def judged_of_clients(tx: Transaction) -> dict[str, tuple[int, float, int]]:
    """For each client: values that people have decided, how many were expected to be wrong, and how many were.

    Over all tenants, because a model reads alike for all of them; only the sums leave this function.
    """
    columns = corrections.c
    rows = tx.execute(
        sa.select(
            columns.client,
            sa.func.sum(columns.judged_values),
            sa.func.sum(columns.expected_wrong),
            sa.func.sum(columns.wrong_values),
        )
        .where(columns.client.is_not(None), columns.judged_values > 0, columns.undone_at.is_(None))
        .group_by(columns.client)
    )
    return {row[0]: (int(row[1]), float(row[2]), int(row[3])) for row in rows}


def take_over(tx: Transaction, tenant_id: uuid.UUID, document_id: uuid.UUID, resume_id: uuid.UUID) -> None:
    """Copy the active corrections to a new upload from the most recently corrected upload of the same document."""
    tx.execute(_TAKE_OVER, {"b_tenant_id": tenant_id, "b_document_id": document_id, "b_resume_id": resume_id})


_corrected_last = (
    sa.select(corrections.c.resume_id)
    .join(resumes, resumes.c.id == corrections.c.resume_id)
    .where(
        resumes.c.tenant_id == sa.bindparam("b_tenant_id"),
        resumes.c.document_id == sa.bindparam("b_document_id"),
        resumes.c.id != sa.bindparam("b_resume_id", type_=sa.Uuid),
    )
    .order_by(sa.func.greatest(corrections.c.created_at, corrections.c.undone_at).desc())
    .limit(1)
    .scalar_subquery()
)
_COPIED = (
    *("tenant_id", "number", "action", "pointer", "path"),
    *("old_value", "new_value", "document_value", "key_id", "created_at"),
)
_TAKE_OVER = sa.insert(corrections).from_select(
    ["resume_id", *_COPIED],
    sa.select(sa.bindparam("b_resume_id", type_=sa.Uuid), *(corrections.c[name] for name in _COPIED)).where(
        corrections.c.resume_id == _corrected_last, corrections.c.undone_at.is_(None)
    ),
)


def mark_undone(tx: Transaction, resume_id: uuid.UUID, number: int, key_id: uuid.UUID, at: datetime) -> bool:
    """Mark a correction as undone; returns False if there is no such correction or it was already undone."""
    result = tx.execute(
        sa.update(corrections)
        .where(corrections.c.resume_id == resume_id, corrections.c.number == number, corrections.c.undone_at.is_(None))
        .values(undone_at=at, undone_by=key_id)
    )
    return result.rowcount == 1


def find_read_result(tx: Transaction, resume_id: uuid.UUID) -> ReadResult | None:
    row = tx.execute(
        sa.select(
            analyses.c.id,
            analyses.c.number,
            analyses.c.profile,
            analyses.c.evidence,
            analyses.c.readings,
            analyses.c.client,
        )
        .where(analyses.c.resume_id == resume_id, analyses.c.status == "done")
        .order_by(analyses.c.number.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else ReadResult(*row[:3], row.evidence or {}, row.readings, row.client)


def save_corrected(
    tx: Transaction,
    analysis_id: uuid.UUID,
    *,
    profile: dict[str, Any],
    evidence: dict[str, Any],
    changed: Sequence[str],
    unplaced: Sequence[int],
) -> None:
    values = {"profile": profile, "evidence": evidence, "changed": list(changed), "unplaced": list(unplaced)}
    tx.execute(
        insert(corrected_results)
        .values(analysis_id=analysis_id, **values)
        .on_conflict_do_update(index_elements=[corrected_results.c.analysis_id], set_=values)
    )


def forget_corrected(tx: Transaction, analysis_id: uuid.UUID) -> None:
    """Show the result again without corrections."""
    tx.execute(sa.delete(corrected_results).where(corrected_results.c.analysis_id == analysis_id))


def _json(value: Any) -> Any:
    return sa.null() if value is None else value
