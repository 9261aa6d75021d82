"""Sign-in to the dashboard: one-time links and the sessions they open."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for table, secret in (("sign_in_links", "token_hash"), ("sessions", "secret_hash")):
        op.create_table(
            table,
            sa.Column(secret, sa.LargeBinary(length=32), nullable=False),
            sa.Column("key_id", sa.Uuid(), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
            sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f(f"fk_{table}_key_id"), ondelete="CASCADE"),
            sa.PrimaryKeyConstraint(secret, name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_key_id", table, ["key_id"])
        op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])


def downgrade() -> None:
    op.drop_table("sessions")
    op.drop_table("sign_in_links")
