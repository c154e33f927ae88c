"""The tables of configurations: the best of each arm, and the Pareto front. Pure."""

from collections.abc import Mapping
from typing import Any

from model.result import COST

from ...text import NONE, one_line
from ..configuration import Configuration
from ..document import BEST_ALONE, Cell, Column, Table
from ..results import Results, leaders, pareto_front
from ..statistics.comparison import Comparisons
from ..tracks import tracks_note, tracks_of
from .cells import (
    best_of_tracks,
    count_cell,
    interval_cell,
    numeric,
    remarks,
    score_cell,
    score_cells,
    setting_cell,
    step_cell,
    track_cells,
    track_columns,
)
from .ties import Ties


def best_table(results: Results, compared: Comparisons) -> Table:
    """One row an arm: its best configuration by the mean over seeds, with its interval and ties."""
    found = {one.arm: one for one in leaders(results)}
    tops, joint = best_of_tracks(results, list(found.values())), track_columns(results)
    rows, place, confirmed = [], 3 + len(joint) + len(results.scores), compared.claims is not compared
    ties = Ties(compared)
    for arm in results.arms:
        one = found.get(arm)
        interval = (compared.intervals(one) or {}).get("overall") if one else None
        line = _best_row(arm, one, results, tops.get(arm, {}), ties)
        rows.append((*line[:place], interval_cell(interval), *line[place:]))
    columns = _configuration_columns(results)
    columns = (*columns[:place], Column("95 %", numeric=True, optional=True), *columns[place:])
    notes = (
        "Scores are means over the seeds of a configuration; se is the standard error of the mean overall "
        "over seeds. 95 % of overall: on other seeds and other rows together, of a single seed over rows "
        "alone; that the configuration was chosen is not in it. "
        f"{BEST_ALONE}",
        *ties.notes,
        *_note_untested(compared),
        *tracks_note(results),
        *remarks(results),
    )
    title = "Best configuration of each arm" + ", in the search" * confirmed
    return Table("best", title, columns, tuple(rows), notes, ties=ties.known)


def _note_untested(compared: Comparisons) -> list[str]:
    gone = [one_line(one.arm) for one in compared.leaders if one not in compared.compared]
    if not gone:
        return []
    return [f"No predictions on the same dev rows, so not tested against the others: {', '.join(gone)}."]


def pareto_table(results: Results) -> Table | None:
    """One row a configuration on the Pareto front of the study's objectives; None of a single objective."""
    if len(results.objectives) == 1:
        return None
    front = [one for track in tracks_of(results) for one in pareto_front(track)]
    rows = [(*_best_row(one.arm, one, results, {}), *_cost_cells(one, results)) for one in front]
    lower = (
        f" Of {COST} less is better; trials side by side lengthen it." if COST in results.objectives else ""
    )
    notes = (
        f"None of these is beaten in all of {', '.join(results.objectives)}; scores are means over "
        f"seeds.{lower}",
        *tracks_note(results),
        *remarks(results),
    )
    cost = numeric(COST) if COST in results.objectives else ()
    return Table("pareto", "Pareto front", (*_configuration_columns(results), *cost), tuple(rows), notes)


def _cost_cells(one: Configuration, results: Results) -> list[Cell]:
    return [step_cell(one.scores[COST])] if COST in results.objectives else []


def _configuration_columns(results: Results) -> tuple[Column, ...]:
    return (
        Column("arm"),
        *track_columns(results),
        *numeric("seeds", *results.scores, "se"),
        *(Column(name) for name in results.space),
        Column("trials", optional=True),
    )


def _best_row(
    arm: str,
    one: Configuration | None,
    results: Results,
    top: Mapping[str, float],
    ties: Ties | None = None,
) -> tuple[Cell, ...]:
    settings: dict[str, Any] = one.params if one else {}
    scores, numbers = (one.scores, one.numbers) if one else (None, ())
    cells = score_cells(results, scores, top, numbers, results.undefined(arm))
    return (
        Cell(one_line(arm)),
        *track_cells(results, arm),
        count_cell(len(one.numbers) if one else 0),
        *(ties.mark(arm, cells) if ties else cells),
        score_cell(one.error if one else None),
        *(setting_cell(settings, name) for name in results.space),
        Cell(", ".join(map(str, one.numbers)), trials=one.numbers) if one else Cell(NONE),
    )
