"""Named queries on a person's data: which uploads are about them, and which have reached their retention period."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.profiles.resume_list import list_profiles
from app.storage.resumes import ResumeListItem, item_columns, search_words
from app.storage.tables import resumes, tenants

_MOST_CANDIDATES = 2000  # uploads that mention the address anywhere


def list_uploads_of(
    tx: Transaction, tenant_id: uuid.UUID, *, email: str | None, phone: str | None
) -> list[ResumeListItem]:
    """Return uploads whose profile has this e-mail address or phone number (E.164), and all uploads of the same files.

    Newest first. A person who is merely mentioned (a reference, a manager) is not the subject of an upload.
    """
    found: set[uuid.UUID] = set()
    for field, wanted in (("email", email), ("phone", phone)):
        if wanted is not None:
            found |= _with_contact(tx, tenant_id, field, wanted)
    same_files = sa.select(resumes.c.document_id).where(resumes.c.tenant_id == tenant_id, resumes.c.id.in_(found))
    rows = tx.execute(
        sa.select(*item_columns)
        .where(resumes.c.tenant_id == tenant_id, resumes.c.document_id.in_(same_files))
        .order_by(resumes.c.created_at.desc(), resumes.c.id.desc())
    )
    return [ResumeListItem(*row) for row in rows]


def _with_contact(tx: Transaction, tenant_id: uuid.UUID, field: str, wanted: str) -> set[uuid.UUID]:
    """Find candidates with the full-text index, then check each profile."""
    words = sa.func.plainto_tsquery("simple", search_words([wanted]))
    candidates = tx.execute(
        sa.select(resumes.c.id)
        .where(resumes.c.tenant_id == tenant_id, resumes.c.search.op("@@")(words))
        .limit(_MOST_CANDIDATES)
    ).scalars()
    profiles = list_profiles(tx, tenant_id, list(candidates))
    return {resume_id for resume_id, profile in profiles.items() if _same(profile, field, wanted)}


def _same(profile: dict[str, Any], field: str, wanted: str) -> bool:
    said: str | None = profile.get("basics", {}).get(field)
    return said is not None and said.casefold() == wanted.casefold()


def list_uploaded_before(tx: Transaction, moment: datetime, limit: int) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """Return tenant and resume, the oldest of each tenant first; at most `limit` in total."""
    found: list[tuple[uuid.UUID, uuid.UUID]] = []
    for tenant_id in tx.execute(sa.select(tenants.c.id).order_by(tenants.c.id)).scalars().all():
        ids = tx.execute(
            sa.select(resumes.c.id)
            .where(resumes.c.tenant_id == tenant_id, resumes.c.created_at < moment)
            .order_by(resumes.c.created_at, resumes.c.id)
            .limit(limit - len(found))
        ).scalars()
        found += [(tenant_id, resume_id) for resume_id in ids]
        if len(found) >= limit:
            break
    return found
