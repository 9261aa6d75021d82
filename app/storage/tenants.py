"""Named queries on tenants and their API keys."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.tables import api_keys, tenants

SCOPES = ("read", "write", "admin")
_KEY_PREFIX = "vitae_"
_KEY_BYTES = 32  # 256 bits of randomness cannot be guessed, so SHA-256 without salt is enough
_SHOWN_CHARACTERS = len(_KEY_PREFIX) + 4


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The caller: the tenant that a valid key belongs to, and what the key allows."""

    tenant_id: uuid.UUID
    key_id: uuid.UUID
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: uuid.UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


def ensure_tenant(tx: Transaction, name: str) -> uuid.UUID:
    """Return the tenant with this name; create it if it is new."""
    tx.execute(insert(tenants).values(id=uuid.uuid4(), name=name).on_conflict_do_nothing())
    return tx.execute(sa.select(tenants.c.id).where(tenants.c.name == name)).scalar_one()


def find_tenant(tx: Transaction, name: str) -> uuid.UUID | None:
    return tx.execute(sa.select(tenants.c.id).where(tenants.c.name == name)).scalar_one_or_none()


def get_tenant_name(tx: Transaction, tenant_id: uuid.UUID) -> str:
    return tx.execute(sa.select(tenants.c.name).where(tenants.c.id == tenant_id)).scalar_one()


def lock_tenant(tx: Transaction, tenant_id: uuid.UUID) -> None:
    """Serialize decisions about this tenant's keys."""
    tx.execute(sa.select(tenants.c.id).where(tenants.c.id == tenant_id).with_for_update(key_share=True))


def create_key(tx: Transaction, tenant_id: uuid.UUID, name: str, scopes: Sequence[str]) -> tuple[uuid.UUID, str]:
    """Create a key; return its id and its secret, which is not stored anywhere."""
    secret = _KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    key_id = uuid.uuid4()
    tx.execute(
        sa.insert(api_keys).values(
            id=key_id,
            tenant_id=tenant_id,
            name=name,
            prefix=shown_prefix(secret),
            key_hash=_hash(secret),
            scopes=list(scopes),
        )
    )
    return key_id, secret


# Built once, because every request runs it.
_FIND_HOLDER = sa.select(api_keys.c.id, api_keys.c.tenant_id, api_keys.c.scopes).where(
    api_keys.c.key_hash == sa.bindparam("b_hash"), api_keys.c.revoked_at.is_(None)
)


def find_key_holder(tx: Transaction, secret: str) -> KeyHolder | None:
    row = tx.execute(_FIND_HOLDER, {"b_hash": _hash(secret)}).one_or_none()
    return None if row is None else KeyHolder(row.tenant_id, row.id, frozenset(row.scopes))


def list_keys(tx: Transaction, tenant_id: uuid.UUID) -> list[ApiKey]:
    rows = tx.execute(
        sa.select(
            api_keys.c.id,
            api_keys.c.name,
            api_keys.c.prefix,
            api_keys.c.scopes,
            api_keys.c.created_at,
            api_keys.c.revoked_at,
        )
        .where(api_keys.c.tenant_id == tenant_id)
        .order_by(api_keys.c.created_at)
    )
    return [ApiKey(row.id, row.name, row.prefix, list(row.scopes), row.created_at, row.revoked_at) for row in rows]


def revoke_key(tx: Transaction, tenant_id: uuid.UUID, key_id: uuid.UUID) -> bool:
    """Revoke the key; returns True if it exists. Revoking it twice is harmless."""
    result = tx.execute(
        sa.update(api_keys)
        .where(api_keys.c.tenant_id == tenant_id, api_keys.c.id == key_id)
        .values(revoked_at=sa.func.coalesce(api_keys.c.revoked_at, sa.func.now()))
    )
    return result.rowcount > 0


def shown_prefix(secret: str) -> str:
    """Return the part of a key that lists show to identify it."""
    return secret[:_SHOWN_CHARACTERS]


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
