"""What a peer does where the trial computes in bf16."""

from contextlib import AbstractContextManager

import torch

from model.config import TrainConfig
from model.precision import computes_bf16


def in_bf16(config: TrainConfig, device: torch.device) -> bool:
    """Whether a trial computes in bf16 there."""
    return config.precision == "bf16" and computes_bf16(device)


def autocast(config: TrainConfig, device: torch.device) -> AbstractContextManager[None]:
    """In which a peer computes as the trial does."""
    return torch.autocast(device.type, torch.bfloat16, in_bf16(config, device))
