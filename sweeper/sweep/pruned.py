"""Whether a trial of a sweep is stopped after an epoch, by the curves that the database has."""

from collections.abc import Mapping, Sequence

from ..search.pruning import peers_of, should_prune
from ..search.ranking import curves_by_rank
from ..store.curverows import Sought
from ..store.trials import Trials
from ..study.study import Study
from ..trial import Curve, RunState, TrialSpec


def prunes(study: Study, trial: TrialSpec, curve: Mapping[int, float], trials: Trials) -> bool:
    """Whether a trial is stopped after its latest evaluation, which is recorded.

    With several objectives it is compared by its non-dominated rank at equal epochs. Of an epoch that a
    resumed trial tells once more it was decided when the next one had not begun, and is not again.

    Only what the pruner looks at is read: all curves after each epoch would take a time that grows with the
    square of the trials.

    Args:
        study: The study.
        trial: The trial.
        curve: The score that judges it by epoch, from 1, the latest evaluation included.
        trials: Those of the study.
    """
    reads = study.spec.pruner.method.reads
    peers = peers_of(study, trial, max(curve))
    if peers is None:
        return False
    if len(study.spec.objectives) > 1:
        return _prunes_by_rank(study, trial, max(curve), trials)
    if reads(study.spec.pruner, curve) is None:
        return False
    own = _values(trials.curves(Sought(number=trial.number)))
    known = own | dict(curve)
    needed = reads(study.spec.pruner, known)
    if needed is None or max(own, default=0) > max(curve):
        return False
    sought = Sought(
        arm=peers.arm,
        seed=peers.seed,
        state=RunState.COMPLETE if needed.complete else None,
        below=trial.number,
        most=needed.most,
        since=needed.since,
        best_until=needed.best_until,
    )
    return should_prune(study, trial, known, trials.curves(sought))


def _prunes_by_rank(study: Study, trial: TrialSpec, latest: int, trials: Trials) -> bool:
    scores = {"overall": None, **{name: (name, task.metric) for name, task in trial.config.tasks.items()}}
    asked = [scores[name] for name in study.spec.objectives]
    own = [_values(trials.curves(Sought(number=trial.number), of)) for of in asked]
    epochs = set.intersection(*map(set, own))
    # Only where all its objectives are numbers does it have a rank.
    peers = peers_of(study, trial, max(epochs)) if epochs else None
    if (
        peers is None
        or max(own[0]) > latest
        or study.spec.pruner.method.reads(study.spec.pruner, epochs) is None
    ):
        return False
    # All of them, as each decides the ranks of the others; its own too, whose ranks are among theirs.
    sought = Sought(arm=peers.arm, seed=peers.seed, below=trial.number + 1)
    ranked = curves_by_rank(trial.number, [trials.curves(sought, of) for of in asked])
    return should_prune(study, trial, {}, ranked)


def _values(curves: Sequence[Curve]) -> dict[int, float]:
    return curves[0].values if curves else {}
