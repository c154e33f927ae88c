"""GradVac's moving averages, kept for all tasks and through checkpoints."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torchjd.aggregation import GradVacWeighting


class GradVac:
    """TorchJD's weighting, whose averages are kept here and lent to it.

    It forgets them when the number of tasks changes, and has no way to load them. A step counts in them for
    β = 0.5, TorchJD's default; Wang et al. 2021 (arXiv 2010.05874) have 0.01, averages over far more steps.

    Args:
        tasks: Number of all tasks.
    """

    def __init__(self, tasks: int) -> None:
        self._weighting = GradVacWeighting()
        self._targets = torch.zeros(tasks, tasks, dtype=torch.float64)

    def __call__(self, gram: Tensor, present: list[int]) -> Tensor:
        """Coefficients of the tasks that take part, ``[m]``.

        Args:
            gram: Gram matrix of their gradients, ``[m, m]``.
            present: Their numbers.
        """
        rows = torch.tensor(present)
        square = rows.unsqueeze(1), rows
        self._weighting.register_buffer("_phi_t", self._targets[square])
        self._weighting._state_key = (len(present), gram.dtype)
        coefficients: Tensor = self._weighting(gram)
        self._targets[square] = self._weighting.get_buffer("_phi_t")
        return coefficients

    def state_dict(self) -> dict[str, Tensor]:
        """The moving average of the cosine of each pair of tasks."""
        return {"targets": self._targets.clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from what `state_dict` gave."""
        self._targets = state["targets"].to(self._targets, copy=True)
