"""The table of arms at equal search budgets. Pure."""

from dataclasses import replace

from ...text import NONE, one_line, score
from ..configuration import leaders_of
from ..document import Cell, Column, Table
from ..results import Results
from ..statistics.budget import expected_best
from ..tracks import track_words, tracks_note
from .cells import numeric, score_cell


def budget_table(results: Results) -> Table | None:
    """One row an arm: the expected best `overall` of 1, 2, 4 … configurations; None where no arm has two."""
    own = {arm: [one.mean for one in leaders_of(results.of_arm(arm)) if one.whole] for arm in results.arms}
    most = max((len(scores) for scores in own.values()), default=0)
    if most < 2:
        return None
    budgets = sorted({2**power for power in range(most.bit_length()) if 2**power <= most} | {most})
    rows = []
    for arm, scores in own.items():
        within = [k for k in budgets if k <= len(scores)]
        curve = expected_best(scores, within) if within else None
        cells = [] if curve is None else [score_cell(float(value)) for value in curve.mean]
        rows.append((Cell(one_line(arm)), *cells, *[Cell(NONE)] * (len(budgets) - len(within))))
    tracks = list(track_words(results).values())
    rows = [
        _mark_best(row, [other for other, its in zip(rows, tracks, strict=True) if its == track])
        for row, track in zip(rows, tracks, strict=True)
    ]
    columns = (Column("arm"), *numeric(*(f"best of {k}" for k in budgets)))
    note = (
        "Expected best overall of so many configurations of the arm, drawn without replacement from those "
        "that are complete (Tang et al., 2020), each by its mean over seeds; pruned trials are left out, and "
        "so are configurations with fewer seeds than others of the arm. It supposes configurations drawn at "
        "random."
    )
    return Table(
        "budget", "Expected best at equal budgets", columns, tuple(rows), (note, *tracks_note(results))
    )


def _mark_best(row: tuple[Cell, ...], rows: list[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    """The row with the highest of each column bold."""
    cells = [row[0]]
    for at, cell in enumerate(row[1:], start=1):
        values = [other[at].value for other in rows]
        there = [value for value in values if value is not None]
        best = len(there) > 1 and cell.text == score(max(there))
        cells.append(replace(cell, bold=best))
    return tuple(cells)
