"""What trials were made from and what they cost: working folder, processor, inputs, processor time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"


down_revision = "0003"


def upgrade() -> None:
    """Makes the table ``provenance``, and adds columns to ``run``."""
    op.create_table(
        "provenance",
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweep.id"), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("content", sa.JSON, nullable=False),
    )
    for column in (
        sa.Column("working_folder", sa.String(64)),
        sa.Column("inputs", sa.String(64)),
        sa.Column("processor", sa.String(255)),
        sa.Column("processor_seconds", sa.Double),
        sa.Column("step_seconds", sa.Double),
    ):
        op.add_column("run", column)
