"""IMTL-G: the affine combination of the gradients with equal projections on all of them."""

import torch
from torch import Tensor

from .activesets import normalised

_CANCELLED = 1e-12
"""Sum of the coefficients, relative to the shortest gradient's, below which there is no such combination."""


class IMTLG:
    """Coefficients of sum 1; zeros where there are none.

    Source: Liu et al. 2021, Towards Impartial Multi-task Learning, in the form of arXiv 2406.16232, whose
    pseudo-inverse is taken of the cosines here: that of the Gram matrix takes a short gradient for none.
    """

    def __call__(self, gram: Tensor) -> Tensor:
        """Coefficients ``[m]`` for a Gram matrix ``[m, m]``, float64, of dot products in float32."""
        cosines, norms = normalised(gram)
        real = norms > 0
        # The dot products tell directions apart as far as float32 does, whatever type they are summed in.
        precision = len(gram) * torch.finfo(torch.float32).eps
        units = torch.linalg.pinv(cosines, rtol=precision, hermitian=True) @ real.to(gram.dtype)
        coefficients = torch.where(real, units * norms[real].min() / norms, 0.0)
        total = coefficients.sum()
        return torch.zeros_like(norms) if total.abs() < _CANCELLED else coefficients / total
