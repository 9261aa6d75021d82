"""The JSON shapes of webhooks and their deliveries."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from app.messaging.public_address import LONGEST_URL

EventKind = Literal["resume.done", "resume.failed", "client.down", "client.up"]
DeliveryState = Literal["pending", "delivered", "failed"]

_LONGEST_OVERLAP_SECONDS = 7 * 86_400


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds characters that cannot be printed")
    return text


Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_printable)]


class NewWebhook(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://example.com/hooks/vitae", "events": ["resume.done"]}]},
    )

    url: Url = Field(description="Where to send them: https, and a public address (setting webhooks.allowed_networks).")
    events: list[EventKind] = Field(
        ["resume.done", "resume.failed", "client.down", "client.up"], min_length=1, max_length=4
    )
    description: Description | None = None


class WebhookChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": False}]})

    url: Url | None = None
    events: list[EventKind] | None = Field(None, min_length=1, max_length=4)
    description: Description | None = None
    enabled: bool | None = Field(None, description="true also forgets earlier failures and sends what waits.")


class Webhook(BaseModel):
    id: uuid.UUID
    url: str
    description: str | None
    events: list[EventKind]
    enabled: bool
    disabled_reason: str | None = Field(description="`by hand`, `failing` for days, or `gone` (the receiver said 410).")
    failing_since: datetime | None = Field(description="Since when nothing was taken; null: all is well.")
    retried_at: datetime | None = Field(description="While it fails: when it is tried again.")
    previous_secret_until: datetime | None = Field(description="Until then the secret before this one signs, too.")
    created_at: datetime


class MadeWebhook(Webhook):
    secret: str = Field(description="Checks the signatures. It is shown this once.", examples=["whsec_..."])


class Webhooks(BaseModel):
    items: list[Webhook]


class Rotation(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_seconds": 86400}]})

    overlap_seconds: int = Field(
        86_400, ge=0, le=_LONGEST_OVERLAP_SECONDS, description="How long the old secret signs beside the new one."
    )


class Delivery(BaseModel):
    id: uuid.UUID
    message_id: str = Field(description="The header `webhook-id`; it stays the same at every try.")
    event: str = Field(examples=["resume.done"])
    resume_id: uuid.UUID | None
    state: DeliveryState = Field(description="`failed`: given up; a replay tries again.")
    attempts: int
    happened_at: datetime
    due_at: datetime = Field(description="While pending: when it is sent next, at the earliest.")
    last_attempt_at: datetime | None
    last_status: int | None = Field(description="The receiver's HTTP status; null: there was no answer.")
    last_error: str | None = Field(examples=["timeout"])
    last_latency_ms: int | None
    delivered_at: datetime | None


class DeliveryPage(BaseModel):
    items: list[Delivery]
    next_cursor: str | None


class Replay(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"since": "2026-05-04T09:30:00Z"}]})

    since: AwareDatetime = Field(description="Events that happened at this time or later; with a time zone.")
    only_undelivered: bool = Field(False, description="Leave out what was taken before.")


class Replayed(BaseModel):
    queued: int
