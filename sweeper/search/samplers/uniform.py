"""Sampler random."""

from typing import Any

from optuna.samplers import RandomSampler

from ..draw import Request
from ..optuna_study import ask


def draw(request: Request) -> dict[str, Any]:
    """Independent uniform draws, by Optuna."""
    return ask(request, RandomSampler(seed=request.seed))
