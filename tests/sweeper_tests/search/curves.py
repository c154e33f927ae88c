"""Curves of made trials, and loops that ask about each after every epoch."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from sweeper.search.pruning import should_prune
from sweeper.study.study import Study
from sweeper.trial import Curve, RunState, TrialSpec
from tests.sweeper_tests import made

EPOCHS = 12


def study(pruner: dict[str, Any], arms: tuple[str, ...] = ("A",), seeds: tuple[int, ...] = (1,)) -> Study:
    return made.study(
        base={"epochs": EPOCHS},
        arms={arm: {} for arm in arms},
        space={"dropout": {"low": 0.0, "high": 0.5}},
        seeds=seeds,
        pruner=pruner,
    )


def spec(
    of: Study, number: int, arm: str = "A", seed: int = 1, configuration: int | None = None
) -> TrialSpec:
    place = number if configuration is None else configuration
    return TrialSpec(number, arm, {"dropout": 0.1}, of.config(arm, {"dropout": 0.1}, seed), seed, place)


def full_curve(number: int, slope: float = 0.3) -> dict[int, float]:
    """Rises by chance; where it begins says something of where it ends."""
    chance = random.Random(number)  # noqa: S311
    height = chance.random()
    return {epoch: height + slope * chance.random() - 0.5 / epoch for epoch in range(1, EPOCHS + 1)}


def drive(
    a_study: Study, trials: int, curve: Callable[[int], Mapping[int, float]] = full_curve
) -> list[Curve]:
    """Each trial in turn, asked about after every epoch."""
    done: list[Curve] = []
    for number in range(trials):
        trial, values = spec(a_study, number), {}
        state = RunState.COMPLETE
        for epoch, value in curve(number).items():
            values[epoch] = value
            if should_prune(a_study, trial, values, done):
                state = RunState.PRUNED
                break
        done.append(Curve(number, "A", 1, number, state, values))
    return done
