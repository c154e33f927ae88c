"""A table over two settings of the search space. Pure."""

import math
from collections.abc import Sequence
from typing import Any

from ...study.problem import FieldError, as_yaml
from ...study.space import Choice, Space
from ...study.spec import CROSS
from ...text import NONE, one_line, plural, score, setting
from ..configuration import Configuration, leaders_of
from ..document import Cell, Column, Table
from ..results import Results
from ..tracks import tracks_note
from .cells import numeric, remarks

BINS = 4
"""Parts of a range, equal on its own scale."""


def cross_table(key: str, results: Results) -> Table:
    """The best `overall` for each value of one setting with each of another, arm by arm.

    Args:
        key: ``<setting whose values are rows> x <setting whose values are columns>``; a range is cut into
            four parts.
        results: The study.
    """
    down, across = key.split(CROSS)
    rows_of, columns_of = _parts(results.space[down]), _parts(results.space[across])
    places = {
        one.numbers[0]: (_place(results.space[down], rows_of, one.params[down]),
                         _place(results.space[across], columns_of, one.params[across]))
        for one in results.configurations if down in one.params and across in one.params
    }  # fmt: skip
    rows = []
    for arm in results.arms:
        own = results.of_arm(arm)
        best = leaders_of(own)[:1]
        for place, label in enumerate(rows_of):
            parts = (
                [one for one in own if places.get(one.numbers[0]) == (place, at)]
                for at in range(len(columns_of))
            )
            cells = [_cell(part, best) for part in parts]
            rows.append((Cell(one_line(arm) if place == 0 else ""), Cell(label), *cells))
    columns = (Column("arm"), Column(one_line(down)), *numeric(*(f"{across} {one}" for one in columns_of)))
    note = (
        "Each cell is the best of its configurations with the most seeds, by the mean overall over seeds; in "
        "brackets stands how many there are, and its seeds where the best of the arm has more."
    )
    title = f"{one_line(down)} against {one_line(across)}"
    return Table(key, title, columns, tuple(rows), (note, *tracks_note(results), *remarks(results)))


def _cell(configurations: Sequence[Configuration], top: Sequence[Configuration]) -> Cell:
    if not configurations or not configurations[0].whole:
        return Cell(NONE)
    best, seeds = leaders_of(configurations)[0], len(top[0].numbers)
    fewer = len(best.numbers) < seeds
    known = f"; {len(best.numbers)} of {plural(seeds, 'seed')}" if fewer else ""
    return Cell(
        f"{score(best.mean)} ({len(configurations)}{known})",
        value=best.mean,
        bold=not fewer and score(best.mean) in [score(one.mean) for one in top],
        trials=best.numbers,
    )


def _parts(entry: Space) -> list[str]:
    """What the rows or columns of a setting are called."""
    size = entry.size
    if isinstance(entry, Choice) or (size is not None and size <= 2 * BINS):
        values = [entry.value(position) for position in range(size or 0)]
        short = [one_line(setting(value)) for value in values]
        # Values of which the first digits are the same, or 1 and '1', are written out.
        exact = (one_line(as_yaml(value)) for value in values)
        return [long if short.count(name) > 1 else name for name, long in zip(short, exact, strict=True)]
    edges = [setting(entry.at(place / BINS)) for place in range(BINS)]
    last = setting(entry.at(math.nextafter(1.0, 0.0)))
    return [f"{low} to {high}" for low, high in zip(edges, [*edges[1:], last], strict=True)]


def _place(entry: Space, parts: list[str], value: Any) -> int:
    """The part into which a value falls; -1 for one that the space no longer has."""
    if isinstance(entry, Choice) or len(parts) == entry.size:
        own: Any = entry  # whose `read` gives what its `position` takes
        try:
            return int(own.position(own.read(value)))
        except FieldError:
            return -1
    return min(int(entry.unit(value) * BINS), BINS - 1) if value is not None else -1
