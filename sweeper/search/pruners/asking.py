"""What the pruners share: a trial and its peers in Optuna's terms."""

from collections.abc import Mapping, Sequence

import optuna
from optuna.pruners import BasePruner, PatientPruner
from optuna.trial import FrozenTrial, TrialState, create_trial

from ...study import pruners
from ...trial import Curve, RunState
from ..optuna_study import experimental
from ..pruning import Question

_STATES = {RunState.COMPLETE: TrialState.COMPLETE, RunState.PRUNED: TrialState.PRUNED}


def ask(question: Question, pruner: BasePruner, peers: Sequence[Curve], rungs: Sequence[int] = ()) -> bool:
    """Whether a pruner of Optuna's ends the trial.

    Args:
        question: What is asked.
        pruner: The pruner.
        peers: The trials with which it compares.
        rungs: The epochs so far at which trials are compared, if it compares at some alone.
    """
    patience = question.spec.patience
    latest = max(question.curve)
    search = optuna.create_study(direction="maximize")
    for peer in sorted(peers, key=lambda peer: peer.number)[-pruners.PEERS :]:
        search.add_trial(_frozen(peer.values, peer.state, latest, rungs))
    # Optuna tests a rung once. A patient pruner asks late, and then at all rungs so far.
    passed = [step for step in rungs if step < latest] if patience is None else []
    search.add_trial(_frozen(question.curve, RunState.RUNNING, latest, passed))
    with experimental():
        asked = pruner if patience is None else PatientPruner(pruner, patience)
    return bool(asked.prune(search, search.get_trials(deepcopy=False)[-1]))


def _frozen(values: Mapping[int, float], state: RunState, latest: int, rungs: Sequence[int]) -> FrozenTrial:
    """A curve up to an epoch in Optuna's terms, with the marks that successive halving leaves at rungs."""
    marks = {}
    for rung, step in enumerate(rungs):
        reached = min((epoch for epoch in values if epoch >= step), default=None)
        if reached is not None:
            marks[f"completed_rung_{rung}"] = values[reached]
    return create_trial(
        state=_STATES.get(state, TrialState.RUNNING),
        value=max(values.values()) if state == RunState.COMPLETE else None,
        intermediate_values={epoch: value for epoch, value in values.items() if epoch <= latest},
        system_attrs=marks,
    )
