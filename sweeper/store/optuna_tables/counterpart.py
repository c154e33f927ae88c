"""Whether a study in Optuna's tables is still the one that was begun: other programs may change it there."""

import sqlalchemy as sa

from ...errors import ConflictError
from ...text import trial_names
from ...trial import StudyRow
from ..tables import run, sweep
from .mirror import STATES
from .tables import studies, trial_user_attributes, trials

WAY_OUT = "to train more, begin it again under another name with: sweeper run --study STUDY --name NAME"


def check_counterpart(connection: sa.Connection, study: StudyRow) -> None:
    """Looks whether Optuna's tables have a study, all of its trials, and none that sweeper did not begin.

    Raises:
        ConflictError: If not: numbers would be handed out twice, or trials counted that are not its own.
    """
    theirs = trials.join(run, run.c.trial_id == trials.c.trial_id, isouter=True)
    # By the name that it has at this moment: it may have been renamed since the row was read.
    named = (
        sa.select(studies.c.study_id)
        .join(sweep, sweep.c.name == studies.c.study_name)
        .where(studies.c.study_id == study.study_id, sweep.c.id == study.id)
    )
    same = (trials.c.trial_id == run.c.trial_id) & (trials.c.number == run.c.number)
    lost = (
        sa.select(run.c.number)
        .select_from(run.join(trials, same & (trials.c.study_id == study.study_id), isouter=True))
        .where(run.c.sweep_id == study.id, trials.c.trial_id.is_(None))
    )
    if connection.execute(named).first() is None or connection.execute(lost.limit(1)).first() is not None:
        raise ConflictError(
            f"study {study.name!r} was deleted, renamed or made anew in Optuna's tables by another program; "
            f"its trials can be reported and exported as before; {WAY_OUT}"
        )
    owned = sa.select(trial_user_attributes.c.trial_id).where(trial_user_attributes.c.key == "owner")
    strange = (
        sa.select(trials.c.number)
        .select_from(theirs)
        .where(
            trials.c.study_id == study.study_id,
            run.c.id.is_(None),
            trials.c.trial_id.not_in(owned),
        )
    )
    numbers = connection.execute(strange).scalars().all()
    if numbers:
        raise ConflictError(
            f"study {study.name!r} has {trial_names(numbers)} in Optuna's tables that another program added, "
            f"and that would count as its own; {WAY_OUT}"
        )


def disagreeing(connection: sa.Connection, study: StudyRow) -> list[int]:
    """Numbers of the trials that have another state in Optuna's tables than in ours."""
    other = sa.or_(*((run.c.state == here) & (trials.c.state != there) for here, there in STATES.items()))
    query = sa.select(run.c.number).join(trials, trials.c.trial_id == run.c.trial_id)
    ours = query.where(run.c.sweep_id == study.id, other).order_by(run.c.number)
    return list(connection.execute(ours).scalars())
