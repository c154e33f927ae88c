"""Where the time of a trial goes: the trainer's own loop, with a clock around each of its parts."""

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.optim import Optimizer

from model import checkpoint, trainer
from model.network.multitask import MultitaskEncoder
from model.optim import build_optimizer

PARTS = {
    "kept_corpus": "data",
    "MultitaskEncoder": "model load",
    "minibatch": "batches",
    "batch_loss": "forward",
    "contrastive_loss": "forward",
    "predictions": "evaluation",
    "scores": "evaluation",
    "leave_predictions": "checkpoint",
    "place_predictions": "checkpoint",
}
"""What the trainer calls, and the part of a trial that it belongs to."""


class Stopwatch:
    """Adds up seconds by part; of parts inside each other the inner one counts.

    Attributes:
        seconds: Seconds of each part so far.
    """

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inner: list[float] = []

    def timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with its time added to a part."""

        @functools.wraps(call, updated=())
        def clocked(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            began = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                seconds = time.perf_counter() - began
                self.seconds[part] += seconds - self._inner.pop()
                if self._inner:
                    self._inner[-1] += seconds

        return clocked

    @contextmanager
    def on_trainer(self) -> Iterator[None]:
        """Puts the clock around the parts of `model.trainer.train` for a while."""
        with ExitStack() as stack:
            for name, part in PARTS.items():
                self._wrap(stack, trainer, name, part)
            self._wrap(stack, MultitaskEncoder, "__call__", "forward")
            self._wrap(stack, torch.Tensor, "backward", "backward")
            self._wrap(stack, torch.nn.utils, "clip_grad_norm_", "clipping")
            self._wrap(stack, checkpoint, "save", "checkpoint")
            self._wrap(stack, checkpoint, "restore", "checkpoint")
            stack.enter_context(patch.object(trainer, "build_optimizer", self._clocked_optimizer))
            yield

    def _wrap(self, stack: ExitStack, owner: object, name: str, part: str) -> None:
        stack.enter_context(patch.object(owner, name, self.timed(part, getattr(owner, name))))

    def _clocked_optimizer(self, *args: Any) -> Optimizer:
        optimizer = build_optimizer(*args)
        for name in ("step", "zero_grad"):
            setattr(optimizer, name, self.timed("optimizer", getattr(optimizer, name)))
        return optimizer
