"""Joint steps of a trial with another way to its gradient: same network, batches, clipping and optimizer."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.paired import Stretch
from model.config import TrainConfig
from model.data.augmentation import Augmentation
from model.data.batches import BatchStream
from model.data.corpus import load_corpus
from model.data.minibatch import MiniBatch, minibatch
from model.network.multitask import MultitaskEncoder
from model.optim import build_optimizer, learning_rate, set_learning_rate
from model.outputs import task_loss
from sweeper.paths import data_folder


@dataclass(frozen=True)
class Joint:
    """What a peer has to make gradients from.

    Attributes:
        config: The trial.
        model: The network.
    """

    config: TrainConfig
    model: MultitaskEncoder

    def outputs(self, name: str, batch: MiniBatch, noise: Tensor | None = None) -> Tensor:
        """Outputs of a task's head for a batch, with noise on the word embeddings if there is any."""
        columns = len(self.config.tasks[name].text)
        outputs: Tensor = self.model(name, columns, batch.input_ids, batch.attention_mask, noise)
        return outputs

    def loss(self, name: str, outputs: Tensor, batch: MiniBatch) -> Tensor:
        """Loss of a task."""
        return task_loss(self.config.tasks[name], outputs, batch.targets)


Gradients = Callable[[Joint, dict[str, MiniBatch]], dict[str, float]]
"""Leaves the gradient of a joint step in ``.grad``; returns the loss of each task."""


def stretches(config: TrainConfig, cache: Path, gradients: Gradients) -> Iterator[Stretch]:
    """The steps of a trial, stretch by stretch, without evaluations.

    Args:
        config: The trial; its sampling is joint, and `steps_per_epoch` is set.
        cache: Folder of the tokenised data.
        gradients: The peer.
    """
    device = torch.device("cpu")
    corpus = load_corpus(config, data_folder(), cache)
    torch.manual_seed(config.seed)
    model = MultitaskEncoder(config, corpus.tokenizer.vocabulary_size, corpus.tokenizer.pad_id).train()
    optimizer = build_optimizer(model.encoder, model.heads, config)
    streams = {
        name: BatchStream(split.row_lengths, config.batch_size, (config.seed, number))
        for number, (name, split) in enumerate(corpus.train.items())
    }
    steps = config.steps_per_epoch or 1
    unchanged = Augmentation()
    joint = Joint(config, model)
    for epoch in range(config.epochs):
        losses = dict.fromkeys(streams, 0.0)
        began = time.perf_counter()
        for step in range(epoch * steps, (epoch + 1) * steps):
            set_learning_rate(optimizer, learning_rate(config, step, config.epochs * steps))
            batches = {
                name: minibatch(corpus.train[name], stream.batch(step), corpus.tokenizer, device, unchanged)
                for name, stream in streams.items()
            }
            for name, loss in gradients(joint, batches).items():
                losses[name] += loss / steps
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm or float("inf"))
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        yield Stretch(time.perf_counter() - began, 0.0, losses, {})
