"""The life of a study: notes, other names, the archive, studies made elsewhere, and those deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"


down_revision = "0007"


def upgrade() -> None:
    """Adds columns to ``sweep``, which are empty for the studies that there are, and three tables."""
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("folder", sa.String(255)),
        sa.Column("archived", moment),
        sa.Column("origin", sa.JSON),
    ):
        op.add_column("sweep", column)
    op.create_table(
        "study_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweep.id"), nullable=False),
        sa.Column("moment", moment, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
    )
    op.create_table(
        "foreign_trial",
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweep.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("started", moment),
        sa.Column("finished", moment),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("outcome", sa.JSON, nullable=False),
    )
    op.create_table(
        "deleted_study",
        sa.Column("sweep_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("folder", sa.String(255), nullable=False),
        sa.Column("moment", moment, nullable=False),
        sa.Column("trials", sa.Integer, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
    )
