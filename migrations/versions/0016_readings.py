"""How far the model and the built-in parser agree on a resume, and where they do not."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("analyses", sa.Column("readings", JSONB()))


def downgrade() -> None:
    op.drop_column("analyses", "readings")
