"""Finds values that are free and valid: what is not is drawn again, and at last the space is gone through."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

from ..study.cells import Cells
from .draw import Request, draw_blindly

DRAWS = 5
"""How often a sampler is asked for a configuration: one that learns may be of the same mind again."""

INVALID = 1000
"""Values that are not valid, one after another, with which a search ends."""

Params = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """What is looked for.

    Attributes:
        drawing: Draws a configuration as the sampler does.
        part: Values that are set already.
        free: Whether a cell of a finite space may be taken.
        valid: Whether values make a valid configuration.
        had: Whether values were had before, where their space has no end.
    """

    drawing: Callable[[Request], Params]
    part: Params
    free: Callable[[int], bool]
    valid: Callable[[Params], bool]
    had: Callable[[Params], bool] = lambda params: False


def find(request: Request, wish: Wish, cells: Cells | None) -> Params | None:
    """Values for the space: the first draw that is free and valid; equal arguments give equal values.

    Args:
        request: What the sampler is asked.
        wish: What they shall be like.
        cells: Those of the space, where it is finite.

    Returns:
        None if a finite space holds none, or `INVALID` in a row were not valid.
    """
    grid = request.spec.method.cells or not request.space
    most = 0 if grid else INVALID if cells is None else DRAWS
    # Points of a sequence that others have are passed over: what lies between them is not in a row.
    passing = len(request.tried) + INVALID if request.spec.method.sequence and cells is None else 0
    left = most
    for attempt in count():
        if not left:
            break
        left -= 1
        drawing = wish.drawing if attempt < DRAWS else draw_blindly
        params = request.applying(drawing(replace(request, attempt=attempt)) | wish.part)
        if not request.allows(params):
            continue
        if passing and wish.had(params):
            left, passing = most, passing - 1
            continue
        if (cells is None or wish.free(cells.index(params))) and wish.valid(params):
            return params
    return None if cells is None else walk(request, wish, cells)


def walk(request: Request, wish: Wish, cells: Cells) -> Params | None:
    """The first cell that is free and valid; None if there is none, or `INVALID` were not valid."""
    invalid = 0
    for cell in _order(request, wish.part, cells):
        if not wish.free(cell):
            continue
        params = cells.params(cell)
        if wish.valid(params):
            return params
        invalid += 1
        if invalid == INVALID:
            break
    return None


def _order(request: Request, part: Params, cells: Cells) -> Iterator[int]:
    """The cells that have the given values, each once.

    Those of a grid in order, others in even steps from a random one: a step that has no divisor in common
    with their number comes to each of them.
    """
    those = cells.having(part) if part else cells
    if those is None or not those.count:
        return
    start, step = 0, 1
    if not request.spec.method.cells:
        random = Random(request.seed)  # noqa: S311 - no secret
        start, step = random.randrange(those.count), random.randrange(those.count)
        while math.gcd(step, those.count) != 1:
            step = random.randrange(those.count)
    for position in range(those.count):
        place = (start + position * step) % those.count
        yield cells.index(those.params(place)) if part else place
