"""What each decision of a person says about the client whose result it was."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("corrections", sa.Column("client", sa.Text()))
    for name, kind in (
        ("judged_values", sa.Integer()),
        ("expected_wrong", sa.Double()),
        ("wrong_values", sa.Integer()),
    ):
        op.add_column("corrections", sa.Column(name, kind, server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    for name in ("wrong_values", "expected_wrong", "judged_values", "client"):
        op.drop_column("corrections", name)
