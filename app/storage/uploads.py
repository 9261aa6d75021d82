"""Named queries on idempotent uploads: a repeated request gets the stored response of the first."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.tables import idempotent_uploads


@dataclass(frozen=True, slots=True)
class EarlierUpload:
    request_sha256: str
    outcomes: list[dict[str, Any]]  # one per file: {"resume_id": ...} or {"problem": {...}}


def reserve_key(tx: Transaction, tenant_id: uuid.UUID, key: str, request_sha256: str) -> EarlierUpload | None:
    """Reserve the key for this request, or return the outcome of an earlier request with the same key.

    A second request with the same key blocks here until the first has committed.
    """
    inserted = tx.execute(
        insert(idempotent_uploads)
        .values(tenant_id=tenant_id, key=key, request_sha256=request_sha256, outcomes=[])
        .on_conflict_do_nothing()
        .returning(idempotent_uploads.c.key)
    ).first()
    if inserted is not None:
        return None
    row = tx.execute(
        sa.select(idempotent_uploads.c.request_sha256, idempotent_uploads.c.outcomes).where(
            idempotent_uploads.c.tenant_id == tenant_id, idempotent_uploads.c.key == key
        )
    ).one()
    return EarlierUpload(row.request_sha256, list(row.outcomes))


def save_outcomes(tx: Transaction, tenant_id: uuid.UUID, key: str, outcomes: list[dict[str, Any]]) -> None:
    tx.execute(
        sa.update(idempotent_uploads)
        .where(idempotent_uploads.c.tenant_id == tenant_id, idempotent_uploads.c.key == key)
        .values(outcomes=outcomes)
    )


def delete_keys_older_than(tx: Transaction, hours: int) -> int:
    result = tx.execute(
        sa.delete(idempotent_uploads).where(
            idempotent_uploads.c.created_at < sa.func.now() - sa.func.make_interval(0, 0, 0, 0, hours)
        )
    )
    return result.rowcount
