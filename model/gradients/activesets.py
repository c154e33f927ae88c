"""Which of a few tasks' constraints are tight: every set of them is tried, in float64.

A quadratic program over a cone or a simplex of m gradients has its optimum where the conditions of Karush,
Kuhn and Tucker hold for one of the 2ᵐ sets of tasks. Solvers that iterate stop short of it where the tasks'
gradients differ much in size; for a few tasks all sets take less time than they do.
"""

import torch
from torch import Tensor


def normalised(gram: Tensor) -> tuple[Tensor, Tensor]:
    """The tasks' cosines and norms: among unit vectors no solution suffers from how far the norms lie apart.

    Args:
        gram: Gram matrix of the gradients, ``[m, m]``.

    Returns:
        Cosines ``[m, m]``, in which a zero gradient counts as a unit vector that is orthogonal to all others,
        and norms ``[m]``.
    """
    norms = gram.diagonal().sqrt()
    scale = torch.outer(norms, norms)
    cosines = torch.where(scale > 0, gram / scale, 0.0)
    return cosines.fill_diagonal_(1.0), norms


def subsets(size: int) -> Tensor:
    """Every subset of some tasks, the smallest first: ``[2ᵐ, m]``, True for those that are in it."""
    numbers = torch.arange(2**size).unsqueeze(1)
    members = (numbers >> torch.arange(size)) & 1 == 1
    return members[members.sum(dim=1).argsort(stable=True)]


def solved(matrix: Tensor, sets: Tensor, right: Tensor) -> Tensor:
    """Solutions of a symmetric system within each set, zero outside it.

    Args:
        matrix: The system, ``[m, m]``.
        sets: Members of each set, ``[sets, m]``.
        right: Right-hand sides, ``[m, k]``.

    Returns:
        ``[sets, m, k]``; not finite, or not to be trusted, where the gradients of a set depend on each other.
    """
    inside = sets.unsqueeze(2) & sets.unsqueeze(1)
    identity = torch.eye(len(matrix), dtype=matrix.dtype)
    return solutions(
        torch.where(inside, matrix, identity), torch.where(sets.unsqueeze(2), right, right.new_zeros(()))
    )


def solutions(systems: Tensor, right: Tensor) -> Tensor:
    """Solutions of small systems ``[sets, n, n]`` for ``[sets, n, k]``; not finite where there are none."""
    # One by one: torch deals a batch out to its threads, whose waiting for each other, on a machine that is
    # busy, was measured at a hundred times what all of this takes.
    return torch.stack(
        [torch.linalg.solve_ex(system, side)[0] for system, side in zip(systems, right, strict=True)]
    )


def optimal(weights: Tensor, slopes: Tensor, sets: Tensor) -> tuple[Tensor, Tensor]:
    """The set whose solution satisfies the conditions best, for each of k problems.

    Compared are the slopes, not the objectives: the square of a short vector drowns in its own rounding.

    Args:
        weights: Of the tasks by set, ``[sets, m, k]``; negative or not finite: no solution.
        slopes: Of the objective in each weight, ``[sets, m, k]``; negative outside the set: not optimal.
        sets: Members of each set, ``[sets, m]``.

    Returns:
        Number of the set, and by how much it fails, 0 or below, ``[k]`` each. Of equals the smallest wins.
    """
    violations = torch.where(sets.unsqueeze(2), 0.0, slopes).amin(dim=1).clamp(max=0.0)
    possible = (weights.isfinite() & (weights >= 0)).all(dim=1) & violations.isfinite()
    violations = violations.masked_fill(~possible, -torch.inf)
    best = violations.argmax(dim=0)
    return best, violations.gather(0, best.unsqueeze(0)).squeeze(0)
