"""Use cases: create and revoke a tenant's API keys. Called by the API."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import Conflict, NotFound
from app.storage import tenants
from app.storage.engine import Database


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`secret` is the key itself; it is stored nowhere."""

    id: uuid.UUID
    prefix: str
    scopes: list[str]
    secret: str


def issue_key(database: Database, tenant_id: uuid.UUID, name: str, scopes: Sequence[str]) -> IssuedKey:
    with database.transaction() as tx:
        key_id, secret = tenants.create_key(tx, tenant_id, name, scopes)
    return IssuedKey(key_id, tenants.shown_prefix(secret), list(scopes), secret)


def revoke_key(database: Database, tenant_id: uuid.UUID, key_id: uuid.UUID) -> None:
    """Revoking twice is harmless. Raises `NotFound`, and `Conflict` for the tenant's last admin key."""
    with database.transaction() as tx:
        tenants.lock_tenant(tx, tenant_id)  # prevents two admins from revoking each other's key at the same time
        keys = tenants.list_keys(tx, tenant_id)
        if all(key.id != key_id for key in keys):
            raise NotFound(f"No key with the id {key_id}. `vitae keys list` shows the existing keys.")
        admins = {key.id for key in keys if key.revoked_at is None and "admin" in key.scopes}
        if admins == {key_id}:
            raise Conflict(
                "This is the last key with the scope `admin`. Create another one first, then revoke this one."
            )
        tenants.revoke_key(tx, tenant_id, key_id)
