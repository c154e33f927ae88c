"""Toy studies, and the histories of searching them."""

import math
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.study.study import Study
from sweeper.trial import PastTrial, RunState, TrialSpec
from tests.sweeper_tests import made

STARTUP = 5
"""The default of the samplers that learn."""

RANGES: dict[str, Any] = {
    "learning_rate": {"low": 1e-5, "high": 1e-1, "log": True},
    "dropout": {"low": 0.0, "high": 0.5, "step": 0.1},
    "batch_size": {"low": 8, "high": 64, "log": True},
    "warmup": {"low": 0.0, "high": 1.0},
    "epochs": {"low": 1, "high": 9, "step": 2},
}
SPACE: dict[str, Any] = RANGES | {
    "sts_loss": ["mse", "ce"],
    "max_grad_norm": [None, 1.0],
}
GRID = {"learning_rate": [1e-4, 1e-3, 1e-2], "warmup": [0.1, 0.2, 0.3], "sts_loss": ["mse", "ce"]}
SPACES = {"grid": GRID, "cma-es": RANGES}
"""Spaces of the samplers that cannot search SPACE."""

QUICK = ["tpe", "random", "grid", "qmc", "cma-es", "nsga2"]
TESTED = [*QUICK, "gp"]
"""gp takes a third of a second for each proposal."""

BLIND = ["random", "grid", "qmc"]

ARMS = {"A": {}, "B": {"weight_decay": 0.1}, "C": {"weight_decay": 0.2}}


def study(
    sampler: str = "tpe",
    space: dict[str, Any] = SPACE,
    arms: dict[str, Any] = ARMS,
    seeds: tuple[int, ...] = (1, 2),
    sampler_seed: int = 3,
    *,
    peers: str = "arm",
    **more: Any,
) -> Study:
    if space is SPACE:
        space = SPACES.get(sampler, SPACE)
    fields: dict[str, Any] = {
        "space": space,
        "arms": arms,
        "seeds": seeds,
        "sampler": {"name": sampler, "seed": sampler_seed, "peers": peers},
    }
    if sampler == "nsga2":
        fields["objective"] = ["sst", "para"]
    fields |= more
    return made.study(made.WORKLOAD, **fields)


def score(trial: TrialSpec | PastTrial) -> float:
    """Best at learning rate 1e-3, warm-up 0.2 and loss ce; replicates differ a little."""
    params = trial.params
    distance = abs(math.log10(params["learning_rate"]) + 3) / 2 + abs(params["warmup"] - 0.2)
    return (params.get("sts_loss", "ce") == "ce") - distance + trial.seed / 1000


def past(trial: TrialSpec, overall: float | None) -> PastTrial:
    scores = (
        None if overall is None else {"overall": overall, "sst": overall, "para": 0.0, "sts": 1 - overall}
    )
    state = RunState.FAILED if overall is None else RunState.COMPLETE
    return PastTrial(trial.number, trial.arm, trial.params, trial.seed, trial.configuration, state, scores)


def overall(trial: PastTrial) -> float:
    assert trial.scores is not None
    return trial.scores["overall"]


def proposed(a_study: Study, number: int, history: Sequence[PastTrial]) -> TrialSpec:
    """A proposal that there must be."""
    trial = propose(a_study, number, history)
    assert trial is not None
    return trial


def run(
    a_study: Study,
    trials: int,
    objective: Callable[[TrialSpec], float] = score,
    begun: Sequence[PastTrial] = (),
) -> list[PastTrial]:
    """Searches until there are so many trials; those that begun gives are done already."""
    history = list(begun)
    for number in range(len(history), trials):
        trial = proposed(a_study, number, history)
        history.append(past(trial, objective(trial)))
    return history


def exhaust(of: Study) -> list[PastTrial]:
    """Searches until nothing is left."""
    history = History.of(of)
    for number in count():
        trial = propose(of, number, history)
        if trial is None:
            return list(history)
        history.enter(past(trial, number % 7 / 7))
    raise AssertionError
