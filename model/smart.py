"""SMART: outputs that change little under noise on the words, and from step to step.

Source: Jiang et al. 2020, SMART: Robust and Efficient Fine-Tuning for Pre-trained Natural Language Models
through Principled Regularized Optimization, Algorithm 1 (arXiv 1911.03437).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .config.smart import SmartConfig, task_weight
from .network.cpu.dropout import remembered
from .network.multitask import MultitaskEncoder
from .outputs import divergence, fine
from .randomness import random_states, replayed
from .tasks import Task

Perturbed = Callable[[Tensor], Tensor]
"""Noise on the word embeddings ``[sentences, length, size]`` in, outputs ``[rows, outputs]`` out."""

RELEASED_SUMMAND = 1e-6
"""What the released code adds to a norm before it divides by it."""


class Smart:
    """The regulariser of a trial.

    Args:
        model: The network, where it will train.
        config: Its settings.
        tasks: All tasks, by name.
        total_steps: Optimizer steps of the trial.
        seed: Seed of the noise, whose generator is its own: the trial's dropout masks do not depend on it.
    """

    def __init__(
        self,
        model: MultitaskEncoder,
        config: SmartConfig,
        tasks: Mapping[str, Task],
        total_steps: int,
        seed: int,
    ) -> None:
        self._model = model
        self._config = config
        self._total_steps = total_steps
        self._tasks = {name: task for name, task in tasks.items() if name in (config.tasks or tasks)}
        # Before training there is no gap between train and dev.
        self._weights = dict.fromkeys(self._tasks, task_weight(config, 0.0, 0.0))
        self._generator = torch.Generator(next(model.parameters()).device)
        self._generator.manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
        # Of what does not learn the average is what it is.
        self._average = {
            name: parameter.detach().clone()
            for name, parameter in model.named_parameters()
            if config.bregman_weight and parameter.requires_grad
        }

    def loss(
        self,
        name: str,
        columns: int,
        input_ids: Tensor,
        attention_mask: Tensor,
        *,
        token_types: Tensor | None = None,
        seen: Callable[[Tensor], object] = lambda embeddings: None,
    ) -> tuple[Tensor, Tensor]:
        """Takes a batch through the network, and measures how its outputs change.

        Afterwards torch's global generators stand where the network's own pass left them (mode paper).

        Args:
            name: Name of the task.
            columns: Sequences of a row.
            input_ids: Token ids ``[columns · rows, length]``.
            attention_mask: 1 for tokens and 0 for padding, same shape.
            token_types: Of pairs in one sequence, same shape.
            seen: Hears the embeddings of the network's own pass, without noise.

        Returns:
            The outputs ``[rows, outputs]``, and the regulariser: the adversarial divergence and the Bregman
            term, each times its factor. It is 0 for tasks that are not regularised.
        """
        if name not in self._tasks:
            outputs: Tensor = self._model(
                name, columns, input_ids, attention_mask, token_types=token_types, seen=seen
            )
            return outputs, torch.zeros((), device=input_ids.device)
        with remembered():
            return self._regularised(
                name, columns, input_ids, attention_mask, token_types=token_types, seen=seen
            )

    def _regularised(
        self,
        name: str,
        columns: int,
        input_ids: Tensor,
        attention_mask: Tensor,
        *,
        token_types: Tensor | None,
        seen: Callable[[Tensor], object],
    ) -> tuple[Tensor, Tensor]:
        device = input_ids.device
        before = random_states(device)
        outputs: Tensor = self._model(
            name, columns, input_ids, attention_mask, token_types=token_types, seen=seen
        )
        penalty = torch.zeros((), device=device)
        task, config = self._tasks[name], self._config

        def fresh(noise: Tensor) -> Tensor:
            result: Tensor = self._model(
                name, columns, input_ids, attention_mask, noise, token_types=token_types
            )
            return result

        def same_dropout(noise: Tensor) -> Tensor:
            with replayed(before, device):
                return fresh(noise)

        if self._weights[name]:
            size = (*input_ids.shape, self._model.encoder.word_embedding_size)
            dtype = next(self._model.parameters()).dtype
            noise = torch.randn(size, generator=self._generator, device=device, dtype=dtype)
            noise *= config.initial_sigma
            if config.mode == "paper":
                with _frozen(self._model):
                    noise = adversarial_noise(
                        task, outputs, same_dropout, noise, attention_mask, config=config
                    )
                change = divergence(task, same_dropout(noise), outputs)
            else:
                with _frozen(self._model):
                    noise = released_noise(task, outputs, fresh, noise, config=config)
                change = released_divergence(task, fresh(noise), outputs)
            penalty = penalty + self._weights[name] * change
        if config.bregman_weight:
            with torch.no_grad(), replayed(before, device), self._model.holding(self._average):
                averaged = self._model(name, columns, input_ids, attention_mask, token_types=token_types)
            penalty = penalty + config.bregman_weight * divergence(task, outputs, averaged)
        return outputs, penalty

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        """Moves the averaged weights towards the network's: θ̃ ← β θ̃ + (1 - β) θ.

        Args:
            step: Number of the optimizer step just done, from 0.
        """
        if not self._average:
            return
        early, late = self._config.bregman_decays
        decay = early if step < self._total_steps / 10 else late
        learned = dict(self._model.named_parameters())
        torch._foreach_lerp_([*self._average.values()], [learned[name] for name in self._average], 1 - decay)

    def after_epoch(
        self, train_scores: Mapping[str, float], dev_scores: Mapping[str, float]
    ) -> dict[str, float]:
        """Sets the factor of each regularised task's adversarial divergence for the next epoch.

        Args:
            train_scores: Each task's score on the sample of training rows.
            dev_scores: Each task's dev score.

        Returns:
            The factors, by task.
        """
        for name in self._weights:
            self._weights[name] = task_weight(
                self._config, *self._tasks[name].scorer.rising(train_scores[name], dev_scores[name])
            )
        return dict(self._weights)

    def state_dict(self) -> dict[str, Tensor]:
        """The averaged weights, the tasks' factors, and where the noise's generator stands."""
        weights = torch.tensor(list(self._weights.values()), dtype=torch.float64)
        averages = {f"average.{name}": tensor for name, tensor in self._average.items()}
        return {"weights": weights, "generator": self._generator.get_state(), **averages}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from what `state_dict` gave."""
        self._weights = dict(zip(self._weights, state["weights"].tolist(), strict=True))
        self._generator.set_state(state["generator"])
        for name, tensor in self._average.items():
            tensor.copy_(state[f"average.{name}"])


