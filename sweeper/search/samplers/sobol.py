"""Sampler qmc: a sequence that fills the space evenly."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats.qmc import Sobol

from ..draw import Request

BLOCK = 256
"""Points that are made at once: whoever looks for one that is allowed looks at many in a row."""


def draw(request: Request) -> dict[str, Any]:
    """The configuration's point of the sequence; where that is of no use, one of the following.

    Method: Sobol (1967) with Owen's scrambling, by scipy.
    """
    block, place = divmod(request.configuration + request.attempt, BLOCK)
    units = _points(len(request.space), request.spec.seed, block)[place]
    return {
        key: entry.at(float(unit)) for (key, entry), unit in zip(request.space.items(), units, strict=True)
    }


@lru_cache(maxsize=16)
def _points(dimensions: int, seed: int, block: int) -> NDArray[np.float64]:
    sequence = Sobol(dimensions, rng=seed)
    if block:  # Sobol.fast_forward(0) is an error
        sequence.fast_forward(block * BLOCK)
    points: NDArray[np.float64] = sequence.random(BLOCK)
    return points
