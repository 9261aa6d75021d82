"""Named queries on one-time links and the browser sessions they open. Secrets are stored only as SHA-256 hashes."""

import hashlib
import secrets
import uuid
from datetime import datetime

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import api_keys, sessions, sign_in_links
from app.storage.tenants import KeyHolder

_SECRET_BYTES = 32  # 256 bits of randomness cannot be guessed, so a plain hash is enough


def create_link(tx: Transaction, key_id: uuid.UUID, lifetime_seconds: float) -> tuple[str, datetime]:
    """Return the token of a new link, which is not stored anywhere, and the time at which it expires."""
    token = secrets.token_urlsafe(_SECRET_BYTES)
    expires_at = tx.execute(
        sa.insert(sign_in_links)
        .values(token_hash=_hash(token), key_id=key_id, expires_at=_in(lifetime_seconds))
        .returning(sign_in_links.c.expires_at)
    ).scalar_one()
    return token, expires_at


def take_link(tx: Transaction, token: str) -> uuid.UUID | None:
    """Consume the link and return its key, or None if it is unknown, used or expired, or its key was revoked."""
    return tx.execute(
        sa.delete(sign_in_links)
        .where(
            sign_in_links.c.token_hash == _hash(token),
            sign_in_links.c.expires_at > sa.func.now(),
            sign_in_links.c.key_id == api_keys.c.id,
            api_keys.c.revoked_at.is_(None),
        )
        .returning(sign_in_links.c.key_id)
    ).scalar_one_or_none()


def create_session(tx: Transaction, key_id: uuid.UUID, lifetime_seconds: float) -> str:
    """Return the secret of a new session, for the browser's cookie."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    tx.execute(sa.insert(sessions).values(secret_hash=_hash(secret), key_id=key_id, expires_at=_in(lifetime_seconds)))
    return secret


def find_session_holder(tx: Transaction, secret: str) -> KeyHolder | None:
    """Return whose session it is; None if it has ended or its key was revoked."""
    row = tx.execute(
        sa.select(api_keys.c.tenant_id, api_keys.c.id, api_keys.c.scopes)
        .join(sessions, sessions.c.key_id == api_keys.c.id)
        .where(
            sessions.c.secret_hash == _hash(secret),
            sessions.c.expires_at > sa.func.now(),
            api_keys.c.revoked_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else KeyHolder(row.tenant_id, row.id, frozenset(row.scopes))


def delete_session(tx: Transaction, secret: str) -> None:
    tx.execute(sa.delete(sessions).where(sessions.c.secret_hash == _hash(secret)))


def delete_expired(tx: Transaction) -> None:
    for table in (sign_in_links, sessions):
        tx.execute(sa.delete(table).where(table.c.expires_at <= sa.func.now()))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _in(seconds: float) -> sa.ColumnElement[datetime]:
    return sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
