"""Sampler gp: Bayesian optimisation with a Gaussian process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna
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

    threads, verbosity = torch.get_num_threads(), optuna.logging.get_verbosity()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it warns that greenlet would make it faster
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        optuna.logging.set_verbosity(verbosity)
