"""Matthews' correlation coefficient."""

import numpy as np

from .confusion import ConfusionMetric, ratio
from .metric import Values


class MCC(ConfusionMetric):
    """Matthews' (1975) correlation of predicted and true classes, -1 to 1; of several as Gorodkin's (2004).

    Of constant labels or predictions it counts as 0, no correlation.
    """

    description = "Matthews' correlation (classes)"
    bounds = (-1.0, 1.0)
    chance = 0.0
    undefined = (0.0, "one class alone among labels or predictions")

    def of_tables(self, tables: Values) -> Values:
        """The covariance of the classes over the root of their variances."""
        rows = tables.sum(axis=(-2, -1))
        true, predicted = tables.sum(axis=-1), tables.sum(axis=-2)
        right = np.trace(tables, axis1=-2, axis2=-1)
        together = right * rows - (true * predicted).sum(axis=-1)
        apart = (rows**2 - (true**2).sum(axis=-1)) * (rows**2 - (predicted**2).sum(axis=-1))
        return ratio(together, np.sqrt(apart))

    def defined(self, labels: Values) -> bool:
        """Whether there are two classes."""
        return bool(np.ptp(labels) != 0)
