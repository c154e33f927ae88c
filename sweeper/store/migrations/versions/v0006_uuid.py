"""A UUID for each study, by which its files are known from those of another study of the same name."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0006"


down_revision = "0005"


_NAMESPACE = uuid.UUID("5b6d8f1e-3c52-4f0a-9a57-0e9f7c1d2b84")


def upgrade() -> None:
    """Adds the column. A study gets one that follows from its name and beginning: the same in each copy."""
    op.add_column("sweep", sa.Column("uuid", sa.String(36)))
    op.create_index("ix_sweep_uuid", "sweep", ["uuid"], unique=True)
    connection = op.get_bind()
    sweep = sa.table("sweep", sa.column("id"), sa.column("name"), sa.column("created"), sa.column("uuid"))
    moment = sa.cast(sweep.c.created, sa.String)
    if connection.dialect.name == "postgresql":  # as SQLite writes it
        moment = sa.func.to_char(sa.text("created AT TIME ZONE 'UTC'"), "YYYY-MM-DD HH24:MI:SS.US")
    for key, name, begun in connection.execute(sa.select(sweep.c.id, sweep.c.name, moment)).all():
        given = str(uuid.uuid5(_NAMESPACE, f"{name} {begun}"))
        connection.execute(sweep.update().where(sweep.c.id == key).values(uuid=given))
