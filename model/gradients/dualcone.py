"""UPGrad: each gradient is projected onto the cone of directions that raise no loss."""

import torch
from torch import Tensor

from .activesets import normalised, optimal, solved, subsets


class UPGrad:
    """Coefficients of the mean of the projected gradients.

    Source: Quinton & Rey 2024, Jacobian Descent for Multi-Objective Optimization, Proposition 1, without the
    multiple of the identity that the authors' code adds to the Gram matrix. Where gradients depend on each
    other, the coefficients are not unique; the vector is.
    """

    def __call__(self, gram: Tensor) -> Tensor:
        """Coefficients ``[m]`` for a Gram matrix ``[m, m]``, float64."""
        cosines, norms = normalised(gram)
        # The projection of a multiple is that multiple of the projection: each is made for a unit vector.
        shared = cone_excess(cosines, torch.eye(len(gram), dtype=gram.dtype)) @ norms
        return (1 + torch.where(norms > 0, shared / norms, 0.0)) / len(gram)


def cone_excess(cosines: Tensor, starts: Tensor) -> Tensor:
    """What projects combinations of unit vectors onto the cone of vectors that oppose none of them.

    Args:
        cosines: Gram matrix of the unit vectors, ``[m, m]``.
        starts: Coefficients of k combinations, ``[m, k]``.

    Returns:
        What is added to those coefficients, ``[m, k]``, nowhere negative: z of min (u + z)ᵀ C (u + z), z ≥ 0.
    """
    sets = subsets(len(cosines))
    products = cosines @ starts
    added = solved(cosines, sets, -products)
    slopes = products + torch.tensordot(added, cosines, dims=([1], [1])).transpose(1, 2)
    best, _ = optimal(added, slopes, sets)
    chosen: Tensor = added[best, :, torch.arange(starts.shape[1])].T
    return chosen
