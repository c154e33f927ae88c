"""Sampler nsga2: an evolution of configurations that raises several objectives."""

from typing import Any

from optuna.samplers import NSGAIISampler

from ..draw import Request
from ..optuna_study import ask, experimental, representative


def draw(request: Request) -> dict[str, Any]:
    """A child of configurations that no other surpasses in every objective.

    Method: Deb et al. (2002), by Optuna. A generation is `startup` complete configurations, in order.
    """
    size = request.spec.startup
    with experimental():
        sampler = NSGAIISampler(seed=request.seed, population_size=size)
    seen = [one for one in representative(request.tried) if one.values is not None]
    key = NSGAIISampler._get_generation_key()
    return ask(request, sampler, seen, [{key: position // size} for position in range(len(seen))])
