"""Weights of the tasks' losses that are learned, from how uncertain each task is.

Source: Kendall, Gal & Cipolla 2018, Multi-Task Learning Using Uncertainty to Weigh Losses (CVPR 2018).
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..losses import LOSSES
from ..tasks import Task


class UncertaintyWeights(nn.Module):
    """A learned log variance s of each task; its loss L becomes exp(-s) · L + s / 2.

    Where L is a squared error it becomes exp(-s) · L / 2 + s / 2, the negative log likelihood of a normal
    distribution; for classes exp(-s) · L + s / 2 is the paper's approximation. All begin at s = 0 and learn
    at the rate of the heads, by about that rate a step under Adam. A penalty of SMART, R-Drop or own code is
    a part of L, and weighed as the rest is.

    Args:
        tasks: All tasks, by name.
    """

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        super().__init__()
        self._places = {
            name: (number, 0.5 if LOSSES[task.loss].squared else 1.0)
            for number, (name, task) in enumerate(tasks.items())
        }
        # One parameter a task: what belongs to one task is no matter of gradient surgery.
        self.log_variances = nn.ParameterList(torch.zeros(()) for _ in tasks)

    def forward(self, task: str, loss: Tensor) -> Tensor:
        """The weighted loss of a task.

        Args:
            task: Its name.
            loss: Mean loss of a batch, its penalty included.
        """
        number, factor = self._places[task]
        log_variance = self.log_variances[number]
        weighed: Tensor = factor * loss * (-log_variance).exp() + log_variance / 2
        return weighed

    def weights(self) -> dict[str, float]:
        """exp(-s) of each task; a squared error is multiplied by half of that."""
        return {name: float((-self.log_variances[n]).exp().detach()) for name, (n, _) in self._places.items()}
