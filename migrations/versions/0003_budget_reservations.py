"""Budget reservations for model calls in progress, and an index on degraded results that wait to be analysed again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "budget_reservations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("usd", sa.Numeric(24, 14), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("usd >= 0", name=op.f("ck_budget_reservations_usd")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_budget_reservations_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_reservations")),
    )
    op.create_index("ix_budget_reservations_tenant_id", "budget_reservations", ["tenant_id"], unique=False)
    op.create_index(
        "ix_analyses_degraded",
        "analyses",
        ["resume_id", "finished_at"],
        unique=False,
        postgresql_where=sa.text("degraded"),
    )


def downgrade() -> None:
    op.drop_index("ix_analyses_degraded", table_name="analyses", postgresql_where=sa.text("degraded"))
    op.drop_index("ix_budget_reservations_tenant_id", table_name="budget_reservations")
    op.drop_table("budget_reservations")
