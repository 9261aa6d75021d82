"""Whether a model server has ever responded to the health monitor: only a server that was up can go down."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "endpoint_states", sa.Column("seen_up", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )


def downgrade() -> None:
    op.drop_column("endpoint_states", "seen_up")
