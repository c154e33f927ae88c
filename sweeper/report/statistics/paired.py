"""Whether one side scores more than another: on the same dev rows, and over training seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from model.overall import Overall
from model.tasks import Task

from ...text import LEVEL
from .intervals import Interval
from .power import Detectable, detectable
from .resampling import RESAMPLES, SEED, Runs, resampled_scores
from .rows import differing_rows, rounded, row_p, row_p_of_overall
from .seeds import ROUNDING, larger, seeds_p
from .spread import Spread, interval_of, spread_between, spread_of
from .superiority import Superiority, paired_superiority, unpaired_superiority

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """The runs of one side of a comparison.

    Attributes:
        seeds: What tells the observations apart: training seeds, or places of configurations; rising.
        scores: Score of each observation by name, ``overall`` among them, ``[observations]``.
        runs: Predictions: one run for each observation, or as many for each, whose mean it is.
    """

    seeds: tuple[int, ...]
    scores: Mapping[str, Array]
    runs: Runs


@dataclass(frozen=True)
class Gap:
    """By how much one side scores more than another in one score.

    Attributes:
        value: The difference of their means over seeds; above 0, the first is better, but of an error worse.
        interval: Its 95 % interval on other seeds and other rows; over rows alone where a side has one seed.
        p_rows: Two-sided p-value of no difference between these networks, over dev rows.
        p_seeds: The same between what other seeds would train, on these rows; None where a side has one seed.
        superiority: P(A > B) for a run of each, by their scores.
        spread: The variance of the difference.
    """

    value: float
    interval: Interval
    p_rows: float
    p_seeds: float | None
    superiority: Superiority
    spread: Spread

    @property
    def p(self) -> float | None:
        """The p-value of a claim about more than these networks: the larger one; None of single seeds."""
        return larger(self.p_rows, self.p_seeds)

    def detectable(self, family: int) -> Detectable | None:
        """What such a comparison could have told apart, among as many (see `power.detectable`)."""
        return detectable(self.spread, family, settled=self.p_seeds == 0)

    def reversed(self) -> "Gap":
        """The same difference, seen from the other side."""
        interval = replace(self.interval, low=-self.interval.high, high=-self.interval.low)
        chance = Superiority(1 - self.superiority.value, 1 - self.superiority.high, 1 - self.superiority.low)
        return replace(self, value=-self.value, interval=interval, superiority=chance)


class Verdict(StrEnum):
    """What a difference amounts to."""

    BETTER = "better"
    UNDECIDED = "not told apart"
    WORSE = "worse"


def verdict(gap: Gap, adjusted: float | None) -> Verdict | None:
    """What may be said of a difference; None of single seeds, of which nothing may be.

    Args:
        gap: The difference.
        adjusted: The larger of its p-values over rows and over seeds, adjusted for its family.
    """
    if adjusted is None:
        return None
    if adjusted >= LEVEL or abs(gap.value) < ROUNDING:
        return Verdict.UNDECIDED
    return Verdict.BETTER if gap.value > 0 else Verdict.WORSE


def compare_samples(  # noqa: PLR0917 - what is compared, and by which rule
    tasks: Mapping[str, Task],
    ours: Sample,
    theirs: Sample,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    overall: Overall | None = Overall(),  # noqa: B008 - frozen
) -> dict[str, Gap]:
    """The difference between two sides in ``overall`` and in each task's score.

    Over rows: both are scored on the same resampled dev rows, the networks held fixed (Efron and Tibshirani,
    1993; Koehn, 2004); p is twice the share of resamples on the side of zero where fewer are; where none is,
    that of a normal distribution with the mean and variance of the resamples, if it is less. It is never less
    than 2^(1 - m) of m rows on which the sides differ, the least that a sign test of them can give; of
    overall see `row_p_of_overall`. Over seeds, the rows held fixed: Student's paired t-test where both sides
    have the same seeds, else Welch's.

    Args:
        tasks: The tasks.
        ours: The first side.
        theirs: The second.
        resamples: Number of resampled dev sets; default 2,000.
        seed: Seed of the draws; the same seed gives the same numbers.
        overall: How ``overall`` follows from the tasks' scores; None: it is not compared.

    Raises:
        InputError: As `resampled_scores`.
    """
    resampled = resampled_scores(tasks, [*ours.runs, *theirs.runs], resamples, seed, overall)
    count = len(ours.runs)
    return compare_resampled(
        tasks,
        (ours, {name: values[:count] for name, values in resampled.items()}),
        (theirs, {name: values[count:] for name, values in resampled.items()}),
        overall,
    )


def compare_resampled(
    tasks: Mapping[str, Task],
    ours: tuple[Sample, Mapping[str, Array]],
    theirs: tuple[Sample, Mapping[str, Array]],
    overall: Overall | None = Overall(),  # noqa: B008 - frozen
) -> dict[str, Gap]:
    """The same, of sides whose runs were scored on resampled rows before.

    Args:
        tasks: The tasks.
        ours: The first side, and by name its scores on resampled rows, ``[runs, resamples]``.
        theirs: The same of the second, on the same resamples.
        overall: How ``overall`` follows from the tasks' scores, where it was scored.

    Returns:
        What both sides have scores of.
    """
    there = {name: task for name, task in tasks.items() if name in ours[1] and name in theirs[1]}
    differing = {
        name: differing_rows(task, name, ours[0].runs, theirs[0].runs) for name, task in there.items()
    }
    sides = [
        {name: (sample.scores[name], _by_observation(sample, values)) for name, values in resampled.items()}
        for sample, resampled in (ours, theirs)
    ]
    matched = ours[0].seeds == theirs[0].seeds
    settled = {name: _is_settled(name, ours[0].runs, theirs[0].runs) for name in there}
    settled["overall"] = all(settled.values())
    found = {
        name: _gap(sides[0][name], sides[1][name], matched, differing.get(name, 0), settled[name])
        for name in ("overall", *tasks)
        if name in sides[0] and name in sides[1]
    }
    if "overall" in found and overall is not None:
        means = [{name: side[name][1].mean(axis=0) for name in ("overall", *tasks)} for side in sides]
        p = row_p_of_overall(tasks, means[0], means[1], overall, differing)
        found["overall"] = replace(found["overall"], p_rows=p)
    bounds = {name: task.scorer.bounds for name, task in there.items()}
    bounds["overall"] = (overall or Overall()).bounds(there)
    widths = {name: high - low for name, (low, high) in bounds.items()}
    return {
        name: replace(gap, interval=gap.interval.within(-widths[name], widths[name]))
        for name, gap in found.items()
    }


def _by_observation(sample: Sample, values: Array) -> Array:
    """The means of the runs that each observation has, ``[observations, resamples]``."""
    means: Array = values.reshape(len(sample.seeds), -1, values.shape[1]).mean(axis=1)
    return means


def _gap(
    ours: tuple[Array, Array], theirs: tuple[Array, Array], matched: bool, differing: int, settled: bool
) -> Gap:
    """The difference between two sides in one score.

    Args:
        ours: Scores ``[observations]`` and those on resampled rows ``[observations, resamples]``.
        theirs: The same of the other side, on the same resamples.
        matched: Whether both have the same seeds.
        differing: Rows on which the sides do not contribute the same to the score.
        settled: As in `seeds_p`.
    """
    value = float(ours[0].mean() - theirs[0].mean())
    rows = ours[1].mean(axis=0) - theirs[1].mean(axis=0)
    if matched:
        gaps = ours[0] - theirs[0]
        spread = spread_of(gaps, ours[1] - theirs[1])
        chance = paired_superiority(gaps)
    else:
        spread = spread_between(ours, theirs)
        chance = unpaired_superiority(ours[0], theirs[0])
    exact, p_seeds = rounded(rows), seeds_p(ours[0], theirs[0], matched, settled)
    return Gap(value, interval_of(value, spread, exact), row_p(exact, differing), p_seeds, chance, spread)


def _is_settled(name: str, *sides: Runs) -> bool:
    """Whether the runs of each side predict the same, and not one answer for all rows."""
    for runs in sides:
        given = np.stack([run[name].predicted for run in runs])
        if np.ptp(given, axis=0).max() > ROUNDING or np.ptp(given[0]) <= ROUNDING:
            return False
    return True


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusts the p-values of a family so that one false call among all is as rare as alpha (Holm, 1979).

    Args:
        p: P-values of all comparisons made.

    Returns:
        The adjusted p-values in the same order, each to be compared with alpha itself.
    """
    array = np.asarray(p, dtype=np.float64)
    order = np.argsort(array)
    adjusted = np.empty_like(array)
    steps = array[order] * np.arange(len(array), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def adjust(p: Sequence[float | None], size: int) -> list[float | None]:
    """Holm's adjustment of the p-values that there are, in a family of so many; the others count as 1."""
    known = [each for each in p if each is not None]
    there = iter(holm([*known, *[1.0] * (size - len(known))]))
    return [None if each is None else float(next(there)) for each in p]
