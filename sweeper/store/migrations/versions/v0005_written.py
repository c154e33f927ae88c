"""The files of a study, as they were when a trial was proposed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"


down_revision = "0004"


def upgrade() -> None:
    """Adds the columns by which studies and trials name them."""
    for table in ("sweep", "run"):
        op.add_column(table, sa.Column("written", sa.String(64)))
