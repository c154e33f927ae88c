"""Which of several results are the best ones when there is more than one objective."""

from collections.abc import Sequence

import numpy as np


def on_front(values: Sequence[Sequence[float]]) -> list[bool]:
    """Whether each result is on the Pareto front: no other is at least as good in all and better in one.

    Args:
        values: Results, each with the same objectives; more is better.
    """
    front = np.ones(len(values), dtype=bool)
    points = np.asarray(values, dtype=float)
    for position, point in enumerate(points):
        if front[position]:
            beaten = (points <= point).all(axis=1) & (points < point).any(axis=1)
            front &= ~beaten
    return [bool(good) for good in front]
