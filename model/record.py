"""What happens in an epoch, added up step by step, and the metrics that it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import torch
from torch import Tensor

from .config import TrainConfig
from .data.minibatch import MiniBatch
from .result import RAW, Metric, Split


class EpochRecord:
    """Sums over one epoch, which a checkpoint in the midst of it keeps.

    Args:
        tasks: Names of the tasks.
        device: Where the losses lie; they are added up there, so that no step waits for a copy.

    Attributes:
        tokens: Real tokens of each task.
        padded_tokens: Tokens of each task with padding.
    """

    def __init__(self, tasks: Sequence[str], device: torch.device) -> None:
        self._tasks = tuple(tasks)
        self._device = device
        self.clear()

    def clear(self) -> None:
        """Begins an epoch."""
        tasks, device = self._tasks, self._device
        self.tokens = dict.fromkeys(tasks, 0)
        self.padded_tokens = dict.fromkeys(tasks, 0)
        self._losses = {name: torch.zeros((), device=device) for name in tasks}
        self._penalties = {name: torch.zeros((), device=device) for name in tasks}
        self._batches = dict.fromkeys(tasks, 0.0)
        self._smart_weights: dict[str, float] = {}
        self._loss_weights: dict[str, float] = {}
        self._raw: dict[str, float] = {}
        self._cosines = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
        self._conflicts = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
        self._steps = 0

    def state_dict(self) -> dict[str, Tensor]:
        """The sums so far."""
        names = self._tasks
        return {
            "tokens": torch.tensor([self.tokens[name] for name in names]),
            "padded_tokens": torch.tensor([self.padded_tokens[name] for name in names]),
            "losses": torch.stack([self._losses[name] for name in names]),
            "penalties": torch.stack([self._penalties[name] for name in names]),
            "batches": torch.tensor([self._batches[name] for name in names], dtype=torch.float64),
            "cosines": self._cosines.clone(),
            "conflicts": self._conflicts.clone(),
            "steps": torch.tensor(self._steps),
        }

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from a `state_dict` of the same tasks."""
        self.tokens = dict(zip(self._tasks, state["tokens"].tolist(), strict=True))
        self.padded_tokens = dict(zip(self._tasks, state["padded_tokens"].tolist(), strict=True))
        self._losses = dict(zip(self._tasks, state["losses"].to(self._device).unbind(), strict=True))
        self._penalties = dict(zip(self._tasks, state["penalties"].to(self._device).unbind(), strict=True))
        self._batches = dict(zip(self._tasks, state["batches"].tolist(), strict=True))
        self._cosines, self._conflicts = state["cosines"].clone(), state["conflicts"].clone()
        self._steps = int(state["steps"])

    def add(self, task: str, batch: MiniBatch, loss: Tensor, penalty: Tensor, share: float) -> None:
        """Adds one backward pass.

        Args:
            task: Name of the task.
            batch: What went through the network.
            loss: Mean loss of its rows.
            penalty: The regulariser: SMART's, R-Drop's or that of own code.
            share: Its share of the rows of the whole batch.
        """
        self.tokens[task] += batch.tokens
        self.padded_tokens[task] += batch.padded_tokens
        self._losses[task] += share * loss.detach()
        self._penalties[task] += share * penalty.detach()
        self._batches[task] += share

    def add_cosines(self, cosines: Tensor) -> None:
        """Adds the cosines between the tasks' gradients of one step, ``[tasks, tasks]``."""
        self._cosines += cosines
        self._conflicts += cosines < 0
        self._steps += 1

    def add_smart_weights(self, weights: Mapping[str, float]) -> None:
        """Notes the weight that SMART's regulariser has from now on, by task."""
        self._smart_weights = dict(weights)

    def add_loss_weights(self, weights: Mapping[str, float]) -> None:
        """Notes the learned weight of each task by now (`UncertaintyWeights.weights`)."""
        self._loss_weights = dict(weights)

    def add_raw_scores(self, dev: Mapping[str, float]) -> None:
        """Notes the dev scores of the network's own weights, where averaged ones count."""
        self._raw = dict(dev)

    def metrics(
        self,
        config: TrainConfig,
        dev: Mapping[str, float],
        train: Mapping[str, float],
        test: Mapping[str, float],
        objective: str = "overall",
    ) -> tuple[Metric, ...]:
        """All metrics of the epoch; what did not occur is left out.

        Args:
            config: The trained tasks, and the mean of them.
            dev: Dev score of each task.
            train: Score of each task on the training sample.
            test: Score of each task on its test rows; empty where they are not scored.
            objective: What that mean is called: ``overall``, or `TRAINED` where other tasks are declared.
        """
        seen = [name for name, batches in self._batches.items() if batches]
        metrics = [
            *_scores(config, objective, "dev", dev),
            *_scores(config, objective, "train", train),
            *(_scores(config, objective, "test", test) if test else []),
        ]
        if self._raw:
            own = _scores(config, objective, "dev", self._raw)
            metrics += [replace(metric, name=f"{RAW}{metric.name}") for metric in own]
        metrics += [Metric("train", n, "loss", float(self._losses[n]) / self._batches[n]) for n in seen]
        metrics += [Metric("train", n, "padding", self.padded_tokens[n] / self.tokens[n]) for n in seen]
        for (i, one), (j, other) in combinations(enumerate(self.tokens), 2):
            if self._steps:
                pair = f"{one}+{other}"
                metrics.append(Metric("train", pair, "cosine", float(self._cosines[i, j]) / self._steps))
                metrics.append(Metric("train", pair, "conflict", float(self._conflicts[i, j]) / self._steps))
        metrics += [
            Metric("train", name, "loss_weight", weight) for name, weight in self._loss_weights.items()
        ]
        for name, weight in self._smart_weights.items():
            metrics.append(Metric("train", name, "smart_weight", weight))
            if name in seen:
                penalty = float(self._penalties[name]) / self._batches[name]
                metrics.append(Metric("train", name, "smart_penalty", penalty))
        return tuple(metrics)


def _scores(config: TrainConfig, objective: str, split: Split, values: Mapping[str, float]) -> list[Metric]:
    named = [Metric(split, name, config.tasks[name].metric, value) for name, value in values.items()]
    mean = config.overall.score(config.tasks, values)
    return [*named, Metric(split, objective, objective, mean)]
