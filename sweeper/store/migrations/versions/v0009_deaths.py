"""How often a driver died while it had a trial running."""

import sqlalchemy as sa
from alembic import op

revision = "0009"


down_revision = "0008"


def upgrade() -> None:
    """Adds the column to ``run``: of the trials that there are no such death is known."""
    op.add_column("run", sa.Column("deaths", sa.Integer, nullable=False, server_default="0"))
