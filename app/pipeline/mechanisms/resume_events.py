"""Records what happened to a resume: an event row in the same transaction, a live notification after the commit."""

import uuid
from typing import Any

from app.messaging.notices import Notices
from app.storage import events
from app.storage.engine import Transaction
from app.storage.events import Event


def record_event(
    tx: Transaction,
    tenant_id: uuid.UUID,
    resume_id: uuid.UUID,
    kind: str,
    *,
    status: str,
    problem_code: str | None = None,
    degraded: bool | None = None,
) -> Event:
    """Write `resume.queued`, `resume.done` and the like with the resulting state: ids and states, never resume text."""
    body: dict[str, Any] = {"id": str(resume_id), "status": status}
    if problem_code is not None:
        body["problem"] = problem_code
    if degraded is not None:
        body["degraded"] = degraded
    return events.insert_event(tx, tenant_id, resume_id, kind, body)


def send_notice(notices: Notices, event: Event) -> None:
    notices.publish(
        event.tenant_id,
        {"event_id": event.id, "kind": event.kind, "created_at": event.created_at.isoformat(), **event.body},
    )
