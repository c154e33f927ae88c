"""Dev scores of a task's predictions."""

import numpy as np
from numpy.typing import NDArray

from .tasks import MetricName


def score(metric: MetricName, predictions: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Accuracy (0–1) or Pearson's r (−1–1).

    Args:
        metric: Which of the two.
        predictions: Class numbers or scores, ``[rows]``.
        labels: The same for the truth, ``[rows]``.

    Returns:
        The score. The correlation with a constant is not defined; it counts as 0, no correlation.
    """
    if metric == "accuracy":
        return float(np.mean(predictions == labels))
    x = predictions - predictions.mean()
    y = labels - labels.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    # Below rounding error of the mean the differences are noise, not variation.
    if norm <= 1e-12 * len(x) * max(1.0, float(np.abs(predictions).max() * np.abs(labels).max())):
        return 0.0
    return float(np.clip((x @ y) / norm, -1, 1))
