"""Named queries on webhooks: the receiver's URL, the subscribed events, and the receiver's health.

The secret is stored in plain form because it is needed for signing; only the query of the sender reads it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import webhooks

TEST_KIND = "webhook.test"
KINDS = ("resume.done", "resume.failed", "client.down", "client.up")


@dataclass(frozen=True, slots=True)
class Webhook:
    """`disabled_reason`: by hand, gone (HTTP 410), or failing. `failing_since` is None while deliveries succeed."""

    id: uuid.UUID
    url: str
    description: str | None
    kinds: list[str]
    disabled_reason: str | None
    failing_since: datetime | None
    paused_until: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime


_shown = [webhooks.c[name] for name in Webhook.__dataclass_fields__]


def insert_webhook(
    tx: Transaction, tenant_id: uuid.UUID, *, url: str, description: str | None, kinds: Sequence[str], secret: bytes
) -> Webhook:
    row = tx.execute(
        sa.insert(webhooks)
        .values(
            id=uuid.uuid4(), tenant_id=tenant_id, url=url, description=description, kinds=list(kinds), secret=secret
        )
        .returning(*_shown)
    ).one()
    return Webhook(*row)


def list_webhooks(tx: Transaction, tenant_id: uuid.UUID) -> list[Webhook]:
    rows = tx.execute(
        sa.select(*_shown).where(webhooks.c.tenant_id == tenant_id).order_by(webhooks.c.created_at, webhooks.c.id)
    )
    return [Webhook(*row) for row in rows]


def count_webhooks(tx: Transaction, tenant_id: uuid.UUID) -> int:
    return tx.execute(
        sa.select(sa.func.count()).select_from(webhooks).where(webhooks.c.tenant_id == tenant_id)
    ).scalar_one()


def find_webhook(tx: Transaction, tenant_id: uuid.UUID, webhook_id: uuid.UUID) -> Webhook | None:
    row = tx.execute(sa.select(*_shown).where(_is(tenant_id, webhook_id))).one_or_none()
    return None if row is None else Webhook(*row)


def update_webhook(
    tx: Transaction, tenant_id: uuid.UUID, webhook_id: uuid.UUID, changes: dict[str, Any]
) -> Webhook | None:
    """Update columns of the webhook; returns None if there is no such webhook."""
    row = tx.execute(
        sa.update(webhooks).where(_is(tenant_id, webhook_id)).values(**changes).returning(*_shown)
    ).one_or_none()
    return None if row is None else Webhook(*row)


def delete_webhook(tx: Transaction, tenant_id: uuid.UUID, webhook_id: uuid.UUID) -> bool:
    """Delete the webhook and all its deliveries."""
    return tx.execute(sa.delete(webhooks).where(_is(tenant_id, webhook_id))).rowcount > 0


def rotate_secret(
    tx: Transaction, tenant_id: uuid.UUID, webhook_id: uuid.UUID, secret: bytes, *, overlap_seconds: float
) -> Webhook | None:
    """Replace the secret. Both secrets sign until the overlap ends, then only the new one does."""
    until = sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, overlap_seconds)
    return update_webhook(
        tx,
        tenant_id,
        webhook_id,
        {
            "secret": secret,
            "previous_secret": webhooks.c.secret if overlap_seconds else None,
            "previous_secret_until": until if overlap_seconds else None,
        },
    )


def forget_previous_secrets(tx: Transaction) -> int:
    """Delete previous secrets whose overlap has ended."""
    return tx.execute(
        sa.update(webhooks)
        .where(webhooks.c.previous_secret_until < sa.func.now())
        .values(previous_secret=None, previous_secret_until=None)
    ).rowcount


def note_success(tx: Transaction, webhook_id: uuid.UUID) -> bool:
    """Record a success; returns True if earlier deliveries had failed, so that pending ones can be sent now."""
    return (
        tx.execute(
            sa.update(webhooks)
            .where(webhooks.c.id == webhook_id, webhooks.c.failures > 0)
            .values(failures=0, failing_since=None, paused_until=None)
        ).rowcount
        > 0
    )


@dataclass(frozen=True, slots=True)
class FailingWebhook:
    tenant_id: uuid.UUID
    failures: int
    failing_seconds: float
    disabled: bool


def note_failure(tx: Transaction, webhook_id: uuid.UUID) -> FailingWebhook | None:
    """Record another consecutive failure; returns None if the webhook no longer exists."""
    row = tx.execute(
        sa.update(webhooks)
        .where(webhooks.c.id == webhook_id)
        .values(
            failures=webhooks.c.failures + 1, failing_since=sa.func.coalesce(webhooks.c.failing_since, sa.func.now())
        )
        .returning(
            webhooks.c.tenant_id,
            webhooks.c.failures,
            sa.func.extract("epoch", sa.func.now() - webhooks.c.failing_since),
            webhooks.c.disabled_reason.is_not(None),
        )
    ).one_or_none()
    return None if row is None else FailingWebhook(row[0], row[1], float(row[2]), row[3])


def pause(tx: Transaction, webhook_id: uuid.UUID, *, seconds: float) -> None:
    tx.execute(
        sa.update(webhooks)
        .where(webhooks.c.id == webhook_id)
        .values(paused_until=sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds))
    )


def disable(tx: Transaction, webhook_id: uuid.UUID, reason: str) -> None:
    tx.execute(sa.update(webhooks).where(webhooks.c.id == webhook_id).values(disabled_reason=reason))


def _is(tenant_id: uuid.UUID, webhook_id: uuid.UUID) -> sa.ColumnElement[bool]:
    return sa.and_(webhooks.c.tenant_id == tenant_id, webhooks.c.id == webhook_id)
