"""UPGrad's quadratic program, solved exactly in torch; TorchJD's own solver is an extra under the GPL."""

import itertools

import torch
from torch import Tensor
from torchjd.aggregation import UPGradWeighting
from torchjd.linalg import DualConeProjector, PSDMatrix


class ExactProjector(DualConeProjector):
    """min vᵀGv with v ≥ u, by the KKT conditions of every set of tight constraints.

    There are 2ᵐ such sets for m tasks, and they are solved in one batch: exact, and fast for m ≤ 10. As in
    TorchJD's ``QuadprogProjector``, G is divided by its trace and 1e-4 is added to its diagonal, which makes
    the solution unique; unlike there, so is a G with a trace below 1e-4, since gradients may be small.

    Source: Quinton & Rey 2024, Jacobian Descent for Multi-Objective Optimization, Proposition 1.
    """

    def __call__(self, U: Tensor, G: PSDMatrix) -> Tensor:  # noqa: N803 - the names of the base class
        """Solutions v of each row u of `U`.

        Args:
            U: Lower bounds, ``[..., m]``.
            G: Gram matrix, ``[m, m]``.

        Returns:
            Same shape as `U`.
        """
        size = len(G)
        identity = torch.eye(size, dtype=G.dtype, device=G.device)
        trace = G.diagonal().sum()
        regular = 1e-4 * identity + (G / trace if trace > 0 else 0)
        bounds = U.reshape(-1, size).T
        sets = torch.tensor(list(itertools.product((False, True), repeat=size)), device=G.device)
        free = sets.unsqueeze(-1)
        # v = u + z: (Gv)_i = 0 where z_i is free, z_i = 0 elsewhere.
        excess = torch.linalg.solve(
            torch.where(free, regular, identity), torch.where(free, -regular @ bounds, 0.0)
        )
        solutions = bounds + excess
        values = (solutions * (regular @ solutions)).sum(dim=1)
        # The optimum is one of the feasible candidates, and no feasible one is below it.
        best = values.masked_fill((excess < 0).any(dim=1), torch.inf).argmin(dim=0)
        chosen: Tensor = solutions[best, :, torch.arange(bounds.shape[1], device=G.device)]
        return chosen.reshape(U.shape)


def upgrad() -> UPGradWeighting:
    """UPGrad with this projector."""
    return UPGradWeighting(projector=ExactProjector())
