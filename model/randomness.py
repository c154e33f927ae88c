"""The states of torch's global random generators, and a pass that draws the same numbers again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor


def random_states(device: torch.device) -> dict[str, Tensor]:
    """State of the generator of the CPU and of that of the device, by name."""
    states = {"random.cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["random.cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["random.mps"] = torch.mps.get_rng_state()
    return states


def kind_of_device(states: Mapping[str, Tensor]) -> str:
    """The kind of the device for which `random_states` gave states: ``cpu``, ``cuda`` or ``mps``."""
    return next((kind for kind in ("cuda", "mps") if f"random.{kind}" in states), "cpu")


def restore_random_states(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Puts the generators back to what `random_states` gave for the same device."""
    torch.set_rng_state(states["random.cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["random.cuda"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(states["random.mps"])


@contextmanager
def replayed(states: Mapping[str, Tensor], device: torch.device) -> Iterator[None]:
    """Draws inside from given states, and outside goes on as if nothing had been drawn.

    Args:
        states: What `random_states` gave.
        device: Where the network lies.
    """
    after = random_states(device)
    restore_random_states(states, device)
    try:
        yield
    finally:
        restore_random_states(after, device)
