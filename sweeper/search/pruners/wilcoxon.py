"""Pruner wilcoxon: worse than the best configuration at the seeds already done."""

from statistics import fmean

import optuna
from optuna.pruners import WilcoxonPruner
from optuna.trial import TrialState, create_trial

from ...trial import RunState
from ..optuna_study import experimental
from ..pruning import Question


def decide(question: Question) -> bool:
    """Whether the trial's configuration is worse at the seeds done than the best of its arm's others.

    Method: signed-rank test (Wilcoxon 1945), by Optuna; its steps are the seeds of a configuration and the
    values its best `overall` at each, so that a trial ends at its first evaluation if at all.
    """
    configurations: dict[int, dict[int, float]] = {}
    for peer in question.peers:
        if peer.state == RunState.COMPLETE:
            done = configurations.setdefault(peer.configuration, {})
            done[peer.seed] = max(peer.values.values())
    own = configurations.pop(question.trial.configuration, {})
    rivals = [done for done in configurations.values() if own.keys() <= done.keys()]
    if not own or not rivals:
        return False
    best = max(rivals, key=lambda done: fmean(done.values()))
    search = optuna.create_study(direction="maximize")
    search.add_trial(create_trial(value=fmean(best.values()), intermediate_values=dict(sorted(best.items()))))
    search.add_trial(create_trial(state=TrialState.RUNNING, intermediate_values=dict(sorted(own.items()))))
    with experimental():
        pruner = WilcoxonPruner(p_threshold=question.spec.p_threshold)
    return bool(pruner.prune(search, search.get_trials(deepcopy=False)[-1]))
