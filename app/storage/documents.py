"""Named queries on documents: the distinct files of a tenant, their extracted content, and their erasure."""

import functools
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.tables import analyses, documents, file_erasures, resumes


@dataclass(frozen=True, slots=True)
class DocumentRow:
    id: uuid.UUID
    tenant_id: uuid.UUID
    sha256: str
    media_type: str
    size_bytes: int
    content: bytes | None
    extractor_version: str | None


def find_by_content(tx: Transaction, tenant_id: uuid.UUID, sha256: str) -> uuid.UUID | None:
    return tx.execute(
        sa.select(documents.c.id).where(documents.c.tenant_id == tenant_id, documents.c.sha256 == sha256)
    ).scalar_one_or_none()


def ensure_document(
    tx: Transaction,
    tenant_id: uuid.UUID,
    *,
    new_id: uuid.UUID,
    sha256: str,
    size_bytes: int,
    media_type: str,
) -> uuid.UUID:
    """Return the tenant's document with this content; create it as `new_id` if there is none.

    The row stays locked until the end of the transaction, so that it cannot be erased in between.
    """
    values = {"id": new_id, "tenant_id": tenant_id, "sha256": sha256, "size_bytes": size_bytes}
    return tx.execute(_ensure(), {**values, "media_type": media_type}).scalar_one()


@functools.cache
def _ensure() -> sa.Executable:
    statement = insert(documents)
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "sha256"], set_={"media_type": statement.excluded.media_type}
    ).returning(documents.c.id)


def list_newest_contents(tx: Transaction, tenant_id: uuid.UUID, limit: int) -> list[bytes]:
    """Return the extracted documents of a tenant's newest uploads."""
    query = (
        sa.select(documents.c.content)
        .join(resumes, resumes.c.document_id == documents.c.id)
        .where(resumes.c.tenant_id == tenant_id, documents.c.content.is_not(None))
        .order_by(resumes.c.created_at.desc(), resumes.c.id.desc())
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def get_document(tx: Transaction, document_id: uuid.UUID) -> DocumentRow:
    return DocumentRow(*tx.execute(_GET, {"b_id": document_id}).one())


_GET = sa.select(
    documents.c.id,
    documents.c.tenant_id,
    documents.c.sha256,
    documents.c.media_type,
    documents.c.size_bytes,
    documents.c.content,
    documents.c.extractor_version,
).where(documents.c.id == sa.bindparam("b_id"))


def save_content(
    tx: Transaction,
    document_id: uuid.UUID,
    *,
    content: bytes,
    extractor_version: str,
    page_count: int,
    language: str,
) -> None:
    values = {"content": content, "extractor_version": extractor_version, "page_count": page_count}
    tx.execute(_SAVE_CONTENT, {"b_id": document_id, **values, "language": language})


_SAVE_CONTENT = (
    sa.update(documents)
    .where(documents.c.id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(name) for name in ("content", "extractor_version", "page_count", "language")})
)


def lock_document(tx: Transaction, document_id: uuid.UUID) -> None:
    """Serialize decisions about this document. Locks are taken in the order document, resume, analysis."""
    tx.execute(_LOCK, {"b_id": document_id})


_LOCK = sa.select(documents.c.id).where(documents.c.id == sa.bindparam("b_id")).with_for_update(key_share=True)


def lock_document_of(tx: Transaction, analysis_id: uuid.UUID) -> bytes | None:
    """Lock the document of an analysis, as `lock_document` does, and return its extracted content.

    Returns empty bytes if the document has not been extracted yet, and None if there is no such analysis.
    """
    content = tx.execute(_LOCK_OF_ANALYSIS, {"b_analysis_id": analysis_id}).one_or_none()
    return None if content is None else content[0] or b""


_LOCK_OF_ANALYSIS = (
    sa.select(documents.c.content)
    .join(analyses, analyses.c.document_id == documents.c.id)
    .where(analyses.c.id == sa.bindparam("b_analysis_id"))
    .with_for_update(of=documents, key_share=True)
)


def delete_if_unused(tx: Transaction, tenant_id: uuid.UUID, document_id: uuid.UUID) -> bool:
    """Delete the document unless a resume uses it, and schedule the erasure of its file. The row must be locked."""
    used = tx.execute(sa.select(sa.exists().where(resumes.c.document_id == document_id))).scalar_one()
    if used:
        return False
    tx.execute(sa.delete(documents).where(documents.c.id == document_id))
    note_erasure(tx, tenant_id, document_id, due_in_seconds=0)
    return True


def note_erasure(tx: Transaction, tenant_id: uuid.UUID, document_id: uuid.UUID, *, due_in_seconds: float) -> None:
    """Schedule the erasure of the document's file, unless `cancel_erasure` is called first."""
    values = {"b_tenant_id": tenant_id, "b_document_id": document_id, "b_seconds": due_in_seconds}
    tx.execute(_note_erasure(), values)


@functools.cache
def _note_erasure() -> sa.Executable:
    seconds = sa.bindparam("b_seconds", type_=sa.Float)
    statement = insert(file_erasures).values(
        tenant_id=sa.bindparam("b_tenant_id"),
        document_id=sa.bindparam("b_document_id"),
        due_at=sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds),
    )
    return statement.on_conflict_do_update(index_elements=["document_id"], set_={"due_at": statement.excluded.due_at})


def cancel_erasure(tx: Transaction, document_id: uuid.UUID) -> bool:
    """Cancel an erasure; returns False if the file is already erased (the upload took longer than its reservation)."""
    return tx.execute(_CANCEL_ERASURE, {"b_document_id": document_id}).rowcount == 1


_CANCEL_ERASURE = sa.delete(file_erasures).where(file_erasures.c.document_id == sa.bindparam("b_document_id"))


def list_due_erasures(tx: Transaction, limit: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, document) of files to erase now; the rows stay locked until the erasure is committed."""
    rows = tx.execute(
        sa.select(file_erasures.c.tenant_id, file_erasures.c.document_id)
        .where(file_erasures.c.due_at <= sa.func.now())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(row.tenant_id, row.document_id) for row in rows]
