"""Tables of events and of the webhooks that receive them. Imported by app.storage.tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.storage.schema.schema_metadata import created_at, metadata

# The outbox of events: what happened to a resume, in order. Server-sent events and webhook deliveries read it.
events = Table(
    "events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("resume_id", Uuid, ForeignKey("resumes.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    created_at(),
    # Ids are assigned before commits, so a lower id can become visible after a higher one. Readers that resume after an
    # event rely on these columns: the transaction that wrote it, and the oldest one running then
    # (app/storage/events.py).
    Column("transaction_id", BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")),
    Column(
        "oldest_running",
        BigInteger,
        nullable=False,
        server_default=text("((pg_snapshot_xmin(pg_current_snapshot()))::text)::bigint"),
    ),
    Index("ix_events_tenant_id_id", "tenant_id", "id"),
    Index("ix_events_tenant_id_transaction_id", "tenant_id", "transaction_id"),
    Index("ix_events_resume_id", "resume_id"),
)

# The URLs at which tenants receive events (app/storage/webhooks.py). `secret` signs; no query of the API returns it.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_secret_until", DateTime(timezone=True)),
    Column("disabled_reason", Text),  # null: enabled
    Column("failures", Integer, nullable=False, server_default=text("0")),  # consecutive
    Column("failing_since", DateTime(timezone=True)),
    Column("paused_until", DateTime(timezone=True)),
    created_at(),
    CheckConstraint(
        "kinds <@ ARRAY['resume.done','resume.failed','client.down','client.up']::text[] and cardinality(kinds) > 0",
        name="kinds",
    ),
    CheckConstraint("(previous_secret is null) = (previous_secret_until is null)", name="previous_secret"),
    Index("ix_webhooks_tenant_id", "tenant_id"),
)

# One row per event and webhook, written in the transaction of the event; deleted with the event or the webhook.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("queued_at", DateTime(timezone=True), nullable=False, server_default=func.now()),  # or replayed
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("lease_until", DateTime(timezone=True)),
    Column("last_attempt_at", DateTime(timezone=True)),
    Column("last_status", SmallInteger),
    Column("last_error", Text),  # a short code-like text
    Column("last_latency_ms", Integer),
    Column("delivered_at", DateTime(timezone=True)),
    UniqueConstraint("webhook_id", "event_id"),
    CheckConstraint("state in ('pending','delivered','failed')", name="state"),
    Index("ix_webhook_deliveries_due", "webhook_id", "due_at", postgresql_where=text("state = 'pending'")),
    Index("ix_webhook_deliveries_event_id", "event_id"),
)

# The last known state of each endpoint of a model client, so that the breaker and the health monitor together report a
# change only once (app/storage/endpoint_states.py).
endpoint_states = Table(
    "endpoint_states",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("breaker_down", Boolean, nullable=False, server_default=text("false")),
    Column("health_down", Boolean, nullable=False, server_default=text("false")),
    Column("told_down", Boolean, nullable=False, server_default=text("false")),
    Column("seen_up", Boolean, nullable=False, server_default=text("false")),  # has ever answered
)
