"""Which tasks take part in each step, and with which of their batches."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

Sampling = Literal["joint", "round_robin", "proportional", "square_root", "annealed"]

Turn = tuple[str, int]
"""A task and the number of its batch (see `BatchStream.batch`)."""


class TaskSampler:
    """Plans the steps of a trial from the arguments alone, so that a trial resumes anywhere.

    ``joint`` takes one batch of every task in every step. The others take one batch of one task:
    ``round_robin`` in turn, ``proportional`` and ``square_root`` at random in proportion to N and √N, N being
    the batches of the task, and ``annealed`` to N^a with a falling from 1 to 0.2 over the epochs
    (Stickland & Murray 2019, BERT and PALs).

    Args:
        method: How tasks are chosen.
        batches: Batches of one pass over each task.
        epochs: Epochs of the trial.
        steps_per_epoch: Steps of an epoch. None: one pass over the largest task (``joint``), or as many steps
            as all tasks have batches.
        seed: Seed of the random methods.
    """

    def __init__(
        self,
        method: Sampling,
        batches: Mapping[str, int],
        *,
        epochs: int,
        steps_per_epoch: int | None,
        seed: int,
    ) -> None:
        self._method = method
        self._batches = dict(batches)
        self._epochs = epochs
        self._seed = seed
        whole = max(batches.values()) if method == "joint" else sum(batches.values())
        self.steps_per_epoch = steps_per_epoch or whole

    def shares(self, epoch: int) -> dict[str, float]:
        """Probability of each task in an epoch, from 1; for the random methods."""
        exponent = {"proportional": 1.0, "square_root": 0.5}.get(
            self._method, 1 - 0.8 * (epoch - 1) / max(1, self._epochs - 1)
        )
        raw = {name: number**exponent for name, number in self._batches.items()}
        return {name: share / sum(raw.values()) for name, share in raw.items()}

    def epoch(self, epoch: int) -> list[tuple[Turn, ...]]:
        """The turns of every step of an epoch, from 1."""
        if self._method == "joint":
            first = (epoch - 1) * self.steps_per_epoch
            return [
                tuple((name, step) for name in self._batches)
                for step in range(first, first + self.steps_per_epoch)
            ]
        used = dict.fromkeys(self._batches, 0)
        for earlier in range(1, epoch):
            for name in self._drawn(earlier):
                used[name] += 1
        steps: list[tuple[Turn, ...]] = []
        for name in self._drawn(epoch):
            steps.append(((name, used[name]),))
            used[name] += 1
        return steps

    def _drawn(self, epoch: int) -> list[str]:
        names = list(self._batches)
        if self._method == "round_robin":
            first = (epoch - 1) * self.steps_per_epoch
            return [names[step % len(names)] for step in range(first, first + self.steps_per_epoch)]
        shares = self.shares(epoch)
        generator = np.random.default_rng((self._seed, epoch))
        drawn = generator.choice(len(names), size=self.steps_per_epoch, p=[shares[name] for name in names])
        return [names[index] for index in drawn]
