"""People's corrections to profiles, and the results with the corrections applied."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("resumes", sa.Column("profile_changes", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "corrections",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("resume_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("path", postgresql.JSONB(), nullable=False),
        sa.Column("old_value", postgresql.JSONB()),
        sa.Column("new_value", postgresql.JSONB()),
        sa.Column("document_value", postgresql.JSONB()),
        sa.Column("key_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.Uuid()),
        sa.CheckConstraint("action in ('set','add','remove')", name=op.f("ck_corrections_action")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resume_id"],
            ["resumes.tenant_id", "resumes.id"],
            name=op.f("fk_corrections_tenant_id_resume_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_corrections_key_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["api_keys.id"], name=op.f("fk_corrections_undone_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("resume_id", "number", name=op.f("pk_corrections")),
    )
    op.create_table(
        "corrected_results",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("profile", postgresql.JSONB(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("changed", postgresql.JSONB(), nullable=False),
        sa.Column("unplaced", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_corrected_results_analysis_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", name=op.f("pk_corrected_results")),
    )


def downgrade() -> None:
    op.drop_table("corrected_results")
    op.drop_table("corrections")
    op.drop_column("resumes", "profile_changes")
