"""What those metrics share that follow from how often each class was predicted for rows of each class."""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from .draws import draws
from .metric import TaskMetric, Values

Counts = NDArray[np.int64]

_AT_ONCE = 1_000_000
"""Numbers that a piece of the drawn tables holds."""

_SWAPS = 9999
"""Random assignments of a randomisation test: p is a multiple of 1 in 10,000."""


class ConfusionMetric(TaskMetric):
    """A score of a table: how many rows of each class were predicted to be of each class."""

    labels = "classes"
    row_test_name = "randomisation"
    counts_absent = True
    """Whether it matters which class is predicted among those of which no row is."""

    @abstractmethod
    def of_tables(self, tables: Values) -> Values:
        """The scores of tables, ``[...]``.

        Args:
            tables: How many rows of a class, by number, have each prediction, ``[..., classes, classes]``.
        """

    def told_apart(self, classes: Values) -> Values:
        """Class numbers ``[...]`` in which classes that the score does not tell apart have one number."""
        return classes

    def score(self, predictions: Values, labels: Values) -> float:
        """That of the one table."""
        cells, size = self._cells(np.stack([predictions]), labels)
        return float(self.of_tables(_tables(np.ones((1, len(labels)), dtype=np.int64), cells[0], size))[0])

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """From how often each row is drawn."""
        cells, size = self._cells(predictions, labels)
        at_once = max(1, _AT_ONCE // size**2)
        pieces = []
        for drawn in draws(len(labels), resamples, rng):
            for start in range(0, len(drawn), at_once):
                some = drawn[start : start + at_once]
                pieces.append(np.stack([self.of_tables(_tables(some, run, size)) for run in cells]))
        return np.concatenate(pieces, axis=1)

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float:
        """Two-sided p-value of equal scores by 9,999 random assignments (Yeh, 2000; Noreen, 1989).

        If the two are alike, which of them gave which of two predictions for a row is a toss of a coin.
        """
        cells, size = self._cells(np.stack([ours, theirs]), labels)
        [one, other], counts = np.unique(cells, axis=1, return_counts=True)
        unlike = one != other
        if not unlike.any():
            return 1.0
        found = abs(self._gap(counts[None], one, counts[None], other, size)[0])
        rng = np.random.default_rng(_SWAPS)
        both, as_far = np.concatenate([one, other]), 0
        at_once = max(1, _AT_ONCE // max(len(both), size**2))
        for start in range(0, _SWAPS, at_once):
            number = min(at_once, _SWAPS - start)
            swapped = np.where(unlike, rng.binomial(counts, 0.5, (number, len(counts))), 0)
            kept = counts - swapped
            gaps = self._gap(np.hstack([kept, swapped]), both, np.hstack([swapped, kept]), both, size)
            as_far += int(np.count_nonzero(np.abs(gaps) >= found - 1e-12))
        return (as_far + 1) / (_SWAPS + 1)

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """The share of the runs that gave each row each class, ``[rows, classes]``."""
        told, truth = self.told_apart(predictions), self.told_apart(labels)
        names = np.arange(max(told.max(), truth.max()) + 1) if self.counts_absent else np.unique(truth)
        shares: Values = np.stack([told == name for name in names], axis=-1).mean(axis=0)
        return shares

    def _gap(self, ours: Counts, cells: Counts, theirs: Counts, others: Counts, size: int) -> Values:
        one, other = self.of_tables(_tables(ours, cells, size)), self.of_tables(_tables(theirs, others, size))
        gap: Values = one - other
        return gap

    def _cells(self, predictions: Values, labels: Values) -> tuple[Counts, int]:
        """Each row's cell in the tables of some runs, ``[runs, rows]``, and how many classes these have."""
        told, truth = self.told_apart(predictions).astype(int), self.told_apart(labels).astype(int)
        size = max(int(told.max()), int(truth.max()), 1) + 1
        return truth * size + told, size


def _tables(drawn: Counts | Values, cells: Counts, size: int) -> Values:
    """Tables from how often each kind of row was drawn, ``[draws, kinds]``, and the kinds' cells."""
    order = np.argsort(cells, kind="stable")
    places, starts = np.unique(cells[order], return_index=True)
    tables = np.zeros((len(drawn), size * size))
    tables[:, places] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return tables.reshape(-1, size, size)


def ratio(above: Values, below: Values) -> Values:
    """A quotient, 0 where it is not defined."""
    found: Values = np.divide(above, below, out=np.zeros(np.shape(below)), where=below != 0)
    return found
