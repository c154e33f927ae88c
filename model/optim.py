"""The optimizer and the course of its learning rate."""

import math

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from .config import TrainConfig


def build_optimizer(model: nn.Module, config: TrainConfig) -> Optimizer:
    """The configured optimizer over all parameters; biases and normalisation weights are not decayed.

    AdamW decouples the weight decay (Loshchilov & Hutter 2019), Adam adds it to the gradient, SGD has
    momentum 0.9. Adam and AdamW correct the bias of their moments and run fused.

    Args:
        model: The network.
        config: Names the optimizer and its weight decay.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    match config.optimizer:
        case "adamw":
            return AdamW(groups, lr=config.learning_rate, fused=True)
        case "adam":
            return Adam(groups, lr=config.learning_rate, fused=True)
        case "sgd":
            return SGD(groups, lr=config.learning_rate, momentum=0.9)


def learning_rate(config: TrainConfig, step: int, total: int) -> float:
    """Learning rate of a step: a linear rise over the warm-up, then the schedule.

    Args:
        config: Peak rate, warm-up share and schedule.
        step: Number of the step, from 0.
        total: Steps of the whole trial.

    Returns:
        The rate; `linear` and `cosine` would reach 0 at step `total`.
    """
    rising = round(config.warmup * total)
    if step < rising:
        return config.learning_rate * (step + 1) / rising
    done = (step - rising) / max(1, total - rising)
    match config.schedule:
        case "constant":
            return config.learning_rate
        case "linear":
            return config.learning_rate * (1 - done)
        case "cosine":
            return config.learning_rate * (1 + math.cos(math.pi * done)) / 2
