"""Named query on the resumes that people reviewed: those with a correction in effect. Called for evaluation sets."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from app.storage.engine import Transaction
from app.storage.tables import corrections, documents, resumes


@dataclass(frozen=True, slots=True)
class ReviewedResume:
    """`local_only` is True if any upload of the same document is."""

    id: uuid.UUID
    document_id: uuid.UUID
    sha256: str
    local_only: bool


def list_reviewed(
    tx: Transaction,
    tenant_id: uuid.UUID,
    *,
    uploaded_after: datetime | None,
    reviewed_before: datetime,
    after: str,
    limit: int,
) -> list[ReviewedResume]:
    """Return one resume per document, the one reviewed last, in the order of the documents' hashes from `after` on.

    A resume counts if nobody has made or undone a correction of it since `reviewed_before`.
    """
    changed_at = sa.func.max(sa.func.greatest(corrections.c.created_at, corrections.c.undone_at))
    reviewed = (
        sa.select(corrections.c.resume_id, changed_at.label("at"))
        .where(corrections.c.tenant_id == tenant_id)
        .group_by(corrections.c.resume_id)
        .having(sa.func.bool_or(corrections.c.undone_at.is_(None)), changed_at <= reviewed_before)
        .subquery("reviewed")
    )
    upload = resumes.alias("upload")
    kept_local = sa.exists().where(upload.c.document_id == documents.c.id, upload.c.privacy == "local_only")
    conditions = [resumes.c.tenant_id == tenant_id, documents.c.sha256 > after]
    if uploaded_after is not None:
        conditions.append(resumes.c.created_at >= uploaded_after)
    rows = tx.execute(
        sa.select(resumes.c.id, documents.c.id, documents.c.sha256, kept_local)
        .join(reviewed, reviewed.c.resume_id == resumes.c.id)
        .join(documents, documents.c.id == resumes.c.document_id)
        .where(*conditions)
        .ext(distinct_on(documents.c.sha256))
        .order_by(documents.c.sha256, reviewed.c.at.desc(), resumes.c.id)
        .limit(limit)
    )
    return [ReviewedResume(*row) for row in rows]
