"""Sampler qmc: a sequence that fills the space evenly."""

from typing import Any

from scipy.stats.qmc import Sobol

from ..draw import Request


def draw(request: Request) -> dict[str, Any]:
    """The configuration's point of the sequence; where that is of no use, one of the following.

    Method: Sobol (1967) with Owen's scrambling, by scipy.
    """
    sequence = Sobol(len(request.space), rng=request.spec.seed)
    if point := request.configuration + request.attempt:  # Sobol.fast_forward(0) is an error
        sequence.fast_forward(point)
    units = sequence.random(1)[0]
    return {
        key: entry.at(float(unit)) for (key, entry), unit in zip(request.space.items(), units, strict=True)
    }
