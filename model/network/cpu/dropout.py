"""Dropout that is cheaper on a CPU than torch's own, which draws a random number for every value."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...config.encoder import DROPOUT_BELOW, DROPOUT_LEVELS
from ...errors import EncoderError

_REMEMBERED: ContextVar[dict[tuple[int, int, int], Tensor] | None] = ContextVar("_REMEMBERED", default=None)


class Dropout(nn.Dropout):
    """`torch.nn.Dropout` by `dropout`."""

    def forward(self, values: Tensor) -> Tensor:
        """Drops values in training."""
        return dropout(values, self.p) if self.training and self.p else values


def replace_dropout(network: nn.Module) -> None:
    """Puts `Dropout` in the place of torch's in every layer of a network."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, Dropout(child.p))


def dropout(values: Tensor, p: float) -> Tensor:
    """Sets each value to 0 with probability `p` and scales the others so that the mean stays.

    On a CPU sixteen random bits decide on a value, from a generator that torch's own seeds: what sets torch's
    generator back repeats the choice. `p` is rounded to a multiple of 1 / `DROPOUT_LEVELS`, and so is the
    scale.

    Args:
        values: Any shape.
        p: Probability of 0, below 1; on a CPU below `DROPOUT_BELOW`.

    Raises:
        EncoderError: If `p` is rounded to 1.
    """
    if values.device.type != "cpu":
        return functional.dropout(values, p)
    level = round(p * DROPOUT_LEVELS)
    if level == DROPOUT_LEVELS:
        raise EncoderError(
            f"dropout {p} is not below {DROPOUT_BELOW}, and nothing would be left: lower encoder.dropout, or "
            "encoder.lora.dropout where it is that"
        )
    dropped: Tensor = _Dropout.apply(values, level)  # type: ignore[no-untyped-call]
    return dropped


@contextmanager
def remembered() -> Iterator[None]:
    """Inside, a choice that is repeated is not drawn again: passes with the same dropout share its masks."""
    token = _REMEMBERED.set({})
    try:
        yield
    finally:
        _REMEMBERED.reset(token)


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, level: int) -> Tensor:
        kept = _kept(values.numel(), level).view(values.shape)
        ctx.save_for_backward(kept)
        ctx.scale = DROPOUT_LEVELS / (DROPOUT_LEVELS - level)
        return _scaled(values, kept, ctx.scale)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        return _scaled(gradient, kept, ctx.scale), None


def _kept(count: int, level: int) -> Tensor:
    """1 for each value that stays, ``[count]``; drawn anew, or as it was drawn from the same random state."""
    seed = int(torch.randint(2**63 - 1, ()))
    known = _REMEMBERED.get()
    kept = None if known is None else known.get((seed, count, level))
    if kept is None:
        bits = np.random.SFC64(seed).random_raw(-(-count // 4)).view(np.uint16)[:count]
        # A byte a value is kept for the backward pass; torch converts int8 faster than bool.
        kept = torch.from_numpy((bits >= level).view(np.int8))
    if known is not None:
        known[seed, count, level] = kept
    return kept


def _scaled(values: Tensor, kept: Tensor, scale: float) -> Tensor:
    # Made like the values: they may be gradients in a batch (vmap), which nothing made like the mask holds.
    return torch.empty_like(values).copy_(kept).mul_(values).mul_(scale)
