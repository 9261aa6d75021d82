"""Batches: files with many requests that are sent to a model together, and the analyses they belong to."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("runner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="preparing", nullable=False),
        sa.Column("requests", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("input_file_id", sa.Text(), nullable=True),
        sa.Column("provider_batch_id", sa.Text(), nullable=True),
        sa.Column("provider_state", sa.Text(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        _moment("lease_until"),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _moment("submitted_at"),
        _moment("ended_at"),
        sa.CheckConstraint("runner in ('batch_api','run_batch')", name=op.f("ck_batches_runner")),
        sa.CheckConstraint(
            "state in ('preparing','submitted','running','collecting','collected','failed')",
            name=op.f("ck_batches_state"),
        ),
        sa.CheckConstraint("(state in ('collected','failed')) = (ended_at is not null)", name=op.f("ck_batches_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index("ix_batches_open", "batches", ["due_at"], postgresql_where=sa.text("ended_at is null"))
    op.create_table(
        "batch_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting','sent','answered','failed','returned')", name=op.f("ck_batch_items_state")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id_batches"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_batch_items_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_batch_items_analysis_id_analyses"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_items")),
    )
    op.create_index("ix_batch_items_batch_id", "batch_items", ["batch_id", "state"])
    op.create_index("ix_batch_items_analysis_id", "batch_items", ["analysis_id"])
    op.add_column("analyses", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_analyses_batch_id_batches"), "analyses", "batches", ["batch_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_analyses_batch_id", "analyses", ["batch_id"], postgresql_where=sa.text("batch_id is not null"))


def downgrade() -> None:
    op.drop_index("ix_analyses_batch_id", table_name="analyses")
    op.drop_constraint(op.f("fk_analyses_batch_id_batches"), "analyses")
    op.drop_column("analyses", "batch_id")
    op.drop_table("batch_items")
    op.drop_table("batches")
