"""Rows drawn with replacement, for metrics that need to know how often each row was."""

from collections.abc import Iterator

import numpy as np

from .metric import Values

_AT_ONCE = 100_000
"""Row numbers drawn in one piece: they fit a processor's cache, and memory does not grow with the rows."""


def draws(rows: int, resamples: int, rng: np.random.Generator) -> Iterator[Values]:
    """Draws rows with replacement, as many as there are, again and again.

    Args:
        rows: Number of rows.
        resamples: How often a set of so many is drawn.
        rng: Draws them.

    Yields:
        How often each row is in each of some of the sets, ``[sets, rows]``.
    """
    at_once = max(1, _AT_ONCE // rows)
    for start in range(0, resamples, at_once):
        number = min(at_once, resamples - start)
        drawn = rng.integers(0, rows, (number, rows)) + np.arange(number)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=number * rows).reshape(number, rows).astype(np.float64)
