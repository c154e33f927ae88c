"""Where a trial computes, and how much memory it took."""

import os
import resource
import sys

import torch

from .config import TrainConfig


def pick_device(config: TrainConfig) -> torch.device:
    """The configured device; ``auto`` takes CUDA before MPS before the CPU."""
    if config.device != "auto":
        return torch.device(config.device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """Name of a device on this machine: ``cuda:1`` also where a process sees it alone, as its first."""
    if device.type != "cuda":
        return str(device)
    place, visible = device.index or 0, os.environ.get("CUDA_VISIBLE_DEVICES")
    return f"cuda:{visible.split(',')[place].strip() if visible else place}"


def peak_memory_mb(device: torch.device) -> float:
    """Highest allocated (CUDA) or resident (elsewhere) memory of this process so far, in MiB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
