"""Sampler gp: Bayesian optimisation with a Gaussian process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from optuna.samplers import GPSampler

from ...study.space import Choice, Space
from ..draw import Request
from ..history import Tried
from ..optuna_study import ask, experimental, representative, whole


def draw(request: Request) -> dict[str, Any]:
    """Values of which a Gaussian process expects the largest improvement, by Optuna.

    What did not apply to a configuration stands in the middle of its range there, or at its first choice, as
    in SMAC (Hutter et al., 2011): in a constant place it says nothing of the score.
    """
    with experimental():
        sampler = GPSampler(seed=request.seed, n_startup_trials=request.spec.startup)
    with _one_thread():
        return ask(request, sampler, whole(request, representative(request.tried), _constant))


def _constant(key: str, entry: Space, one: Tried) -> Any:
    return entry.values[0] if isinstance(entry, Choice) else entry.at(0.5)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Gives torch one thread to fit a Gaussian process, as more would add up in another order."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
