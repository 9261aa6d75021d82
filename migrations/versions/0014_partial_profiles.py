"""Partial model responses, shown to users who have the page open."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "partial_profiles",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("profile", postgresql.JSONB(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name="fk_partial_profiles_analysis_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", name="pk_partial_profiles"),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_table("partial_profiles")
