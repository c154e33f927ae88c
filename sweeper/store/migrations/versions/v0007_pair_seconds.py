"""How long a trial takes to predict pairs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"


down_revision = "0006"


def upgrade() -> None:
    """Adds the column to ``run``; it is empty for the trials that there are."""
    op.add_column("run", sa.Column("pair_seconds", sa.Double))
