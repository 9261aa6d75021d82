"""What strategies left out of requests, by hour: estimated tokens and their price."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    counts = ("analyses", "without_request", "unpriced", "input_tokens", "output_tokens")
    op.create_table(
        "hourly_savings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in counts),
        sa.Column("saved_usd", sa.Numeric(24, 14), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "hour", "strategy", "client", name="pk_hourly_savings"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_hourly_savings_tenant_id_tenants", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("hourly_savings")
