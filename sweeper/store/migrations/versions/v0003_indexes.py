"""Indexes by which a driver finds what it asks for without reading all trials, Optuna's among them."""

from alembic import op

revision = "0003"


down_revision = "0002"


def upgrade() -> None:
    """Adds them."""
    op.create_index("ix_run_state", "run", ["sweep_id", "state"])
    # Beside Optuna's own indexes; it neither needs nor minds them. A number is NULL until Optuna has counted.
    op.create_index("ix_trials_number", "trials", ["study_id", "number"], unique=True)
    op.create_index("ix_trials_state", "trials", ["study_id", "state"])
