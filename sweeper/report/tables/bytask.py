"""The table of the declared pairs of arms, task by task. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from ...text import one_line
from ..document import Cell, Column, Table
from ..finding import interval_text
from ..results import Results
from ..statistics.compared import Comparison
from ..statistics.comparison import Comparisons
from ..statistics.paired import verdict
from .cells import difference_cell, numeric, p_cell
from .comparisons import POWER_COLUMNS, power_cells, trials_of

NOTES = (
    "What each declared comparison says of single tasks: a second family, p Holm adjusted for all its pairs "
    "and tasks, no ground for a claim about overall. All else as in the table of comparisons.",
)


def by_task_table(comparisons: Comparisons) -> Table | None:
    """One row for each declared pair and task; None while no pair has two training seeds in each arm.

    Once configurations were confirmed at fresh seeds it speaks of those.
    """
    claims = comparisons.claims
    of = claims.results
    size = sum(len(of.shared(*pair)) for pair in of.pairs)
    rows = [row for each in claims.declared for row in _rows(each, of, size)]
    if not rows:
        return None
    if claims is not comparisons:  # the trials are those of another study, to which this one has no links
        rows = [tuple(replace(cell, trials=()) for cell in row) for row in rows]
    columns = (
        *(Column("arm"), Column("against"), Column("task"), Column("verdict")),
        *numeric("difference", "95 %", "p rows", "p seeds", "p Holm"),
        *POWER_COLUMNS,
    )
    return Table("by_task", "Arms against each other, task by task", columns, tuple(rows), NOTES)


def _rows(each: Comparison, results: Results, family: int) -> Iterator[tuple[Cell, ...]]:
    for name, task in results.tasks.items():
        gap, adjusted = each.gaps.get(name), each.adjusted.get(name)
        if gap is None or adjusted is None or name in results.undefined(each.ours.arm):
            continue
        seen = gap if task.scorer.higher_is_better else gap.reversed()
        yield (
            *(Cell(one_line(text)) for text in (each.ours.arm, each.theirs.arm, name)),
            Cell(str(verdict(seen, adjusted))),
            difference_cell(gap.value, trials_of(each), told=each.told(name)),
            Cell(interval_text(gap, told=each.told(name))),
            *map(p_cell, (gap.p_rows, gap.p_seeds, adjusted)),
            *power_cells(gap.detectable(family), task.scorer.bounds[1] - task.scorer.bounds[0]),
        )
