"""How a step joins the gradients of its tasks: the methods. Imports no torch."""

from dataclasses import dataclass
from typing import Literal

from ..registry import Deferred, Registry

CAGRAD_RADIUS = 0.5
"""How far ``cagrad`` may leave the mean gradient, as a share of its norm: the value of its authors' code."""


@dataclass(frozen=True)
class GradientMethod:
    """A way to join gradients: coefficients of the tasks' gradients from their dot products.

    Attributes:
        weighting: Makes what is called with the Gram matrix of a step's tasks ``[m, m]``, float64, of
            trace 1, and gives the coefficients ``[m]``.
        by_rank: Whether it takes the matrix's rank from the precision of its type, which then is that of the
            dot products, float32.
        revision: Of its arithmetic, counted up whenever it gives other vectors than before; a trial does not
            go on from a checkpoint of another one.
        carries: Whether it carries something from step to step: it is then made for a number of tasks, called
            with the numbers of those that take part as well, and has `state_dict` and `load_state_dict`.
    """

    weighting: Deferred
    by_rank: bool = False
    revision: int = 1
    carries: bool = False


def _torchjd(name: str, **settings: float) -> Deferred:
    return Deferred(f"torchjd.aggregation:{name}Weighting", settings)


def _own(place: str, **settings: float) -> Deferred:
    return Deferred(f"model.gradients.{place}", settings)


METHODS = Registry(
    "gradient method",
    {
        "sum": GradientMethod(_torchjd("Sum")),
        "mean": GradientMethod(_torchjd("Mean")),
        "pcgrad": GradientMethod(_torchjd("PCGrad")),
        "gradvac": GradientMethod(_own("gradvac:GradVac"), carries=True),
        "cagrad": GradientMethod(_own("conflictaverse:CAGrad", c=CAGRAD_RADIUS), revision=2),
        "aligned_mtl": GradientMethod(_torchjd("AlignedMTL"), by_rank=True),
        "imtl_g": GradientMethod(_own("impartial:IMTLG"), revision=2),
        "mgda": GradientMethod(_own("shortest:MGDA"), revision=2),
        "upgrad": GradientMethod(_own("dualcone:UPGrad"), revision=2),
    },
)
"""What becomes of the gradients of parameters that two tasks or more touch; a head keeps its own gradient.

A task without a gradient for such a parameter counts with a zero there. m is the number of tasks of the step.

- ``sum``: their sum, the gradient of the summed losses.
- ``mean``: their sum divided by m.
- ``pcgrad``: each is projected onto the normal plane of every original gradient that it conflicts with, in
  random order; the sum of the results (Yu et al. 2020, Algorithm 1, arXiv 2001.06782).
- ``gradvac``: each is turned until its cosine with every other is at least the moving average of that cosine;
  the sum of the results (Wang et al. 2021, arXiv 2010.05874). A step counts in it for β = 0.5, which is
  TorchJD's; theirs is 0.01.
- ``cagrad``: of the vectors within half the mean's norm of the mean, the one whose smallest dot product with
  a task's gradient is greatest (Liu et al. 2021, Conflict-Averse Gradient Descent, arXiv 2110.14048); of
  several, which takes gradients that cancel out or one that is zero, the nearest to the mean.
- ``aligned_mtl``: the mean after the principal components were scaled to the smallest one (Senushkin et al.
  2023, Independent Component Alignment, Algorithm 1).
- ``imtl_g``: the affine combination with equal projections on all of them (Liu et al. 2021, Towards Impartial
  Multi-task Learning; with a pseudo-inverse of the cosines, after arXiv 2406.16232); zero where no such
  combination exists.
- ``mgda``: the shortest convex combination (Désidéri 2012).
- ``upgrad``: each is projected onto the cone of directions that raise no loss; the mean of the results
  (Quinton & Rey 2024, Jacobian Descent, arXiv 2406.16232).

``cagrad``, ``mgda`` and ``upgrad`` are exact, by every set of the tasks: under a millisecond a step for four
tasks, and four times that with every two tasks more.

``sum``, ``pcgrad`` and ``gradvac`` return a vector of the size of a sum, the others of the size of a mean
(``cagrad`` up to 1.5 times it) or less: with plain SGD, compare them at different learning rates.
"""

GradientStorage = Literal["fp32", "bf16", "cpu"]
"""Where gradients wait for those of the step's last task, which are never converted.

- ``fp32``: as they are.
- ``bf16``: in half the memory; the result differs by bf16's rounding (relative 2⁻⁹ an element).
- ``cpu``: in the main memory, for networks on another device; the result is that of ``fp32``.
"""
