"""Whether a trial of a sweep is stopped after an epoch, by the curves that the database has."""

from collections.abc import Mapping, Sequence

from ..search.pruning import peers_of, should_prune
from ..search.ranking import curves_by_rank
from ..store.trials import Trials
from ..study.study import Study
from ..trial import Curve, TrialSpec


def prunes(study: Study, trial: TrialSpec, curve: Mapping[int, float], trials: Trials) -> bool:
    """Whether a trial is stopped after its latest evaluation, which is recorded.

    With several objectives it is compared by its non-dominated rank at equal epochs. Of an epoch that a
    resumed trial tells once more it was decided when the next one had not begun, and is not again.

    Args:
        study: The study.
        trial: The trial.
        curve: The score that judges it by epoch, from 1, the latest evaluation included.
        trials: Those of the study.
    """
    peers = peers_of(study, trial, max(curve))
    if peers is None:
        return False
    objectives = study.spec.objectives
    if len(objectives) == 1:
        found = trials.curves(*peers)
        return not _goes_on(trial, curve, found) and should_prune(study, trial, curve, found)
    scores = {"overall": None, **{name: (name, task.metric) for name, task in trial.config.tasks.items()}}
    several = [trials.curves(*peers, of=scores[name]) for name in objectives]
    # Without a curve of its own: its ranks are among those of the others.
    return not _goes_on(trial, curve, several[0]) and should_prune(
        study, trial, {}, curves_by_rank(trial.number, several)
    )


def _goes_on(trial: TrialSpec, curve: Mapping[int, float], recorded: Sequence[Curve]) -> bool:
    """Whether a later epoch of the trial is recorded."""
    own = next((one.values for one in recorded if one.number == trial.number), {})
    return max(own, default=0) > max(curve)
