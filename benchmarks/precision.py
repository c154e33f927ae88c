"""The one place that says how a benchmark asks for bf16, and what a peer does where the trial has it."""

from contextlib import AbstractContextManager
from typing import Any

import torch

from model.config import TrainConfig
from model.precision import computes_bf16

BF16: dict[str, Any] = {"precision": "bf16"}
"""The setting of a trial in bf16."""


def in_bf16(config: TrainConfig, device: torch.device) -> bool:
    """Whether a trial computes in bf16 there."""
    return config.precision == "bf16" and computes_bf16(device)


def autocast(config: TrainConfig, device: torch.device) -> AbstractContextManager[None]:
    """In which a peer computes as the trial does."""
    return torch.autocast(device.type, torch.bfloat16, in_bf16(config, device))
