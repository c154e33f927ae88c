"""Studies, their trials, and what each trial reported."""

import sqlalchemy as sa
from alembic import op

revision = "0001"


down_revision = None


def upgrade() -> None:
    """Makes the tables ``sweep``, ``run`` and ``epoch_metric``."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "sweep",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("study_id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.Column("study", sa.JSON, nullable=False),
        sa.Column("workload", sa.JSON, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweep.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("trial_id", sa.Integer, nullable=False),
        sa.Column("arm", sa.String(255), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(255)),
        sa.Column("lease_expires", moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("threads", sa.Integer),
        sa.Column("device", sa.String(64)),
        sa.Column("created", moment, nullable=False),
        sa.Column("started", moment),
        sa.Column("finished", moment),
        sa.Column("seconds", sa.Double),
        sa.Column("peak_memory_mb", sa.Double),
        sa.Column("best_epoch", sa.Integer),
        sa.Column("error_class", sa.String(16)),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("scores", sa.JSON),
        sa.Column("versions", sa.JSON),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("traceback", sa.Text),
        sa.UniqueConstraint("sweep_id", "number"),
    )
    op.create_table(
        "epoch_metric",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True),
        sa.Column("split", sa.String(16), primary_key=True),
        sa.Column("task", sa.String(64), primary_key=True),
        sa.Column("metric", sa.String(64), primary_key=True),
        sa.Column("value", sa.Double),
    )
