"""The transaction that wrote each event, and the oldest one running at that time; readers resume from these."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    # Existing rows get this migration's own transaction; among them, only the id decides.
    op.add_column(
        "events",
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
    )
    op.add_column(
        "events",
        sa.Column(
            "oldest_running",
            sa.BigInteger(),
            server_default=sa.text("((pg_snapshot_xmin(pg_current_snapshot()))::text)::bigint"),
            nullable=False,
        ),
    )
    op.create_index("ix_events_tenant_id_transaction_id", "events", ["tenant_id", "transaction_id"])


def downgrade() -> None:
    op.drop_index("ix_events_tenant_id_transaction_id", table_name="events")
    op.drop_column("events", "oldest_running")
    op.drop_column("events", "transaction_id")
