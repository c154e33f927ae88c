"""Sampler nsga2: an evolution of configurations that raises several objectives."""

from random import Random
from typing import Any

from optuna.samplers import NSGAIISampler

from ...study.space import Space
from ..draw import Request
from ..history import Tried
from ..optuna_study import ask, experimental, representative, whole


def draw(request: Request) -> dict[str, Any]:
    """A child of configurations that no other surpasses in every objective.

    Method: Deb et al. (2002), by Optuna. A generation is `startup` complete configurations, in order. What
    did not apply to a parent its children take at random from the whole range.
    """
    size = request.spec.startup
    with experimental():
        sampler = NSGAIISampler(seed=request.seed, population_size=size)
    seen = [one for one in representative(request.tried) if one.values is not None]
    key = NSGAIISampler._get_generation_key()

    def any_value(key: str, entry: Space, one: Tried) -> Any:
        drawn = Random(f"{request.spec.seed}/{key}/{sorted(one.params.items())}")  # noqa: S311 - no secret
        return entry.at(drawn.random())

    seen = whole(request, seen, any_value)
    return ask(request, sampler, seen, [{key: position // size} for position in range(len(seen))])
