"""The optimizers, and the courses of their learning rate. Imports no torch."""

import math
from collections.abc import Callable

from ..registry import Deferred, Registry

OPTIMIZERS = Registry(
    "optimizer",
    {
        "adamw": Deferred("torch.optim:AdamW", {"fused": True}),
        "adam": Deferred("torch.optim:Adam", {"fused": True}),
        "sgd": Deferred("torch.optim:SGD", {"momentum": 0.9}),
    },
)
"""Each is made of the groups of parameters and a learning rate."""

SCHEDULES = Registry[Callable[[float], float]](
    "schedule",
    {
        "constant": lambda done: 1.0,
        "linear": lambda done: 1 - done,
        "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    },
)
"""Each gives the share of the peak rate from the share of the steps after the warm-up that are done."""
