"""The paper's tables with ours beside the published rows. Pure."""

from ...study.settings import flat
from ...text import NONE
from ..document import Cell, Column, Table
from ..published import PAPER_TASKS, published_tables
from ..results import Results, best_trial
from .cells import EMPTY, difference_cell, highest, numeric, remarks, score_cells, trial_cell


def paper_table(key: str, results: Results) -> Table | None:
    """One of the paper's tables: for each row our best matching trial, the published row, the difference.

    Args:
        key: ``table1`` … ``table7``.
        results: The study.

    Returns:
        The table; None where the tasks are not the paper's three.
    """
    if set(results.tasks) != set(PAPER_TASKS):
        return None
    published = published_tables()[key]
    complete = results.complete
    settings = [flat(config) for config in complete["config"]]
    ours = [best_trial(complete[[published.counts(row, one) for one in settings]]) for row in published.rows]
    top_ours = highest([trial for trial in ours if trial is not None], results.scores)
    top_printed = highest([row.scores for row in published.rows], results.scores)
    rows: list[tuple[Cell, ...]] = []
    for row, trial in zip(published.rows, ours, strict=True):
        number = Cell(NONE) if trial is None else trial_cell(trial["number"])
        gaps = {} if trial is None else {name: trial[name] - row.scores[name] for name in results.scores}
        rows += [
            (
                Cell(row.label),
                Cell("ours"),
                *score_cells(results.scores, trial, top_ours, number.trials),
                number,
            ),
            (EMPTY, Cell("published"), *score_cells(results.scores, row.scores, top_printed), EMPTY),
            (EMPTY, Cell("difference"), *(difference_cell(gaps.get(name)) for name in results.scores), EMPTY),
        ]
    columns = (Column(published.heading), Column(""), *numeric(*results.scores, "trial"))
    notes = (
        "Ours is the best complete trial with the settings of the row; all else is as the study sets it.",
        *published.notes,
        *remarks(results),
    )
    return Table(key, published.title, columns, tuple(rows), notes)
