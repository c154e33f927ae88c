"""Sampler gp: Bayesian optimisation with a Gaussian process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from optuna.samplers import GPSampler

from ..draw import Request
from ..optuna_study import ask, experimental, representative


def draw(request: Request) -> dict[str, Any]:
    """Values of which a Gaussian process expects the largest improvement, by Optuna."""
    with experimental():
        sampler = GPSampler(seed=request.seed, n_startup_trials=request.spec.startup)
    with _one_thread():
        return ask(request, sampler, representative(request.tried))


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
