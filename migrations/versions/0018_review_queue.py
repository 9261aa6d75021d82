"""How much of each result is doubtful, for the review queue; and corrections that confirm a value or leave out an entry."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_ACTIONS = "action in ('set','add','remove','confirm','leave_out')"
_EARLIER_ACTIONS = "action in ('set','add','remove')"


def upgrade() -> None:
    op.create_table(
        "review_queue",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("resume_id", sa.Uuid(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("expected_wrong", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resume_id"],
            ["resumes.tenant_id", "resumes.id"],
            name=op.f("fk_review_queue_tenant_id_resume_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("resume_id", "threshold", name=op.f("pk_review_queue")),
    )
    op.create_index("ix_review_queue_order", "review_queue", ["tenant_id", "threshold", "expected_wrong", "resume_id"])
    op.drop_constraint(op.f("ck_corrections_action"), "corrections")
    op.create_check_constraint(op.f("ck_corrections_action"), "corrections", _ACTIONS)


def downgrade() -> None:
    op.execute("delete from corrections where action in ('confirm','leave_out')")
    op.drop_constraint(op.f("ck_corrections_action"), "corrections")
    op.create_check_constraint(op.f("ck_corrections_action"), "corrections", _EARLIER_ACTIONS)
    op.drop_table("review_queue")
