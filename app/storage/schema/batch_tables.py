"""Tables of the batch lane. Imported by app.storage.tables."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from app.storage.schema.schema_metadata import created_at, metadata

# One row per request file that is sent to a model as a batch (app/pipeline/batches/batch_lane.py).
batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client", Text, nullable=False),
    Column("model", Text),
    Column("runner", Text, nullable=False),  # what processes the file
    Column("state", Text, nullable=False, server_default="preparing"),
    Column("requests", Integer, nullable=False, server_default=text("0")),  # lines of the file
    Column("input_file_id", Text),  # the provider's identifiers
    Column("provider_batch_id", Text),
    Column("provider_state", Text),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("error", Text),  # a short code-like text
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    created_at(),
    Column("submitted_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("runner in ('batch_api','run_batch')", name="runner"),
    CheckConstraint("state in ('preparing','submitted','running','collecting','collected','failed')", name="state"),
    CheckConstraint("(state in ('collected','failed')) = (ended_at is not null)", name="ended"),
    Index("ix_batches_open", "due_at", postgresql_where=text("ended_at is null")),
)

# One row per line of a request file; its id is the line's `custom_id`.
batch_items = Table(
    "batch_items",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("batch_id", Uuid, ForeignKey("batches.id", ondelete="CASCADE"), nullable=False),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("analysis_id", Uuid, ForeignKey("analyses.id", ondelete="SET NULL")),  # null: erased
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("reservation_id", Uuid),  # budget reservation, until the line is settled
    Column("error", Text),
    CheckConstraint("state in ('waiting','sent','answered','failed','returned')", name="state"),
    Index("ix_batch_items_batch_id", "batch_id", "state"),
    Index("ix_batch_items_analysis_id", "analysis_id"),
)
