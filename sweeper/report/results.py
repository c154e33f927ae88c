"""From the rows of a study to tidy frames: the best trials, means over seeds, counts, curves. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import neg, pos
from typing import Any

import pandas as pd

from model.overall import Overall
from model.predictions import Predictions
from model.result import COST, TRAINED, raised
from model.tasks import Task

from ..study.armspace import ArmSpace
from ..study.pareto import on_front
from ..study.problem import FieldError
from ..study.rowsread import DataRead
from ..study.space import Space, Value
from ..trial import RunState
from .configuration import Configuration, Trial, configuration_of, leaders_of, params
from .undefined import Scorable, scorable_by_predictions

DRAWN_APART = 36
"""Arms that figures draw apart: as many looks are easily told from each other."""


def _no_predictions(number: int) -> None:
    """Stands in where nobody looks for predictions: no trial has any."""


@dataclass(frozen=True)
class Results:
    """A study and its trials so far: all that tables and figures are made from.

    Attributes:
        name: ``<study>@<workload>``.
        description: What the study asks.
        notice: What is to be said beside every score on this workload; may be empty.
        tasks: The tasks in report order.
        arms: Names of the arms in the order of the study file.
        space: What varied within an arm, or in one of them.
        wanted: Number of trials asked for in total.
        trials: One row a trial (``frames.trials_frame``).
        epochs: One row a metric of an epoch (``frames.epochs_frame``).
        objectives: The scores that the sampler raises.
        pairs: The arms that the study compares, the first of a pair with the second.
        predictions: Gives the dev predictions of a complete trial by task; None where they are gone.
        shared_rows: By task, split and another split: how many rows of the one also stand in the other, of
            each arm of which it is known.
        data: What an arm's trials with scores read, each once; by arm.
        confirmation: The study that trained its leaders again at fresh seeds, if there is one.
        overall: How `overall` follows from the tasks' scores.
        trained: The tasks that an arm trains, of each arm that does not train all: it has no `overall`.
        spaces: What varied in each arm, and where it applies; none where all varied everywhere.
        studies: Of several studies together, by the name of each arm here: its study, and its name there.
        grounds: Of several studies, by arm: on whose dev rows it was scored; empty where all on the same.
        scorable: By ground, as `ground` tells it: whether labels allow a score, as recorded.
    """

    name: str
    description: str
    notice: str
    tasks: Mapping[str, Task]
    arms: tuple[str, ...]
    space: Mapping[str, Space]
    wanted: int
    trials: pd.DataFrame
    epochs: pd.DataFrame
    objectives: tuple[str, ...] = ("overall",)
    pairs: tuple[tuple[str, str], ...] = ()
    predictions: Callable[[int], Mapping[str, Predictions] | None] = _no_predictions
    shared_rows: Mapping[tuple[str, str, str], Mapping[str, int]] = field(default_factory=dict)
    data: Mapping[str, tuple[DataRead, ...]] = field(default_factory=dict)
    confirmation: "Results | None" = None
    overall: Overall = field(default_factory=Overall)
    trained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spaces: Mapping[str, ArmSpace] = field(default_factory=dict)
    studies: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    grounds: Mapping[str, str] = field(default_factory=dict)
    scorable: Mapping[str, Scorable] = field(default_factory=dict)

    @cached_property
    def whole(self) -> "Results":
        """The same study without the trials that have no `overall`, as they do not train all tasks."""
        if not self.trained:
            return self
        trials = self.trials[~self.trials["arm"].isin(list(self.trained))]
        epochs = self.epochs[~self.epochs["arm"].isin(list(self.trained))]
        return replace(self, trials=trials, epochs=epochs)

    def params(self, trial: Trial) -> dict[str, Any]:
        """What the search chose for a trial; what does not apply to it is not there."""
        chosen, space = params(trial), self.spaces.get(trial["arm"])
        entries = self.space if space is None else space.entries
        known = chosen if space is None else space.applying(chosen)
        return {key: _as_drawn(entries[key], known[key]) if key in entries else known[key] for key in known}

    def entries(self, arm: str) -> Mapping[str, Space]:
        """What varied in an arm."""
        return self.spaces[arm].entries if arm in self.spaces else self.space

    def alike(self, one: str, other: str) -> bool:
        """Whether two arms vary the same, under the same conditions."""
        ours, theirs = self.spaces.get(one), self.spaces.get(other)
        return (ours and (ours.entries, ours.when)) == (theirs and (theirs.entries, theirs.when))

    def ground(self, arm: str, split: str = "dev") -> str:
        """On whose rows of a split an arm was scored; `''` where all were on the same."""
        return self.grounds.get(arm, "") if split == "dev" else self.studies.get(arm, ("",))[0]

    def applying(self, trials: pd.DataFrame, name: str) -> pd.DataFrame:
        """Those of some trials to which a setting of the space applies."""
        if not self.spaces:
            return trials
        return trials[[name in self.params(trial) for trial in records(trials)]]

    def shared(self, *arms: str) -> dict[str, Task]:
        """The tasks that all of these arms train, in report order."""
        return {
            name: task
            for name, task in self.tasks.items()
            if all(name in self.trained.get(arm, self.tasks) for arm in arms)
        }

    @property
    def scores(self) -> list[str]:
        """Columns of dev scores: ``overall``, then the tasks."""
        return ["overall", *self.tasks]

    @property
    def formula(self) -> str:
        """That of `overall`, in words."""
        return self.overall.words(self.tasks)

    def undefined(self, arm: str, split: str = "dev") -> frozenset[str]:
        """The tasks whose labels allow an arm no score, as far as trials recorded it or predictions tell."""
        ground = self.ground(arm, split)
        told = {name: own for (name, of), own in self.scorable.get(ground, {}).items() if of == split}
        known = {**(self._predicted.get(ground, {}) if split == "dev" else {}), **told}
        return frozenset(name for name, scorable in known.items() if not scorable)

    @cached_property
    def _predicted(self) -> dict[str, dict[str, bool]]:
        """By ground, what predictions tell of tasks of which nothing was recorded."""
        numbers: dict[str, list[int]] = {}
        for one in leaders(self):
            numbers.setdefault(self.ground(one.arm), []).extend(one.numbers)
        return {
            ground: scorable_by_predictions(
                self.tasks, self.scorable.get(ground, {}), map(self.predictions, own)
            )
            for ground, own in numbers.items()
        }

    def rank(self, name: str) -> Callable[[float], float]:
        """Makes of a score what rises as it gets better: the score itself, or of an error its opposite."""
        lower = name in self.tasks and not self.tasks[name].scorer.higher_is_better
        return neg if lower else pos

    @cached_property
    def complete(self) -> pd.DataFrame:
        """The trials that ended with scores, by number."""
        return in_state(self.trials, RunState.COMPLETE)

    @cached_property
    def observations(self) -> pd.DataFrame:
        """The complete trials, one for each configuration and seed: the same once more tells nothing new."""
        groups: dict[str, list[int]] = {}
        for trial in records(self.complete):
            key = (trial["arm"], json.dumps(self.params(trial), sort_keys=True, default=str), trial["seed"])
            groups.setdefault(str(key), []).append(trial["number"])
        return self.complete[self.complete["number"].isin([numbers[0] for numbers in groups.values()])]

    @cached_property
    def configurations(self) -> "list[Configuration]":
        """Every setting that has a complete trial, in the order of its first one."""
        groups: dict[tuple[str, str], list[Trial]] = {}
        for trial in records(self.observations):
            key = (trial["arm"], json.dumps(self.params(trial), sort_keys=True, default=str))
            groups.setdefault(key, []).append(trial)
        return [
            configuration_of(trials, self.params(trials[0]), self._scores_of(trials[0]["arm"]))
            for trials in groups.values()
        ]

    def _scores_of(self, arm: str) -> list[str]:
        own = [TRAINED, *self.trained[arm]] if arm in self.trained else self.scores
        return [*own, *[COST] * (COST in self.objectives)]

    def of_arm(self, arm: str) -> "list[Configuration]":
        """The configurations of an arm."""
        return self._by_arm.get(arm, [])

    @cached_property
    def _by_arm(self) -> "dict[str, list[Configuration]]":
        found: dict[str, list[Configuration]] = {}
        for one in self.configurations:
            found.setdefault(one.arm, []).append(one)
        return found

    @cached_property
    def told_apart(self) -> tuple[str, ...]:
        """Arms with a complete trial, in the order of the study file; of more than `DRAWN_APART` the best."""
        best = {one.arm for one in leaders(self)[:DRAWN_APART]}
        return tuple(arm for arm in self.arms if arm in best)

    @property
    def claimed(self) -> "Results":
        """The study on whose scores claims rest: its confirmation, once none of its arms waits for scores."""
        again = self.confirmation
        if again is None or again.complete.empty:
            return self
        waiting = again.trials["arm"][again.trials["state"].isin([s.value for s in RunState if not s.final])]
        begun = len(again.trials) >= len(again.arms) and not {*waiting} - {*again.complete["arm"]}
        return again if begun else self


def _as_drawn(entry: Space, value: Value) -> Value:
    """A value as the search draws it: pandas makes floats of numbers, earlier versions drew 0.1 + 2 * 0.1."""
    try:
        return entry.read(value)
    except FieldError:
        return value


def in_state(trials: pd.DataFrame, state: RunState) -> pd.DataFrame:
    """The trials in a state, by number."""
    return trials[trials["state"] == state.value].sort_values("number")


def records(trials: pd.DataFrame) -> list[Trial]:
    """The rows as mappings, in their order."""
    return [{str(column): value for column, value in row.items()} for row in trials.to_dict("records")]


def best_trial(complete: pd.DataFrame) -> Trial | None:
    """The trial with the highest `overall`, the first among equals; None of no trials."""
    if complete.empty:
        return None
    return records(complete.iloc[[int(complete["overall"].argmax())]])[0]


def best_per_arm(results: Results) -> dict[str, int]:
    """Number of the best complete trial of each arm told apart; the first among equals."""
    complete = results.complete
    scores = complete["overall"].fillna(complete[TRAINED]) if TRAINED in complete else complete["overall"]
    best = complete.loc[scores.sort_values(ascending=False, kind="stable").index].drop_duplicates("arm")
    numbers = dict(zip(best["arm"], best["number"], strict=True))
    return {arm: numbers[arm] for arm in results.told_apart}


def mean_and_deviation(values: "pd.Series[Any]") -> tuple[float | None, float | None]:
    """Mean and sample standard deviation; None where there are too few values for one."""
    mean = float(values.mean()) if len(values) else None
    return mean, float(values.std(ddof=1)) if len(values) > 1 else None


def leaders(results: Results) -> list[Configuration]:
    """The best configuration of each arm, the best arm first; those without an `overall` after all others.

    Arms without one are not ranked among themselves: they stand in the order of the study.
    """
    best = [leaders_of(results.of_arm(arm))[:1] for arm in results.arms]
    return sorted((one for own in best for one in own), key=_place)


def _place(one: Configuration) -> tuple[bool, float]:
    return not one.whole, -one.mean if one.whole else 0.0


def rank_configurations(results: Results) -> list[Configuration]:
    """All configurations in the order in which they deserve a second look.

    First the best of each arm, the best arm first; then the second best of each; and so on.
    """
    rounds = [leaders_of(results.of_arm(arm)) for arm in results.arms]
    places = sorted(
        (place, *_place(one), number) for number, own in enumerate(rounds) for place, one in enumerate(own)
    )
    return [rounds[number][place] for place, *_, number in places]


def pareto_front(results: Results) -> list[Configuration]:
    """The configurations of all arms that none beats in all objectives, the first objective's best first."""
    every = [one for arm in results.arms for one in leaders_of(results.of_arm(arm))]
    found = [one for one in every if one.scores.keys() >= {*results.objectives}]
    worth = [[raised(one.scores, name) for name in results.objectives] for one in found]
    front = [pair for pair, on in zip(zip(worth, found, strict=True), on_front(worth), strict=True) if on]
    return [one for _, one in sorted(front, key=lambda pair: [-value for value in pair[0]])]


def history(results: Results) -> pd.DataFrame:
    """Complete trials by number with the best `overall` up to each: number, arm, overall, best."""
    frame = results.complete[["number", "arm", "overall"]].reset_index(drop=True)
    return frame.assign(best=frame["overall"].cummax())
