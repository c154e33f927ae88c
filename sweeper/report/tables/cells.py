"""What the tables share: cells of scores, settings, counts and trials, and the notes under them."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...text import NONE, difference, duration, one_line, p_text, plural, score, setting, telling
from ..configuration import Configuration
from ..counts import scored
from ..document import Cell, Column
from ..results import Results
from ..statistics.intervals import Interval
from ..tracks import APART, TOGETHER, by_track, joint_arms

EMPTY = Cell("")


def remarks(results: Results) -> list[str]:
    """What stands under every table of scores."""
    complete, once = results.complete, results.observations
    seeds = ", ".join(str(seed) for seed in sorted(set(once["seed"])))
    basis = f"Dev scores of {plural(len(complete), 'complete trial')}"
    basis += f" (training seed{'s' if ',' in seeds else ''} {seeds}), each at its best epoch" if seeds else ""
    again = len(complete) - len(once)
    same = f" A configuration counts once at a seed: {plural(again, 'repetition')} left out." if again else ""
    several = scored(results).total()
    best = f" The best of {several}, chosen on dev, is optimistic." if several > 1 and len(once) else ""
    said = [results.formula, *score_notes(results), results.notice, f"{basis}.{same}{best}"]
    return [one_line(note) for note in said if note]


def score_notes(results: Results) -> list[str]:
    """Which scores are better where lower, not defined, or missing; nothing where none is."""
    lower = [
        f"{name} ({task.scorer.description})"
        for name, task in results.tasks.items()
        if not task.scorer.higher_is_better
    ]
    partial = [
        f"{arm} trains {', '.join(tasks)} alone: it has no overall, and is compared task by task; its best "
        "epoch is chosen by these scores alone, which favours them."
        for arm, tasks in results.trained.items()
    ]
    errors = [f"Errors, the lower the better: {', '.join(lower)}."] if lower else []
    return [*errors, *undefined_notes(results), *map(one_line, partial)]


def undefined_notes(results: Results, split: str = "dev") -> list[str]:
    """Which tasks have no score on the labels of a split; nothing where all have one."""
    grounds = {results.ground(arm, split): results.undefined(arm, split) for arm in results.arms}
    labels = {
        ground: f"the {split} labels of {ground}" if ground else f"these {split} labels" for ground in grounds
    }
    return [
        one_line(
            f"{name} has no score on {labels[ground]} ({task.scorer.undefined[1]}); it counts as "
            f"{task.scorer.undefined[0]:g}."
        )
        for ground, undefined in grounds.items()
        for name, task in results.tasks.items()
        if name in undefined and task.scorer.undefined
    ]


def score_cells(
    results: Results,
    trial: Any,
    top: Mapping[str, float],
    trials: Sequence[int] = (),
    undefined: Collection[str] = (),
) -> list[Cell]:
    """A row's scores, bold where they are the best; dashes where there is none, or none is defined.

    Args:
        results: The study.
        trial: The scores of the row by name; None if there are none.
        top: The best of each score, by name.
        trials: Numbers of the trials that they come from.
        undefined: The tasks whose labels allow the row no score.
    """
    if trial is None:
        return [Cell(NONE) for _ in results.scores]
    # Compared as shown: of two .732 none is the better one to a reader.
    return [
        Cell(NONE)
        if name in undefined or name not in trial
        else Cell(
            score(trial[name]),
            value=float(trial[name]),
            bold=score(trial[name]) == score(top.get(name)),
            trials=tuple(trials),
        )
        for name in results.scores
    ]


def best_of_tracks(results: Results, ranked: Sequence[Configuration]) -> dict[str, dict[str, float]]:
    """The best of each score for each arm: that of the configurations of its track.

    Args:
        results: The study.
        ranked: The configurations that are shown, of each arm one.
    """
    tracks = by_track(results, ranked).values()
    return {one.arm: find_best([each.scores for each in own], results) for own in tracks for one in own}


def track_cells(results: Results, arm: str) -> list[Cell]:
    """Whether an arm encodes pairs apart or together; nothing where all encode them apart."""
    joint = joint_arms(results)
    return [Cell(TOGETHER if arm in joint else APART)] if joint else []


def track_columns(results: Results) -> list[Column]:
    """The column of `track_cells`."""
    return [Column("pairs")] if joint_arms(results) else []


def find_best(rows: Sequence[Any], results: Results) -> dict[str, float]:
    """The best of each score; nothing where there is only one row to choose from."""
    there = {name: [row[name] for row in rows if name in row] for name in results.scores}
    return {name: max(own, key=results.rank(name)) for name, own in there.items() if len(own) > 1}


def setting_cell(chosen: Mapping[str, Any], name: str) -> Cell:
    """A value of the search space; a dash where the trial has no such setting."""
    return Cell(one_line(setting(chosen[name])) if name in chosen else NONE)


def score_cell(value: float | None, trials: Sequence[int] = ()) -> Cell:
    """A score, or an error of one; a dash for none.

    Args:
        value: The score.
        trials: Numbers of the trials that it comes from.
    """
    return Cell(score(value), value=value, trials=tuple(trials))


def difference_cell(value: float | None, trials: Sequence[int] = (), *, told: bool = False) -> Cell:
    """A difference of scores, with its sign; a dash for none.

    Args:
        value: The difference.
        trials: Numbers of the trials that it comes from.
        told: Whether it is told apart from 0: then it has as many decimals as it takes to show that.
    """
    return Cell(difference(value, telling if told else score), value=value, trials=tuple(trials))


def interval_cell(interval: Interval | None) -> Cell:
    """An interval: ``.701 to .742``."""
    return Cell(NONE if interval is None else f"{score(interval.low)} to {score(interval.high)}")


def p_cell(value: float | None) -> Cell:
    """A p-value; a dash for none."""
    return Cell(NONE) if value is None else Cell(p_text(value), value=float(value))


def duration_cell(seconds: float | None) -> Cell:
    """A time."""
    return Cell(duration(seconds), value=seconds)


def step_cell(seconds: float) -> Cell:
    """The time of a step, in milliseconds below a second; a dash for none."""
    if math.isnan(seconds):
        return Cell(NONE)
    return Cell(f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms", value=float(seconds))


def count_cell(number: Any) -> Cell:
    """A whole number."""
    return Cell(str(int(number)), value=float(number))


def trial_cell(number: Any) -> Cell:
    """A trial, by its number."""
    return Cell(str(int(number)), value=float(number), trials=(int(number),))


def numeric(*headings: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(heading, numeric=True) for heading in headings)


def plus_minus(mean: float | None, deviation: float | None) -> str:
    """A mean with its deviation: ``.712 ± .004``."""
    return score(mean) if deviation is None else f"{score(mean)} ± {score(deviation)}"
