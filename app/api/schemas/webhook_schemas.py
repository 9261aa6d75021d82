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
        raise ValueError("contains characters that cannot be printed")
    return text


Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_printable)]


class NewWebhook(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://example.com/hooks/vitae", "events": ["resume.done"]}]},
    )

    url: Url = Field(
        description="Where to send events: https and a public address (setting webhooks.allowed_networks)."
    )
    events: list[EventKind] = Field(
        ["resume.done", "resume.failed", "client.down", "client.up"], min_length=1, max_length=4
    )
    description: Description | None = None


class WebhookChange(BaseModel):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": False}]})

    url: Url | None = None
    events: list[EventKind] | None = Field(None, min_length=1, max_length=4)
    description: Description | None = None
    enabled: bool | None = Field(None, description="true also resets earlier failures and sends waiting events.")


class Webhook(BaseModel):
    id: uuid.UUID
    url: str
    description: str | None
    events: list[EventKind]
    enabled: bool
    disabled_reason: str | None = Field(
        description="`by hand`, `failing` for days, or `gone` (the receiver responded with 410)."
    )
    failing_since: datetime | None = Field(description="Since when no delivery was accepted; null: all is well.")
    retried_at: datetime | None = Field(description="While it fails: when the next attempt is made.")
    previous_secret_until: datetime | None = Field(description="Until then the previous secret signs, too.")
    created_at: datetime


class MadeWebhook(Webhook):
    secret: str = Field(description="Verifies the signatures. Shown only this once.", examples=["whsec_..."])


class Webhooks(BaseModel):
    items: list[Webhook]


class Rotation(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_seconds": 86400}]})

    overlap_seconds: int = Field(
        86_400, ge=0, le=_LONGEST_OVERLAP_SECONDS, description="How long the old secret keeps signing."
    )


class Delivery(BaseModel):
    id: uuid.UUID
    message_id: str = Field(description="The header `webhook-id`; the same for every attempt.")
    event: str = Field(examples=["resume.done"])
    resume_id: uuid.UUID | None
    state: DeliveryState = Field(description="`failed`: given up; a replay tries again.")
    attempts: int
    happened_at: datetime
    due_at: datetime = Field(description="While pending: the earliest time of the next attempt.")
    last_attempt_at: datetime | None
    last_status: int | None = Field(description="The receiver's HTTP status; null: no response.")
    last_error: str | None = Field(examples=["timeout"])
    last_latency_ms: int | None
    delivered_at: datetime | None


class DeliveryPage(BaseModel):
    items: list[Delivery]
    next_cursor: str | None


class Replay(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"since": "2026-05-04T09:30:00Z"}]})

    since: AwareDatetime = Field(description="Events that happened at or after this time; with a time zone.")
    only_undelivered: bool = Field(False, description="Leave out deliveries that were accepted.")


class Replayed(BaseModel):
    queued: int
