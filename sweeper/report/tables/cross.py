"""A table over two settings of the search space. Pure."""

import math
from typing import Any

import pandas as pd

from ...study.space import Choice, Space
from ...study.spec import CROSS
from ...text import NONE, one_line, score, setting
from ..document import Cell, Column, Table
from ..results import PARAM, Results, best_trial
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
    complete = results.complete.assign(
        down=_places(results, down, rows_of), across=_places(results, across, columns_of)
    )
    rows = []
    for arm in results.arms:
        own = complete[complete["arm"] == arm]
        best = best_trial(own)
        for place, label in enumerate(rows_of):
            line = own[own["down"] == place]
            cells = [_cell(line[line["across"] == at], best) for at in range(len(columns_of))]
            rows.append((Cell(one_line(arm) if place == 0 else ""), Cell(label), *cells))
    columns = (Column("arm"), Column(one_line(down)), *numeric(*(f"{across} {one}" for one in columns_of)))
    note = "Each cell is the best overall of its trials, whose number stands in brackets."
    title = f"{one_line(down)} against {one_line(across)}"
    return Table(key, title, columns, tuple(rows), (note, *remarks(results)))


def _cell(trials: pd.DataFrame, top: dict[str, Any] | None) -> Cell:
    best = best_trial(trials)
    if best is None:
        return Cell(NONE)
    return Cell(
        f"{score(best['overall'])} ({len(trials)})",
        value=float(best["overall"]),
        bold=top is not None and score(best["overall"]) == score(top["overall"]),
        trials=(int(best["number"]),),
    )


def _parts(entry: Space) -> list[str]:
    """What the rows or columns of a setting are called."""
    values = entry.cells()
    if values is not None and len(values) <= 2 * BINS:
        return [one_line(setting(value)) for value in values]
    edges = [setting(entry.at(place / BINS)) for place in range(BINS)]
    last = setting(entry.at(math.nextafter(1.0, 0.0)))
    return [f"{low} to {high}" for low, high in zip(edges, [*edges[1:], last], strict=True)]


def _places(results: Results, name: str, parts: list[str]) -> list[int]:
    """The part into which each complete trial falls; -1 for a value that the space no longer has."""
    entry = results.space[name]
    column = results.complete.get(PARAM + name)
    if column is None:
        return [-1] * len(results.complete)
    if isinstance(entry, Choice) or len(parts) != BINS or parts[0] == one_line(setting(entry.at(0.0))):
        labels = {label: place for place, label in enumerate(parts)}
        return [labels.get(one_line(setting(None if pd.isna(value) else value)), -1) for value in column]
    return [min(int(entry.unit(value) * BINS), BINS - 1) if pd.notna(value) else -1 for value in column]
