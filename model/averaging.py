"""Weights averaged over the steps of training, which are scored in the place of the network's own.

Sources: for the moving average TensorFlow's `tf.train.ExponentialMovingAverage` with `num_updates`; for the
mean Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization (arXiv
1803.05407), who average under a constant or a cyclical learning rate: here that takes ``schedule: constant``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import Parameter

from .config.average import AverageConfig


class AveragedWeights:
    """The average of the weights that learn; it takes the memory of one copy of them.

    Args:
        parameters: The weights that learn, where they will train.
        config: How they are averaged; not by none.
        total_steps: Optimizer steps of the trial.

    Attributes:
        begun: Whether there is an average yet.
    """

    def __init__(self, parameters: Sequence[Parameter], config: AverageConfig, total_steps: int) -> None:
        self._parameters = list(parameters)
        self._averages = [parameter.detach().clone() for parameter in parameters]
        self._config = config
        self._start = config.start * total_steps if config.name == "swa" else 0
        self._taken = 0

    @property
    def begun(self) -> bool:
        """Whether it is of any step yet."""
        return self._taken > 0

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        """Takes in the weights after a step: θ̄ ← θ̄ + w (θ - θ̄).

        At the n-th step that counts w is 1 / n for a mean, 1 - min(decay, n / (9 + n)) for a moving average.

        Args:
            step: Its number, from 0.
        """
        if step < self._start or not self._parameters:  # a cosine of frozen embeddings has none that learn
            return
        self._taken += 1
        share = 1 / self._taken
        if self._config.name == "ema":
            share = 1 - min(self._config.decay, self._taken / (9 + self._taken))
        torch._foreach_lerp_(self._averages, [one.detach() for one in self._parameters], share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """A context in which the network has the averages as its weights; its own, while there are none."""
        if not self.begun:
            yield
            return
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        # Nothing is copied: the two change places.
        for number, parameter in enumerate(self._parameters):
            parameter.data, self._averages[number] = self._averages[number], parameter.data

    def state_dict(self) -> dict[str, Tensor]:
        """The averages, and of how many steps they are."""
        averages = {str(number): average for number, average in enumerate(self._averages)}
        return averages | {"taken": torch.tensor(self._taken)}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from a `state_dict` of the same weights."""
        self._taken = int(state["taken"])
        for number, average in enumerate(self._averages):
            average.copy_(state[str(number)])
