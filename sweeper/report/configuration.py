"""A configuration of an arm with its complete trials, one a seed: what is ranked and compared. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import pandas as pd

from model.result import judged, judged_by

PARAM = "params."

Trial = dict[str, Any]
"""A row of the frame of trials."""


def params(trial: Trial) -> dict[str, Any]:
    """What the search chose for a trial, by the names of the study file; None for a null, or for nothing."""
    chosen = {key.removeprefix(PARAM): value for key, value in trial.items() if key.startswith(PARAM)}
    return {name: None if pd.isna(value) else value for name, value in chosen.items()}


@dataclass(frozen=True)
class Configuration:
    """One setting of the search space in one arm, over the seeds with which it was trained.

    Attributes:
        arm: Name of the arm.
        params: The setting.
        recorded: The same as its first trial has it: earlier versions spelt a stepped 0.3 as 0.1 + 2 * 0.1.
        numbers: Its complete trials, one a seed, by number.
        scores: Mean dev score over the seeds, of ``overall`` and of each task; of an arm that does not train
            all tasks, of these and of what is in the place of ``overall``.
        error: Standard error of the mean `overall`; None with a single seed, and where there is none.
    """

    arm: str
    params: dict[str, Any]
    recorded: dict[str, Any]
    numbers: tuple[int, ...]
    scores: dict[str, float]
    error: float | None

    @property
    def mean(self) -> float:
        """Mean `overall` over the seeds, or of what is in its place: see `whole`."""
        return judged(self.scores)

    @property
    def whole(self) -> bool:
        """Whether it has an `overall`, by which alone it may stand in one ranking with other arms."""
        return "overall" in self.scores

    @property
    def judged_by(self) -> str:
        """The name of the score that `mean` is of."""
        return judged_by(self.scores)


def configuration_of(trials: Sequence[Trial], chosen: dict[str, Any], scores: Sequence[str]) -> Configuration:
    """The configuration of complete trials that differ in nothing but their seeds.

    Args:
        trials: The trials, by number.
        chosen: What the search chose for them.
        scores: Names of the scores that they have.
    """
    overall = [trial["overall"] for trial in trials] if "overall" in scores else []
    first = params(trials[0])
    return Configuration(
        arm=trials[0]["arm"],
        params=chosen,
        # Real numbers alone: of whole ones pandas makes real ones where a column has gaps.
        recorded={key: first[key] if isinstance(value, float) else value for key, value in chosen.items()},
        numbers=tuple(trial["number"] for trial in trials),
        error=stdev(overall) / math.sqrt(len(overall)) if len(overall) > 1 else None,
        scores={score: fmean(trial[score] for trial in trials) for score in scores},
    )


def leaders_of(configurations: Sequence[Configuration]) -> list[Configuration]:
    """Those configurations that have the most seeds, the highest mean first.

    Only these are compared: one lucky seed of a setting whose replicates are still to come is no mean.
    """
    most = max((len(one.numbers) for one in configurations), default=0)
    return sorted((one for one in configurations if len(one.numbers) == most), key=lambda one: -one.mean)
