"""MGDA: the shortest convex combination of the gradients."""

import torch
from torch import Tensor
from torch.nn import functional

from .activesets import normalised, optimal, solutions, subsets


class MGDA:
    """Weights of the vector of least norm in the convex hull of the gradients, none negative, of sum 1.

    Source: Désidéri 2012, Multiple-gradient descent algorithm for multiobjective optimization, by every set
    of tasks instead of an iteration. Where gradients depend on each other, the weights are not unique; the
    vector is.
    """

    def __call__(self, gram: Tensor) -> Tensor:
        """Weights ``[m]`` for a Gram matrix ``[m, m]``, float64."""
        cosines, norms = normalised(gram)
        if not norms.all():
            return functional.one_hot(norms.argmin(), len(gram)).to(gram.dtype)
        inverse = norms.min() / norms
        sets = subsets(len(gram))[1:]
        units, level = _candidates(cosines, inverse, sets)
        best, _ = optimal(units, cosines @ units - level * inverse.unsqueeze(1), sets)
        weights = units[int(best), :, 0] * inverse
        return weights / weights.sum()


def _candidates(cosines: Tensor, inverse: Tensor, sets: Tensor) -> tuple[Tensor, Tensor]:
    """By set, the weights of unit vectors ``[sets, m, 1]`` and a level ``[sets, 1, 1]``.

    The weights w satisfy Cw = level · inverse within the set, and w · inverse = 1. That border makes a system
    regular whose hull holds zero, where C alone would be singular.
    """
    size = len(cosines)
    inside = sets.unsqueeze(2) & sets.unsqueeze(1)
    border = torch.where(sets, inverse, 0.0)
    system = cosines.new_zeros(len(sets), size + 1, size + 1)
    system[:, :size, :size] = torch.where(inside, cosines, torch.eye(size, dtype=cosines.dtype))
    system[:, :size, size], system[:, size, :size] = -border, border
    right = cosines.new_zeros(len(sets), size + 1, 1)
    right[:, size] = 1.0
    solution = solutions(system, right)
    return solution[:, :size], solution[:, size:]
