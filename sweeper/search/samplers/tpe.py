"""Sampler tpe: a tree-structured Parzen estimator."""

from typing import Any

from optuna.samplers import TPESampler

from ..draw import Request
from ..optuna_study import ask_in_turn, experimental, representative


def draw(request: Request) -> dict[str, Any]:
    """Values that are likely among good configurations and unlikely among the others.

    Method: Bergstra et al. (2011), by Optuna; a configuration that runs counts as a bad one. What applies
    only beside some values follows the configurations that have it, as in the tree of the method.
    """
    with experimental():
        sampler = TPESampler(seed=request.seed, n_startup_trials=request.spec.startup, constant_liar=True)
    return ask_in_turn(request, sampler, representative(request.tried))
