"""The table of scores by groups of dev rows. Pure."""

from ...text import one_line, score
from ..document import Cell, Column, Table
from ..results import Results
from ..statistics.comparison import Comparisons
from ..statistics.groups import LEAST_ROWS, largest_gaps, score_groups
from .cells import count_cell, interval_cell, numeric, score_cell


def groups_table(results: Results, comparisons: Comparisons) -> Table | None:
    """One row a group of dev rows, for the best arm's first trial; None where its predictions are gone."""
    best = comparisons.compared[0] if comparisons.compared else None
    predictions = results.predictions(best.numbers[0]) if best else None
    if best is None or predictions is None:
        return None
    found = score_groups(results.shared(best.arm), predictions)
    trials = best.numbers[:1]
    rows = []
    shown: tuple[str, str] | None = None
    for each in found:
        key = each.task, each.by
        rows.append(
            (
                Cell("" if shown and shown[0] == each.task else each.task),
                Cell("" if key == shown else one_line(each.by)),
                Cell(one_line(each.name)),
                count_cell(each.rows),
                score_cell(each.score, trials),
                interval_cell(each.interval),
            )
        )
        shown = key
    gaps = [
        f"{task} by {one_line(by)}: {score((high.score or 0.0) - (low.score or 0.0))} between "
        f"{one_line(high.name)} and {one_line(low.name)}"
        for (task, by), (high, low) in largest_gaps(found).items()
    ]
    which = "best configuration"
    if best is not comparisons.leaders[0]:
        which += " whose predictions are here"
    notes = (
        f"Dev rows of trial {trials[0]}, the first of the {which} ({one_line(best.arm)}), with 95 "
        f"% bootstrap intervals. Groups of fewer than {LEAST_ROWS} rows have no score. words: of the row's "
        "longest sentence. Correlations within a narrow part of the labels are lower than over all of them.",
        f"Largest gaps: {'; '.join(gaps)}." if gaps else "No two groups can be compared.",
    )
    columns = (Column("task"), Column("by"), Column("group"), *numeric("rows", "score", "95 %"))
    return Table("slices", "Scores by groups of rows", columns, tuple(rows), notes)
