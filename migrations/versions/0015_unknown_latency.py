"""The latency of a call is NULL if unknown; it was 0 for batch results and lost calls."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.alter_column("model_attempts", "latency_ms", existing_type=sa.Integer(), nullable=True)
    op.execute(
        "update model_attempts set latency_ms = null"
        " where latency_ms = 0 and (service_tier = 'batch' or outcome = 'lost')"
    )


def downgrade() -> None:
    op.execute("update model_attempts set latency_ms = 0 where latency_ms is null")
    op.alter_column("model_attempts", "latency_ms", existing_type=sa.Integer(), nullable=False)
