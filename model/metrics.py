"""Dev scores of a task's predictions."""

import numpy as np
from numpy.typing import NDArray

from .tasks import MetricName

FLAT = 4 * float(np.finfo(np.float32).eps)
"""Spread, as a share of the largest value, up to which values differ by a network's rounding, in float32."""


def score(metric: MetricName, predictions: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Accuracy (0–1) or Pearson's r (−1–1).

    Args:
        metric: Which of the two.
        predictions: Class numbers or scores, ``[rows]``.
        labels: The same for the truth, ``[rows]``.

    Returns:
        The score. The correlation with a constant is not defined; it counts as 0, no correlation. A network
        that gives all rows the same prediction gives a constant but for rounding (`FLAT`).
    """
    if metric == "accuracy":
        return float(np.mean(predictions == labels))
    if _flat(predictions) or _flat(labels):
        return 0.0
    x = predictions - predictions.mean()
    y = labels - labels.mean()
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1, 1))


def _flat(values: NDArray[np.float64]) -> bool:
    return bool(values.std() <= FLAT * np.abs(values).max())
