"""The tables of configurations: the best of each arm, and the Pareto front. Pure."""

from collections.abc import Mapping
from typing import Any

from ..analysis import Configuration, Results, leaders, pareto_front
from ..table import NONE, Cell, Column, Table, one_line, score
from .cells import count_cell, numeric, remarks, score_cells, setting_cell


def best_table(results: Results) -> Table:
    """One row an arm: its best configuration by the mean over seeds, with that mean and its error."""
    found = {one.arm: one for one in leaders(results)}
    top = {
        name: max(one.scores[name] for one in found.values()) if len(found) > 1 else None
        for name in results.scores
    }
    rows = [_best_row(arm, found.get(arm), results, top) for arm in results.arms]
    notes = (
        "Scores are means over the seeds of a configuration; se is the standard error of the mean overall.",
        *remarks(results),
    )
    return Table(
        "best", "Best configuration of each arm", _configuration_columns(results), tuple(rows), notes
    )


def pareto_table(results: Results) -> Table:
    """One row a configuration on the Pareto front of the study's objectives."""
    rows = [_best_row(one.arm, one, results, {}) for one in pareto_front(results)]
    note = f"None of these is beaten in all of {', '.join(results.objectives)}; scores are means over seeds."
    return Table(
        "pareto", "Pareto front", _configuration_columns(results), tuple(rows), (note, *remarks(results))
    )


def _configuration_columns(results: Results) -> tuple[Column, ...]:
    return (
        Column("arm"),
        *numeric("seeds", *results.scores, "se"),
        *(Column(name) for name in results.space),
        Column("trials", optional=True),
    )


def _best_row(
    arm: str, one: Configuration | None, results: Results, top: Mapping[str, float | None]
) -> tuple[Cell, ...]:
    settings: dict[str, Any] = one.params if one else {}
    return (
        Cell(one_line(arm)),
        count_cell(len(one.numbers) if one else 0),
        *score_cells(results.scores, one.scores if one else None, top, one.numbers if one else ()),
        Cell(score(one.error if one else None), value=one.error if one else None),
        *(setting_cell(settings, name) for name in results.space),
        Cell(", ".join(map(str, one.numbers)), trials=one.numbers) if one else Cell(NONE),
    )
