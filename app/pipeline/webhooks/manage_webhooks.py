"""Use cases: create, change and delete webhooks, rotate their secret, test them, and replay events."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.errors import Conflict, InputError, NotFound
from app.messaging.public_address import Network, url_problem
from app.messaging.webhook_signature import new_secret, shown_secret
from app.storage import events, tenants, webhook_deliveries, webhooks
from app.storage.engine import Database, Transaction
from app.storage.webhook_deliveries import Delivery
from app.storage.webhooks import TEST_KIND, Webhook

_MOST_WEBHOOKS = 20  # of one tenant; every event goes to all of them
_BY_HAND = "by hand"


def make_webhook(
    database: Database,
    tenant_id: uuid.UUID,
    *,
    url: str,
    kinds: Sequence[str],
    description: str | None,
    allowed: Sequence[Network],
) -> tuple[Webhook, str]:
    """The webhook and its secret, which is shown only this once. Raises `InputError` and `Conflict`."""
    _check_url(url, allowed)
    secret = new_secret()
    with database.transaction() as tx:
        tenants.lock_tenant(tx, tenant_id)
        if webhooks.count_webhooks(tx, tenant_id) >= _MOST_WEBHOOKS:
            raise Conflict(f"There are already {_MOST_WEBHOOKS} webhooks. Delete one that is no longer needed.")
        made = webhooks.insert_webhook(
            tx, tenant_id, url=url, description=description, kinds=_in_order(kinds), secret=secret
        )
    return made, shown_secret(secret)


def change_webhook(
    database: Database,
    tenant_id: uuid.UUID,
    webhook_id: uuid.UUID,
    *,
    url: str | None,
    kinds: Sequence[str] | None,
    description: str | None,
    enabled: bool | None,
    allowed: Sequence[Network],
) -> Webhook:
    """Fields that are None stay unchanged. Enabling it resets its failures and sends waiting events."""
    changes: dict[str, Any] = {}
    if url is not None:
        _check_url(url, allowed)
        changes["url"] = url
    if kinds is not None:
        changes["kinds"] = _in_order(kinds)
    if description is not None:
        changes["description"] = description or None
    if enabled is False:
        changes["disabled_reason"] = _BY_HAND
    if enabled is True:
        changes |= {"disabled_reason": None, "failures": 0, "failing_since": None, "paused_until": None}
    with database.transaction() as tx:
        if not changes:
            return get_webhook(tx, tenant_id, webhook_id)
        changed = webhooks.update_webhook(tx, tenant_id, webhook_id, changes)
        if changed is None:
            raise _no_webhook(webhook_id)
        if enabled is True:
            webhook_deliveries.make_due(tx, webhook_id)
    return changed


def delete_webhook(database: Database, tenant_id: uuid.UUID, webhook_id: uuid.UUID) -> None:
    with database.transaction() as tx:
        if not webhooks.delete_webhook(tx, tenant_id, webhook_id):
            raise _no_webhook(webhook_id)


def rotate_secret(
    database: Database, tenant_id: uuid.UUID, webhook_id: uuid.UUID, *, overlap_seconds: float
) -> tuple[Webhook, str]:
    """A new secret; the old one stays valid until the overlap ends."""
    secret = new_secret()
    with database.transaction() as tx:
        changed = webhooks.rotate_secret(tx, tenant_id, webhook_id, secret, overlap_seconds=overlap_seconds)
        if changed is None:
            raise _no_webhook(webhook_id)
    return changed, shown_secret(secret)


def try_webhook(database: Database, tenant_id: uuid.UUID, webhook_id: uuid.UUID) -> Delivery:
    """Queue a `webhook.test` event for this webhook only; it is delivered like any other event."""
    with database.transaction() as tx:
        _get_enabled(tx, tenant_id, webhook_id)
        event = events.insert_event(tx, tenant_id, None, TEST_KIND, {"webhook": str(webhook_id)})
        delivery_id = webhook_deliveries.insert_for_one(tx, webhook_id, event.id)
        return get_delivery(tx, webhook_id, delivery_id)


def replay_delivery(
    database: Database, tenant_id: uuid.UUID, webhook_id: uuid.UUID, delivery_id: uuid.UUID
) -> Delivery:
    """Send it once more, delivered or not; its `webhook-id` stays the same, so the receiver recognises it."""
    with database.transaction() as tx:
        _get_enabled(tx, tenant_id, webhook_id)
        webhook_deliveries.replay_one(tx, webhook_id, delivery_id)
        return get_delivery(tx, webhook_id, delivery_id)


def replay_since(
    database: Database, tenant_id: uuid.UUID, webhook_id: uuid.UUID, since: datetime, *, only_undelivered: bool
) -> int:
    """Replay all events it subscribes to since then, also from a time when it was disabled; returns how many are
    queued.
    """
    with database.transaction() as tx:
        _get_enabled(tx, tenant_id, webhook_id)
        return webhook_deliveries.replay_since(tx, webhook_id, since, only_undelivered=only_undelivered)


def get_webhook(tx: Transaction, tenant_id: uuid.UUID, webhook_id: uuid.UUID) -> Webhook:
    """Raises `NotFound`, also for another tenant's webhook."""
    found = webhooks.find_webhook(tx, tenant_id, webhook_id)
    if found is None:
        raise _no_webhook(webhook_id)
    return found


def _get_enabled(tx: Transaction, tenant_id: uuid.UUID, webhook_id: uuid.UUID) -> Webhook:
    found = get_webhook(tx, tenant_id, webhook_id)
    if found.disabled_reason is not None:
        raise Conflict(f"The webhook is disabled ({found.disabled_reason}). Enable it first.")
    return found


def get_delivery(tx: Transaction, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> Delivery:
    """Raises `NotFound`."""
    found = webhook_deliveries.find_delivery(tx, webhook_id, delivery_id)
    if found is None:
        raise NotFound(
            f"The webhook has no delivery {delivery_id}. Deliveries are deleted with their resume, and after 30 days."
        )
    return found


def _no_webhook(webhook_id: uuid.UUID) -> NotFound:
    return NotFound(f"No webhook with the id {webhook_id}. `vitae webhooks list` lists all webhooks.")


def _check_url(url: str, allowed: Sequence[Network]) -> None:
    problem = url_problem(url, allowed)
    if problem is not None:
        raise InputError(f"The url {problem}.")


def _in_order(kinds: Sequence[str]) -> list[str]:
    return [kind for kind in webhooks.KINDS if kind in kinds]
