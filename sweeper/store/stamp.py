"""Whether a study has changed: what tells its state from any other, for the price of a few counts."""

import sqlalchemy as sa

from ..trial import RunState, StudyRow
from .tables import epoch_metric, run, study_change


def stamp_of(connection: sa.Connection, study: StudyRow) -> str:
    """What changes with everything of a study that a report shows.

    Trials that have ended do not change unless they are retried, so that the epochs of those that run are
    all that is counted. A lease that is renewed changes nothing.

    Args:
        connection: A connection that reads.
        study: The study, as it stands.

    Returns:
        Text that is compared with that of another time.
    """
    r, ours = run.c, run.c.sweep_id == study.id
    measures = (sa.func.count(), sa.func.max(r.started), sa.func.max(r.finished), sa.func.sum(r.attempts))
    by_state = sa.select(r.state, *measures, sa.func.sum(r.halvings)).where(ours)
    running = sa.select(r.id).where(ours, r.state == RunState.RUNNING)
    epochs = sa.select(sa.func.count()).where(epoch_metric.c.run_id.in_(running))
    changes = sa.select(sa.func.count()).where(study_change.c.sweep_id == study.id)
    rows = connection.execute(by_state.group_by(r.state).order_by(r.state)).all()
    counts = (connection.execute(query).scalar_one() for query in (epochs, changes))
    parts = (study.uuid, study.name, study.digest, study.wanted, study.written)
    return repr((*parts, *counts, *map(tuple, rows)))