@contextmanager
def _frozen(model: nn.Module) -> Iterator[None]:
    """For a while only the noise gets a gradient: those of the weights would cost as much again."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


def adversarial_noise(
    task: Task,
    outputs: Tensor,
    perturbed: Perturbed,
    noise: Tensor,
    attention_mask: Tensor,
    *,
    config: SmartConfig,
) -> Tensor:
    """Noise within ±ε that moves the outputs far, by ascent on their divergence (mode paper).

    A step adds η · g / rms(g), where g is the gradient with respect to the noise and rms its root mean square
    over the real tokens' coordinates of a sentence, and projects onto the ball of radius ε. Algorithm 1 adds
    η · g, which at its η and ε is far smaller than the noise that it begins from. Parameters receive no
    gradient.

    Args:
        task: The task.
        outputs: Outputs without noise, ``[rows, outputs]``.
        perturbed: The network.
        noise: What the ascent begins from, ``[sentences, length, size]``.
        attention_mask: 1 for tokens and 0 for padding, ``[sentences, length]``; padding gets no noise.
        config: Gives ε, η and the number of steps.
    """
    mask = attention_mask.unsqueeze(-1)
    noise = (noise * mask).clamp(-config.epsilon, config.epsilon)
    for _ in range(config.steps):
        noise.requires_grad_()
        change = divergence(task, perturbed(noise), outputs.detach())
        (gradient,) = torch.autograd.grad(change, noise)
        step = config.ascent_step * _normalised(gradient * mask, mask)
        noise = (noise.detach() + step).clamp(-config.epsilon, config.epsilon)
    return noise


def released_noise(
    task: Task, outputs: Tensor, perturbed: Perturbed, noise: Tensor, *, config: SmartConfig
) -> Tensor:
    """The noise of the released code: noise + η · gradient, divided by its largest coordinate in each token.

    Sources: ``SmartPerturbation`` of namisan/mt-dnn and ``SMARTLoss`` of smart-pytorch, which agree on this.
    The result is of size 1, far beyond the word embeddings, and its direction hardly differs from where it
    began.

    Args:
        task: The task.
        outputs: Outputs without noise, ``[rows, outputs]``.
        perturbed: The network.
        noise: What the ascent begins from, ``[sentences, length, size]``.
        config: Gives η and the number of steps.
    """
    for _ in range(config.steps):
        noise.requires_grad_()
        change = _released_change(task, perturbed(noise), outputs.detach())
        (gradient,) = torch.autograd.grad(change, noise)
        noise = noise.detach() + config.ascent_step * gradient
        noise = noise / (noise.abs().amax(dim=-1, keepdim=True) + RELEASED_SUMMAND)
    return noise


def released_divergence(task: Task, perturbed: Tensor, outputs: Tensor) -> Tensor:
    """The divergence of the released code.

    Its value for classes is that of `divergence`, but either distribution is a constant where it is the
    target. For a similarity it compares raw outputs. mt-dnn takes the mean over rows, as here, smart-pytorch
    the sum.

    Args:
        task: The task.
        perturbed: Outputs under noise, ``[rows, outputs]``.
        outputs: Outputs without noise.
    """
    change = _released_change(task, perturbed, outputs.detach() if task.range is None else outputs)
    return change if task.range else change + _released_change(task, outputs, perturbed.detach())


def _released_change(task: Task, outputs: Tensor, target: Tensor) -> Tensor:
    outputs, target = fine(outputs), fine(target)
    if task.range:
        return functional.mse_loss(outputs, target)
    return functional.kl_div(outputs.log_softmax(dim=-1), target.softmax(dim=-1), reduction="batchmean")


def _normalised(gradient: Tensor, mask: Tensor) -> Tensor:
    tiny = torch.finfo(gradient.dtype).tiny
    # By the largest first: squares of gradients near 1e-20 would vanish.
    gradient = gradient / gradient.abs().amax(dim=(1, 2), keepdim=True).clamp_min(tiny)
    coordinates = mask.sum(dim=(1, 2), keepdim=True) * gradient.shape[-1]
    square = gradient.square().sum(dim=(1, 2), keepdim=True) / coordinates
    return gradient / square.sqrt().clamp_min(tiny)
