"""What a metric of a task is, to the trainer and to the report."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Score = TypeVar("Score", float, Values)


class TaskMetric(ABC):
    """How the predictions for a task's rows are scored, and how exactly that score is known.

    A score is known from the rows that it was computed on alone: `resampled` draws others, and
    `standard_error` tells without drawing. SciPy is imported where it is needed only.

    Attributes:
        description: What the JSON Schema says of it.
        labels: The labels that it is for: ``classes`` or the scores of a ``range``.
        bounds: The lowest and the highest score, in its own units.
        row_test_name: The test that `row_test` carries out, for notes.
    """

    description: ClassVar[str]
    labels: ClassVar[Literal["classes", "range"]]
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    row_test_name: ClassVar[str]

    @abstractmethod
    def score(self, predictions: Values, labels: Values) -> float:
        """The score.

        Args:
            predictions: Class numbers or scores, ``[rows]``.
            labels: The same for the truth, ``[rows]``.
        """

    @abstractmethod
    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """Scores of runs on rows drawn with replacement, ``[runs, resamples]``; all runs see the same rows.

        Args:
            predictions: Class numbers or scores, ``[runs, rows]``.
            labels: The same for the truth, ``[rows]``.
            resamples: How often as many rows as there are are drawn.
            rng: Draws them.
        """

    @abstractmethod
    def standard_error(self, score: float, rows: int) -> float:
        """Standard error of a score, owed to the limited number of rows.

        Args:
            score: The score.
            rows: How many rows it was computed on, at least 1.
        """

    @abstractmethod
    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float:
        """Two-sided p-value of equal scores on the same rows.

        Args:
            ours: Predictions of one run, ``[rows]``.
            theirs: Those of the other.
            labels: The truth.
        """

    @abstractmethod
    def contributions(self, predictions: Values, labels: Values) -> Values:
        """What each row adds to the mean score of runs, ``[rows]``: equal where runs score a row equally.

        Args:
            predictions: Class numbers or scores, ``[runs, rows]``.
            labels: The same for the truth, ``[rows]``.
        """

    def interval(self, low: float, high: float, score: float, rows: int) -> tuple[float, float, str] | None:
        """The 95 % interval where resampling cannot show a spread; None where it can.

        Args:
            low: Lower end of the resampled interval.
            high: Its upper end.
            score: The score, or the mean of those of some runs.
            rows: How many rows it was computed on.

        Returns:
            Its ends, and the method by which they were found.
        """
        return None

    def defined(self, labels: Values) -> bool:
        """Whether these labels allow a score, ``[rows]``."""
        return True

    def unit(self, score: Score) -> Score:
        """Puts a score, or an array of them, on 0-1."""
        low, high = self.bounds
        return (score - low) / (high - low)

    def term(self, name: str) -> str:
        """What `unit` does to the score of a task in words: ``sst``, or ``(sts + 1) / 2``."""
        low, high = self.bounds
        shifted = f"({name} {'-' if low > 0 else '+'} {abs(low):g})" if low else name
        return shifted if high - low == 1 else f"{shifted} / {high - low:g}"
