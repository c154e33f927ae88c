"""Metrics that are own code: all that they have to say is a score; a trial records what a report needs."""

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar
from zlib import crc32

import numpy as np

from ..errors import PluginError
from .metric import Predicted, Score, Scored, TaskMetric, Values

RESAMPLES = 2000
"""Resampled dev sets of which a trial records the score."""

SEED = 11711
"""Of the draws: the same in every trial, so that all are scored on the same rows."""


def bootstrap_of(metric: TaskMetric, predictions: Values, labels: Values) -> Values:
    """The score, and those on rows drawn with replacement, ``[1 + RESAMPLES]``.

    The draws follow from the labels alone, so that tasks are drawn from independently (Efron and Tibshirani,
    1993, chapter 6).

    Args:
        metric: The metric.
        predictions: Class numbers or scores, ``[rows]``.
        labels: The same of the labels, ``[rows]``.
    """
    rng = np.random.default_rng((SEED, crc32(labels.tobytes())))
    draws = (rng.integers(len(labels), size=len(labels)) for _ in range(RESAMPLES))
    scores = (score_of(metric, predictions[rows], labels[rows]) for rows in draws)
    return np.array([score_of(metric, predictions, labels), *scores], dtype=np.float64)


def score_of(metric: TaskMetric, predictions: Values, labels: Values) -> float:
    """The score; arguments as in `bootstrap_of`.

    Raises:
        PluginError: If own code gives no number.
    """
    given: object = metric.score(predictions, labels)
    try:
        return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise PluginError(
            f"metric {type(metric).__name__}: score gives a {type(given).__name__}, expected a number"
        ) from None


def recorded_scores(metric: TaskMetric, predictions: Values, labels: Values) -> Values:
    """What a trial keeps: `bootstrap_of`, then a checksum of the predictions that it is of.

    Args:
        metric: The metric.
        predictions: Class numbers or scores, ``[rows]``.
        labels: The same of the labels, ``[rows]``.

    Raises:
        PluginError: If a score is not finite, as reports would take the predictions for damaged, or beyond
            the bounds of the metric, as `overall` would leave 0 to 1. An error may exceed the upper one.
    """
    found = bootstrap_of(metric, predictions, labels)
    if not np.isfinite(found[1:]).all():
        bad = found[1:][~np.isfinite(found[1:])]
        raise PluginError(
            f"metric {type(metric).__name__}: score gives {bad[0]} for {len(bad):,} of {RESAMPLES:,} sets of "
            "rows drawn with replacement; it must give a finite number of any rows, as of one class alone"
        )
    low, high = metric.bounds
    most, slack = high if metric.higher_is_better else np.inf, 1e-9 * min(high - low, 1e9)
    beyond = found[(found < low - slack) | (found > most + slack)]
    if len(beyond):
        raise PluginError(
            f"metric {type(metric).__name__}: score gives {beyond[0]:g}, and its bounds are {low:g} to "
            f"{high:g}: `bounds` must hold all scores"
        )
    return np.append(found, _checksum(predictions))


def _checksum(predictions: Values) -> float:
    return float(crc32(np.ascontiguousarray(predictions, dtype=np.float64).tobytes()))


class RecordedMetric(TaskMetric):
    """A metric of which trials recorded scores: it is not computed again, and needs no code.

    What its methods call predictions are the recorded scores, then the predictions,
    ``[1 + RESAMPLES + rows]``.

    Args:
        name: Its name.
        plugin: The plug-in whose it is.
        traits: What the record says of it: the attributes of `TaskMetric`, by name; and ``falls``, whether
            `overall` rose as it fell: earlier versions took every own metric for one that rises.
    """

    recorded = True
    row_test_name = "none of own code"

    def __init__(self, name: str, plugin: str, traits: Mapping[str, Any]) -> None:
        self.name, self.plugin = name, plugin
        self._fell = bool(traits.get("falls"))
        for trait in traits.keys() - {"falls"}:
            setattr(self, trait, tuple(traits[trait]) if trait == "bounds" else traits[trait])

    @property
    def falls(self) -> bool:
        """Whether `overall` rises as it falls."""
        return self._fell

    def given(self, predictions: Predicted) -> Values:
        """The recorded scores, then the predictions.

        Raises:
            PluginError: If none are recorded, as of predictions that no trial made, or of some rows alone.
        """
        kept = predictions.bootstrap
        if kept is None or len(kept) != 2 + RESAMPLES or kept[-1] != _checksum(predictions.predicted):
            raise PluginError(
                f"metric {self.name} is own code of {self.plugin}: it is computed in trials alone, and these "
                "predictions are of none"
            )
        return np.concatenate([kept[:-1], predictions.predicted])

    def score(self, predictions: Values, labels: Values) -> float:
        """The score that the trial recorded."""
        return float(predictions[0])

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """The scores that the trials recorded, of the same rows in each."""
        if resamples > RESAMPLES:
            raise ValueError(f"{resamples} resamples asked for, and {RESAMPLES} are recorded")
        return predictions[:, 1 : 1 + resamples]

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> None:
        """None: there is no test of a score of which nothing is known."""

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """Mean and mean square of the runs' predictions: rows that they predict alike score alike."""
        answers = predictions.copy()
        answers[:, : 1 + RESAMPLES] = 0.0  # these are no rows
        return np.stack([answers.mean(axis=0), np.square(answers).mean(axis=0)], axis=1)

    def unit(self, score: Score) -> Score:
        """Puts a score on 0-1; where the lower one is better, the lowest is 1, and above the highest is 0."""
        if not self.falls:
            return super().unit(score)
        low, high = self.bounds
        unit: Score = np.maximum((high - score) / (high - low), 0.0)
        return unit

    def term(self, name: str) -> str:
        """``(sst - 2) / 3``, or where the lower score is better ``max(0, 1 - sst / 3)``."""
        if not self.falls:
            return super().term(name)
        low, high = self.bounds
        if not low:
            return f"max(0, 1 - {name}{'' if high == 1 else f' / {high:g}'})"
        return f"max(0, ({high:g} - {name}){'' if high - low == 1 else f' / {high - low:g}'})"


class OwnMetric(RecordedMetric):
    """Base of a metric that is own code.

    A subclass sets `description`, `labels` and `bounds`, and has `score`. One where the lower score is better
    says ``higher_is_better = False``.

    Its `options`, if it has any, are a pydantic model; `score` then reads them from ``self.settings``.

    Attributes:
        settings: The options of the task that it is of; None where it has none.
    """

    settings: Any = None
    options: ClassVar[Any] = None

    def __init__(self) -> None:
        super().__init__(type(self).__name__, type(self).__module__, {})

    @property
    def falls(self) -> bool:
        """Whether the lower score is better."""
        return not self.higher_is_better

    def of(self, task: Scored) -> "OwnMetric":
        """The metric with the options of a task."""
        if self.options is None:
            return self
        known = copy(self)
        known.settings = self.options.model_validate(task.metric_options)
        return known

    def given(self, predictions: Predicted) -> Values:
        """The predictions."""
        return predictions.predicted

    def score(self, predictions: Values, labels: Values) -> float:
        """The score; class numbers or scores of predictions and labels, both ``[rows]``."""
        raise TypeError(f"{type(self).__name__} has no method score(predictions, labels)")

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """The same that `bootstrap_of` records."""
        return np.stack([bootstrap_of(self, run, labels)[1 : 1 + resamples] for run in predictions])

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """As in `RecordedMetric`."""
        return np.stack([predictions.mean(axis=0), np.square(predictions).mean(axis=0)], axis=1)
