"""Sampler cma-es: a normal distribution that moves to where the good configurations lie."""

from typing import Any

import numpy as np
from cmaes import CMA

from ...study.space import Choice, FloatRange, IntRange
from ..draw import Request
from ..priors import centre


def draw(request: Request) -> dict[str, Any]:
    """A draw from the normal distribution that CMA-ES has after the generations so far.

    Method: Hansen and Ostermeier (2001), by cmaes, on the unit cube with σ = 1/6 from the priors, where there
    are none from the middle. A generation is as many complete configurations as one needs, in order, wherever
    they were drawn.
    """
    entries = {key: entry for key, entry in request.space.items() if not isinstance(entry, Choice)}
    dimensions = len(entries)
    optimizer = CMA(
        mean=np.array([centre(entry) for entry in entries.values()]),
        sigma=1 / 6,
        bounds=np.tile([0.0, 1.0], (dimensions, 1)),
        n_max_resampling=10 * dimensions,
        seed=request.seed % 2**31,
    )
    points = [
        (np.array([_unit(entry, one.params[key]) for key, entry in entries.items()]), -one.values[0])
        for one in request.tried
        if one.values is not None and one.params.keys() >= entries.keys()
    ]
    size = optimizer.population_size
    for generation in range(len(points) // size):
        optimizer.tell(points[generation * size : (generation + 1) * size])
    units = dict(zip(entries, optimizer.ask(), strict=True))
    return {key: entry.at(float(units.get(key, 0.0))) for key, entry in request.space.items()}


def _unit(entry: FloatRange | IntRange, value: Any) -> float:
    return min(max(entry.unit(value), 0.0), 1.0)
