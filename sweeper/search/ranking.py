"""Several objectives as one curve for a pruner: how many fronts stand before a trial at equal epochs."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from ..study.pareto import on_front
from ..trial import Curve


def front_ranks(values: Sequence[Sequence[float]]) -> list[int]:
    """The rank of each result: 0 on the Pareto front, 1 on that of the others, and so on.

    Method: non-dominated sorting (Deb et al., 2002, NSGA-II).

    Args:
        values: Results, each with the same objectives; more is better.
    """
    if all(len(value) == 2 for value in values):
        return _ranks_of_two(values)
    ranks = [0] * len(values)
    left, rank = list(range(len(values))), 0
    while left:
        on = on_front([values[place] for place in left])
        for place in (place for place, good in zip(left, on, strict=True) if good):
            ranks[place] = rank
        left = [place for place, good in zip(left, on, strict=True) if not good]
        rank += 1
    return ranks


def _ranks_of_two(values: Sequence[Sequence[float]]) -> list[int]:
    """The same of two objectives, in n log n: best first in the one, the last of a front has its best other.

    Method: Jensen (2003), Reducing the run-time complexity of multiobjective EAs.
    """
    ranks: dict[tuple[float, ...], int] = {}
    lowest: list[float] = []  # minus the best second value of each front so far, rising
    for point in sorted(set(map(tuple, values)), reverse=True):
        rank = bisect_right(lowest, -point[1])
        lowest[rank : rank + 1] = [-point[1]]
        ranks[point] = rank
    return [ranks[tuple(value)] for value in values]


def curves_by_rank(number: int, objectives: Sequence[Sequence[Curve]]) -> list[Curve]:
    """A curve for each trial up to `number`: at each epoch minus its rank among the trials of its seed.

    Trials with a higher number, and epochs that the trial has not finished, do not count.

    Args:
        number: Number of the trial that may be stopped.
        objectives: For each objective the curves of the trials, the trial's own among them.
    """
    known = [{one.number: one for one in curves if one.number <= number} for curves in objectives]
    trials = [one for one in known[0].values() if all(one.number in curves for curves in known)]
    epochs = set.intersection(*(set(own[number].values) if number in own else set() for own in known))
    found = {one.number: replace(one, values={}) for one in trials}
    for epoch in sorted(epochs):
        for seed in {one.seed for one in trials}:
            there = [
                one.number
                for one in trials
                if one.seed == seed and all(epoch in curves[one.number].values for curves in known)
            ]
            ranks = front_ranks([[curves[each].values[epoch] for curves in known] for each in there])
            for each, rank in zip(there, ranks, strict=True):
                found[each].values[epoch] = -float(rank)
    return [one for one in found.values() if one.values]
