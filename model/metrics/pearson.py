"""Pearson's correlation of predicted and true scores."""

import math

import numpy as np

from .draws import draws
from .metric import TaskMetric, Values

FLAT = 4 * float(np.finfo(np.float32).eps)
"""Spread, as a share of the largest value, up to which values differ by a network's rounding, in float32."""

_LEAST_ROWS = 4
"""Rows below which nothing can be said of how exactly a correlation is known."""


class Pearson(TaskMetric):
    """Pearson's r, -1 to 1.

    The correlation with a constant is not defined; it counts as 0, no correlation. A network that gives all
    rows the same prediction gives a constant but for rounding (`FLAT`).
    """

    description = "Pearson's r (range)"
    labels = "range"
    bounds = (-1.0, 1.0)
    undefined = (0.0, "constant labels or predictions")
    row_test_name = "Williams"

    def score(self, predictions: Values, labels: Values) -> float:
        """The correlation of the two."""
        if flat(predictions) or flat(labels):
            return 0.0
        x = predictions - predictions.mean()
        y = labels - labels.mean()
        return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1, 1))

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """From each resample's sums of x, y, x², y² and xy; 0 where one of them is constant."""
        # Centred, so that the sums lose no digits.
        x, y = predictions - predictions.mean(axis=1, keepdims=True), (labels - labels.mean())[None]
        terms = np.concatenate([x, x**2, x * y, y, y**2]).T
        rows = len(labels)
        means = np.concatenate([drawn / rows @ terms for drawn in draws(rows, resamples, rng)]).T
        runs = len(predictions)
        mean_x, mean_xx, mean_xy = means[:runs], means[runs : 2 * runs], means[2 * runs : 3 * runs]
        mean_y, mean_yy = means[-2], means[-1]
        spread_x = np.sqrt(np.maximum(mean_xx - mean_x**2, 0))
        spread_y = np.sqrt(np.maximum(mean_yy - mean_y**2, 0))
        varied = spread_x > FLAT * np.abs(predictions).max(axis=1, keepdims=True)
        varied &= spread_y > FLAT * np.abs(labels).max()
        r = (mean_xy - mean_x * mean_y) / np.where(varied, spread_x * spread_y, 1.0)
        return np.clip(np.where(varied, r, 0.0), -1, 1)

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float | None:
        """Two-sided p-value of equal correlations with the same labels, by `williams`."""
        correlations = (self.score(ours, labels), self.score(theirs, labels), self.score(ours, theirs))
        return williams(*correlations, len(labels))

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """The mean prediction of the runs for each row."""
        means: Values = predictions.mean(axis=0)
        return means

    def interval(self, low: float, high: float, score: float, rows: int) -> tuple[float, float, str] | None:
        """All of -1 to 1 with fewer than four rows."""
        return (*self.bounds, "too few rows") if rows < _LEAST_ROWS else None

    def defined(self, labels: Values) -> bool:
        """Whether the labels vary."""
        return bool(np.ptp(labels) != 0)


def flat(values: Values) -> bool:
    """Whether all values are one but for rounding."""
    return bool(values.std() <= FLAT * np.abs(values).max())


def williams(ours: float, theirs: float, between: float, rows: int) -> float:
    """Two-sided p-value of Williams' t (1959) for two correlations that share a variable.

    Of such tests the one that Steiger (1980, equation 7) recommends; it supposes normal variables.

    Args:
        ours: Correlation of the first variable with the shared one.
        theirs: Correlation of the second with the shared one.
        between: Correlation of the first and the second.
        rows: Rows of the sample.

    Returns:
        The p-value; 1 of the same variable up to scale, or of fewer than four rows.
    """
    from scipy.stats import t

    if rows < _LEAST_ROWS:
        return 1.0
    determinant = 1 - ours**2 - theirs**2 - between**2 + 2 * ours * theirs * between
    spread = (
        2 * max(determinant, 0.0) * (rows - 1) / (rows - 3) + (ours + theirs) ** 2 / 4 * (1 - between) ** 3
    )
    if spread < 1e-24:
        return 1.0
    statistic = (ours - theirs) * math.sqrt((rows - 1) * (1 + between) / spread)
    return float(2 * t.sf(abs(statistic), rows - 3))
