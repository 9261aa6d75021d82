"""Routes for webhooks: where a tenant's events are sent. All need the scope `admin`, because addresses may hold
secrets.
"""

import uuid
from typing import Annotated, Any

from fastapi import Query, Request

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import parse_id
from app.api.schemas.webhook_schemas import (
    Delivery,
    DeliveryPage,
    DeliveryState,
    MadeWebhook,
    NewWebhook,
    Replay,
    Replayed,
    Rotation,
    Webhook,
    WebhookChange,
    Webhooks,
)
from app.errors import InputError
from app.pipeline.webhooks import manage_webhooks as use_cases
from app.storage import webhook_deliveries, webhooks

router = router_for("admin", "Webhooks")

_USUAL = problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable")
_LONGEST_PAGE = 200


@router.post(
    "/v1/webhooks",
    status_code=201,
    summary="Create a webhook",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "conflict", "dependency_unavailable"),
)
def make_webhook(request: Request, new: NewWebhook) -> MadeWebhook:
    """The response shows the secret only this once. Signatures follow Standard Webhooks; `docs/webhooks.md` has a
    receiver.
    """
    parts = parts_of(request)
    made, secret = use_cases.make_webhook(
        parts.database,
        caller_of(request).tenant_id,
        url=new.url,
        kinds=new.events,
        description=new.description,
        allowed=parts.settings.webhooks.networks,
    )
    return MadeWebhook(**_fields(made), secret=secret)


@router.get(
    "/v1/webhooks",
    summary="List webhooks",
    responses=problems("unauthenticated", "forbidden", "dependency_unavailable"),
)
def list_webhooks(request: Request) -> Webhooks:
    """The oldest first, without their secrets."""
    with parts_of(request).database.reading() as tx:
        rows = webhooks.list_webhooks(tx, caller_of(request).tenant_id)
    return Webhooks(items=[Webhook(**_fields(row)) for row in rows])


@router.get("/v1/webhooks/{webhook_id}", summary="Get a webhook", responses=_USUAL)
def read_webhook(request: Request, webhook_id: str) -> Webhook:
    """Its address, its events, and the state of its receiver."""
    with parts_of(request).database.reading() as tx:
        return Webhook(**_fields(use_cases.get_webhook(tx, caller_of(request).tenant_id, _id(webhook_id))))


@router.patch("/v1/webhooks/{webhook_id}", summary="Change a webhook", responses=_USUAL | problems("invalid_request"))
def change_webhook(request: Request, webhook_id: str, change: WebhookChange) -> Webhook:
    """Another address, other events, or enabled and disabled. Events from a disabled period can be replayed."""
    parts = parts_of(request)
    changed = use_cases.change_webhook(
        parts.database,
        caller_of(request).tenant_id,
        _id(webhook_id),
        url=change.url,
        kinds=change.events,
        description=change.description,
        enabled=change.enabled,
        allowed=parts.settings.webhooks.networks,
    )
    return Webhook(**_fields(changed))


@router.delete("/v1/webhooks/{webhook_id}", status_code=204, summary="Delete a webhook", responses=_USUAL)
def delete_webhook(request: Request, webhook_id: str) -> None:
    """With its deliveries; waiting ones are not sent."""
    use_cases.delete_webhook(parts_of(request).database, caller_of(request).tenant_id, _id(webhook_id))


@router.post(
    "/v1/webhooks/{webhook_id}/rotate", summary="Replace the secret", responses=_USUAL | problems("invalid_request")
)
def rotate_secret(request: Request, webhook_id: str, rotation: Rotation) -> MadeWebhook:
    """The response shows the new secret only this once. During the overlap both secrets sign, so no delivery fails its
    check.
    """
    changed, secret = use_cases.rotate_secret(
        parts_of(request).database,
        caller_of(request).tenant_id,
        _id(webhook_id),
        overlap_seconds=rotation.overlap_seconds,
    )
    return MadeWebhook(**_fields(changed), secret=secret)


