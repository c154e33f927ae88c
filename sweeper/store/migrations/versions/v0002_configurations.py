"""Which configuration of its arm a trial is, what was reused or trained otherwise, and changes of a study."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"


down_revision = "0001"


def upgrade() -> None:
    """Adds columns to ``run``, numbers the configurations of old trials, makes ``study_change``."""
    for column in (
        sa.Column("configuration", sa.Integer, nullable=False, server_default="0"),
        sa.Column("halvings", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reused_from", sa.Integer),
        sa.Column("machine", sa.String(255)),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("digest", sa.String(64)),
    ):
        op.add_column("run", column)
    _number_configurations(op.get_bind())
    op.create_index("ix_run_configuration", "run", ["sweep_id", "arm", "seed", "configuration"], unique=True)
    op.create_index("ix_run_digest", "run", ["sweep_id", "digest"])
    op.create_table(
        "study_change",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweep.id"), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
    )


def _number_configurations(connection: sa.Connection) -> None:
    """Revision 0001 numbered trials over the arms, then the seeds, then the configurations."""
    for key, written in connection.execute(sa.text("SELECT id, study FROM sweep")).all():
        study = json.loads(written) if isinstance(written, str) else written
        replicates = len(study["arms"]) * len(study["seeds"])
        connection.execute(
            sa.text("UPDATE run SET configuration = number / :replicates WHERE sweep_id = :key"),
            {"replicates": replicates, "key": key},
        )
