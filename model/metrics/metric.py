"""What a metric of a task is, to the trainer and to the report."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # the command line needs the metrics alone, at once
    from pydantic import BaseModel

Values = NDArray[np.float64]
Score = TypeVar("Score", float, Values)


class Scored(Protocol):
    """What a metric has to know of a task."""

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest score of a similarity."""

    @property
    def positive(self) -> int | None:
        """The class that a metric of one class is of."""

    @property
    def metric_options(self) -> dict[str, Any]:
        """Options of a metric that is own code."""


class Predicted(Protocol):
    """What a trial keeps of its predictions for a task."""

    @property
    def predicted(self) -> Values:
        """Class numbers, or scores in the units of the labels, ``[rows]``."""

    @property
    def scores(self) -> NDArray[np.floating] | None:
        """What the head gave, ``[rows, outputs]``; None of a trial of an older version."""

    @property
    def bootstrap(self) -> Values | None:
        """Of a metric that is own code, the score and those on resampled rows."""


class TaskMetric(ABC):
    """How the predictions for a task's rows are scored, and how exactly that score is known.

    Nothing but the rows that a score was computed on says how exactly it is known: `resampled` draws others
    from them. SciPy is imported only where it is needed.

    Attributes:
        description: What the JSON Schema says of it.
        labels: The labels that it is for: ``classes`` or the scores of a ``range``.
        two_classes: Whether it is for two classes only.
        of_one_class: Whether it is of one class, which the task names as `positive`.
        needs_scores: Whether it is computed from the head's scores, and not from the predictions.
        higher_is_better: Whether the better of two scores is the higher one.
        bounds: The lowest and the highest score, in its own units; an error may exceed it where a prediction
            leaves the range.
        chance: What answers without knowledge score, if that is one number.
        undefined: What counts where no score is defined, and where that is; None where there always is one.
        options: Its own settings, the task's ``metric_options``; None where it has none.
        recorded: Whether it is own code, whose scores on resampled rows are those that each trial recorded,
            of all its dev rows alone.
        row_test_name: The test that `row_test` carries out, for notes; where there is none, why.
    """

    description: ClassVar[str]
    labels: ClassVar[Literal["classes", "range"]]
    two_classes: ClassVar[bool] = False
    of_one_class: ClassVar[bool] = False
    needs_scores: ClassVar[bool] = False
    higher_is_better: ClassVar[bool] = True
    bounds: tuple[float, float] = (0.0, 1.0)
    chance: ClassVar[float | None] = None
    undefined: ClassVar[tuple[float, str] | None] = None
    options: "ClassVar[type[BaseModel] | None]" = None
    recorded: ClassVar[bool] = False
    row_test_name: ClassVar[str]

    def of(self, task: Scored) -> "TaskMetric":
        """The metric of a task: one that depends on its range, or on one of its classes, knows it."""
        return self

    def given(self, predictions: Predicted) -> Values:
        """What of a run's predictions it is computed from, ``[rows]``.

        Raises:
            ValueError: If it needs scores that a trial of an older version did not keep.
        """
        return predictions.predicted

    @abstractmethod
    def score(self, predictions: Values, labels: Values) -> float:
        """The score.

        Args:
            predictions: What `given` gives, ``[rows]``.
            labels: Class numbers or scores, ``[rows]``.
        """

    @abstractmethod
    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """Scores of runs on rows drawn with replacement, ``[runs, resamples]``; all runs see the same rows.

        Args:
            predictions: What `given` gives of each, ``[runs, rows]``.
            labels: Class numbers or scores, ``[rows]``.
            resamples: How many sets of rows are drawn, each of as many rows as there are.
            rng: Draws them.
        """

    @abstractmethod
    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float | None:
        """Two-sided p-value of equal scores on the same rows; None where there is no test.

        Args:
            ours: What `given` gives of one run, ``[rows]``.
            theirs: The same of the other.
            labels: Class numbers or scores, ``[rows]``.
        """

    @abstractmethod
    def contributions(self, predictions: Values, labels: Values) -> Values:
        """What each row adds to the mean score of runs: equal where runs score a row equally.

        Args:
            predictions: What `given` gives of each, ``[runs, rows]``.
            labels: Class numbers or scores, ``[rows]``.

        Returns:
            One number a row, ``[rows]``, or several, ``[rows, numbers]``.
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

    def rising(self, *scores: float) -> tuple[float, ...]:
        """The scores, or where the lower one is better what `unit` makes of them."""
        return scores if self.higher_is_better else tuple(map(self.unit, scores))

    def term(self, name: str) -> str:
        """What `unit` does to the score of a task in words: ``sst``, or ``(sts + 1) / 2``."""
        low, high = self.bounds
        shifted = f"({name} {'-' if low > 0 else '+'} {abs(low):g})" if low else name
        return shifted if high - low == 1 else f"{shifted} / {high - low:g}"
