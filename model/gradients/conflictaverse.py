"""CAGrad: of the vectors near the mean gradient, the one that serves the worst-off task best."""

import torch
from torch import Tensor

from .activesets import normalised, optimal, solved, subsets
from .dualcone import cone_excess

_ROUNDING = 1e-9
"""How far the optimality conditions may fail, in units of the radius, before no set counts as optimal."""


class CAGrad:
    """Coefficients of the d of max minᵢ gᵢᵀd in the ball of radius c |mean| around the mean.

    Source: Liu et al. 2021, Conflict-Averse Gradient Descent for Multi-task Learning, Algorithm 1, by every
    set of worst-off tasks. Several vectors may serve best where gradients cancel out or one is zero; it is
    then the one nearest to the mean.

    Args:
        c: Radius as a share of the mean's norm, above 0 and below 1.
    """

    def __init__(self, c: float) -> None:
        self._c = c

    def __call__(self, gram: Tensor) -> Tensor:
        """Coefficients ``[m]`` for a Gram matrix ``[m, m]``, float64."""
        cosines, norms = normalised(gram)
        mean = norms / len(gram)  # coefficients of the unit vectors, as all that follow
        radius = float(self._c * (mean @ cosines @ mean).clamp(min=0.0).sqrt())
        if radius == 0.0:
            return torch.full_like(norms, 1 / len(gram))
        step, violation = _step(cosines, norms, mean / radius)
        if violation < -_ROUNDING:
            # Zero lies in the gradients' hull: no vector serves all, and those that harm none serve best.
            step = cone_excess(cosines, mean.unsqueeze(1)).squeeze(1) / radius
        return 1 / len(gram) + torch.where(norms > 0, radius * step / norms, 0.0)


def _step(cosines: Tensor, norms: Tensor, mean: Tensor) -> tuple[Tensor, float]:
    """From the mean to the vector, in a ball of radius 1: coefficients ``[m]``, and how far they fail.

    For each set of worst-off tasks: a step b ≥ 0 of these tasks' gradients, of length 1, after which the dot
    products with them are equal, to a level that solves a quadratic equation.
    """
    real = norms > 0
    inverse = torch.where(real, norms[real].min() / norms, 1.0)
    sets = subsets(len(norms))[1:]
    sets = sets[~(sets & ~real).any(dim=1)]
    products = cosines @ mean
    ones, back = solved(cosines, sets, torch.stack([inverse, products], dim=1)).unbind(dim=2)
    a, b = ones @ inverse, back @ inverse
    within = back @ products - b.square() / a  # of the mean: its square in the set's plane, but for the level
    level = ((b + (a * (1 - within)).sqrt()) / a).unsqueeze(1)
    steps = level * ones - back
    slopes = torch.where(real, products + steps @ cosines - level * inverse, -level)
    best, violation = optimal(steps.unsqueeze(2), slopes.unsqueeze(2), sets)
    return steps[int(best)], float(violation)
