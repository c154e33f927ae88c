"""Pruner median: below the median of the complete trials at the same epoch."""

from optuna.pruners import MedianPruner

from ...trial import RunState
from ..pruning import Question
from .asking import ask


def decide(question: Question) -> bool:
    """Whether the best so far is below the median of the peers' best up to the same epoch.

    Method: Golovin et al. (2017), by Optuna.
    """
    spec = question.spec
    pruner = MedianPruner(n_startup_trials=spec.startup, n_warmup_steps=spec.min_epochs)
    return ask(question, pruner, [peer for peer in question.peers if peer.state == RunState.COMPLETE])
