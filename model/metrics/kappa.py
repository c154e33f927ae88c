"""Cohen's kappa, plain and with quadratic weights."""

import numpy as np

from .confusion import ConfusionMetric, ratio
from .metric import Values


class Kappa(ConfusionMetric):
    """Cohen's kappa (1960), -1 to 1: agreement beyond what the shares of the classes give by chance.

    Where all labels and predictions are of one class it counts as 0.
    """

    description = "Cohen's kappa (classes)"
    counts_absent = False
    bounds = (-1.0, 1.0)
    chance = 0.0
    undefined = (0.0, "one class alone among labels and predictions")

    def of_tables(self, tables: Values) -> Values:
        """1 - the disagreement that there is over the one that chance gives."""
        weights = self._weights(np.arange(tables.shape[-1], dtype=np.float64))
        rows = tables.sum(axis=(-2, -1))
        chance = tables.sum(axis=-1)[..., :, None] * tables.sum(axis=-2)[..., None, :]
        found, expected = ((weights * part).sum(axis=(-2, -1)) for part in (tables, chance))
        return np.where(expected > 0, 1 - ratio(found * rows, expected), 0.0)

    def defined(self, labels: Values) -> bool:
        """Whether there are two classes."""
        return bool(np.ptp(labels) != 0)

    @staticmethod
    def _weights(classes: Values) -> Values:
        weights: Values = (classes[:, None] != classes).astype(np.float64)
        return weights


class QuadraticKappa(Kappa):
    """Cohen's weighted kappa (1968) of ordered classes, -1 to 1: a mistake counts as its distance squared."""

    description = "Cohen's kappa with quadratic weights (classes)"
    counts_absent = True

    @staticmethod
    def _weights(classes: Values) -> Values:
        weights: Values = (classes[:, None] - classes).astype(np.float64) ** 2
        return weights