@router.post(
    "/v1/webhooks/{webhook_id}/test",
    status_code=202,
    summary="Test a webhook",
    responses=_USUAL | problems("conflict"),
)
def try_webhook(request: Request, webhook_id: str) -> Delivery:
    """Sends `webhook.test` like any other event; its delivery shows the outcome."""
    return _delivery(use_cases.try_webhook(parts_of(request).database, caller_of(request).tenant_id, _id(webhook_id)))


@router.get(
    "/v1/webhooks/{webhook_id}/deliveries", summary="List deliveries", responses=_USUAL | problems("invalid_request")
)
def list_deliveries(
    request: Request,
    webhook_id: str,
    state: DeliveryState | None = None,
    cursor: Annotated[str | None, Query(max_length=20, description="`next_cursor` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_PAGE)] = 50,
) -> DeliveryPage:
    """Deliveries that were sent, are waiting or were given up, the newest event first. Kept for 30 days."""
    before = _cursor(cursor)
    with parts_of(request).database.reading() as tx:
        found = use_cases.get_webhook(tx, caller_of(request).tenant_id, _id(webhook_id))
        rows = webhook_deliveries.list_deliveries(tx, found.id, state=state, before_event_id=before, limit=limit + 1)
    more = len(rows) > limit
    return DeliveryPage(
        items=[_delivery(row) for row in rows[:limit]],
        next_cursor=str(rows[limit - 1].event_id) if more else None,
    )


@router.get("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", summary="Get a delivery", responses=_USUAL)
def read_delivery(request: Request, webhook_id: str, delivery_id: str) -> Delivery:
    """The outcome of one delivery so far."""
    with parts_of(request).database.reading() as tx:
        found = use_cases.get_webhook(tx, caller_of(request).tenant_id, _id(webhook_id))
        return _delivery(use_cases.get_delivery(tx, found.id, parse_id(delivery_id, "delivery")))


@router.post(
    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    summary="Send a delivery again",
    responses=_USUAL | problems("conflict"),
)
def replay_delivery(request: Request, webhook_id: str, delivery_id: str) -> Delivery:
    """Also one that was accepted before. The receiver recognises it by its `webhook-id`."""
    return _delivery(
        use_cases.replay_delivery(
            parts_of(request).database,
            caller_of(request).tenant_id,
            _id(webhook_id),
            parse_id(delivery_id, "delivery"),
        )
    )


@router.post(
    "/v1/webhooks/{webhook_id}/replay",
    status_code=202,
    summary="Replay events",
    responses=_USUAL | problems("invalid_request", "conflict"),
)
def replay_since(request: Request, webhook_id: str, replay: Replay) -> Replayed:
    """Every event it subscribes to, also from before it was created or while it was disabled; events are kept for 30
    days.
    """
    queued = use_cases.replay_since(
        parts_of(request).database,
        caller_of(request).tenant_id,
        _id(webhook_id),
        replay.since,
        only_undelivered=replay.only_undelivered,
    )
    return Replayed(queued=queued)


def _id(text: str) -> uuid.UUID:
    return parse_id(text, "webhook")


def _cursor(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise InputError("The `cursor` is not from this service. Omit it to start with the newest.")
    return int(text)


def _fields(row: webhooks.Webhook) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "description": row.description,
        "events": row.kinds,
        "enabled": row.disabled_reason is None,
        "disabled_reason": row.disabled_reason,
        "failing_since": row.failing_since,
        "retried_at": row.paused_until,
        "previous_secret_until": row.previous_secret_until,
        "created_at": row.created_at,
    }


def _delivery(row: webhook_deliveries.Delivery) -> Delivery:
    return Delivery(
        id=row.id,
        message_id=webhook_deliveries.message_id(row.id),
        event=row.kind,
        resume_id=row.resume_id,
        state=row.state,
        attempts=row.attempts,
        happened_at=row.happened_at,
        due_at=row.due_at,
        last_attempt_at=row.last_attempt_at,
        last_status=row.last_status,
        last_error=row.last_error,
        last_latency_ms=row.last_latency_ms,
        delivered_at=row.delivered_at,
    )
