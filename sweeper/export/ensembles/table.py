"""Ensembles of a study as a table of its report: marked, and ranked with no trial."""

from collections.abc import Callable, Mapping
from functools import partial

from ...errors import InputError
from ...paths import Home
from ...report.document import Cell, Column, Table
from ...report.tables.cells import difference_cell, numeric, p_cell, score_cell
from ...store.study import StudyStore
from ...text import NONE, difference, one_line
from .printed import SEEN
from .scored import ScoredRows
from .stored import Pool, StoredEnsemble, choose_from, read_pool

TOP = 3
"""Trials of the ensemble that is made of the best."""

WAYS: Mapping[str, Callable[[Pool], StoredEnsemble]] = {
    f"the {TOP} best": partial(choose_from, top=TOP),
    "all seeds of the best": partial(choose_from, seeds=True),
    "greedy": choose_from,
}

KEY = "ensembles"


def ensembles_table(store: StudyStore, home: Home) -> Table:
    """Three ensembles, each above the best single trial on the same rows.

    Members are chosen on one half of the dev rows, and both are scored on the other; where there are
    predictions for test rows, on those too. Nothing is trained.

    Args:
        store: The study.
        home: Where its runs left their predictions.

    Raises:
        InputError: If none can be made, with the reason.
        DatabaseError: If this version cannot read the study.
    """
    pool = read_pool(store, home, None)
    found: dict[str, StoredEnsemble] = {}
    reasons = []
    for name, way in WAYS.items():
        try:
            found[name] = way(pool)
        except InputError as error:
            reasons.append(f"Not made: {name}: {error}.")
    first = next(iter(found.values()))
    names = ["overall", *first.tasks]
    rows: list[tuple[Cell, ...]] = []
    for name, one in found.items():
        rows += _rows(f"ensemble: {name}", one, one.scored, names)
        if one.tested.scored is not None:
            rows += _rows(f"ensemble: {name}, test", one, one.tested.scored, names)
    columns = (
        Column("predictions"),
        *numeric(*names, "difference", "95 %", "p rows"),
        Column("trials", optional=True),
    )
    counts = ", ".join(f"{name} {count:,}" for name, count in first.scored.rows.items())
    notes = (
        "Ensembles are no arms: each is the mean of what several trained networks predict, and costs as much "
        "as all of them in use. Members, and the best single trial beside each, were chosen on one half of "
        f"the dev rows; the scores are those of the other half ({counts}), where test is not named.",
        f"{SEEN} Difference, interval and p are of these networks on other rows, over rows alone, not "
        "adjusted, and say nothing about arms.",
        first.overall.words(first.tasks),
        *dict.fromkeys(one.track for one in found.values() if one.track),
        *([first.notice] if first.notice else []),
        *reasons,
        *(f"Not used: {line}." for line in first.left_out),
    )
    return Table(KEY, "Ensembles of stored predictions", columns, tuple(rows), tuple(map(one_line, notes)))


def _rows(called: str, one: StoredEnsemble, scored: ScoredRows, names: list[str]) -> list[tuple[Cell, ...]]:
    """The ensemble with what sets it apart, and the single trial."""
    whole = scored.tasks.keys() == one.tasks.keys()  # the overall of some tasks alone is another score
    gap = scored.gaps["overall"] if whole else None
    apart = (
        (Cell(NONE), Cell(NONE), Cell(NONE))
        if gap is None
        else (
            difference_cell(gap.value),
            Cell(f"{difference(gap.interval.low)} to {difference(gap.interval.high)}"),
            p_cell(gap.p_rows),
        )
    )
    members = tuple(member.run.number for member in one.members)
    shown = {*(["overall"] if whole else []), *scored.tasks} - scored.undefined
    ours, theirs = (
        [score_cell(own.get(name) if name in shown else None) for name in names] for own in scored.scores
    )
    empty = Cell("")
    single = one.best.run.number
    return [
        (Cell(called), *ours, *apart, Cell(", ".join(map(str, members)), trials=members)),
        (Cell(f"trial {single} alone"), *theirs, empty, empty, empty, Cell(str(single), trials=(single,))),
    ]
