"""Published tables, the paper's and a user's own, with ours beside their rows. Pure."""

from collections.abc import Mapping, Sequence

from model.overall import Overall

from ...study.load import PUBLISHED
from ...study.settings import flat
from ...text import one_line
from ..configuration import Configuration, leaders_of
from ..document import Cell, Column, Table
from ..published import PublishedRow, PublishedTable, of_paper, published_tables
from ..results import Results
from ..tracks import joint_arms
from .cells import EMPTY, count_cell, difference_cell, find_best, numeric, remarks, score_cells


def paper_table(key: str, results: Results) -> Table | None:
    """One of the paper's tables: for each row that ran our best configuration and the published one.

    Args:
        key: ``table1`` … ``table7``.
        results: The study.

    Returns:
        The table; None where fewer than two of its rows ran, or not the one that it has.
    """
    if not tells(results):
        return None
    published = published_tables()[key]
    fitting = _fitting(published, results)
    beside = _beside(published, fitting)
    missing = [row.label for row, one in beside if one is None]
    ran = len(published.rows) - len(missing)
    if ran < min(2, len(published.rows)):
        return None
    notes = (
        "Ours is the best configuration with the settings of the row, as a mean over its seeds; all else is "
        "as the study sets it. The published rows are one run each.",
        *_of_arms(published, fitting),
        *([f"{ran} of {len(published.rows)} rows ran; not: {', '.join(missing)}."] if missing else []),
        *_of_formula(published, results),
        *published.notes,
    )
    shown = [(row, one) for row, one in beside if one]
    return _table(key, published, shown, results, notes)


def own_tables(tables: Mapping[str, PublishedTable], results: Results) -> list[Table]:
    """Published tables of the user's own, those that have no score but the study's.

    Each of their rows is there, with our best configuration where one has its settings. Where arms were
    scored on different dev rows there are none: they rank all that ran.

    Args:
        tables: The tables, by their keys in the user's file.
        results: The study.
    """
    if results.grounds:
        return []
    return [_own_table(key, table, results) for key, table in tables.items() if not _foreign(table, results)]


def left_out(tables: Mapping[str, PublishedTable], results: Results) -> list[str]:
    """Which tables of the user's own are not shown, one sentence each."""
    if results.grounds:
        why = "ranks all that ran, and not all were scored on the same dev rows"
        return [one_line(f"Not shown: {key} of {PUBLISHED} {why}.") for key in tables]
    found = {key: _foreign(table, results) for key, table in tables.items()}
    return [
        one_line(f"Not shown: {key} of {PUBLISHED} has scores that this study has not: {', '.join(names)}.")
        for key, names in found.items()
        if names
    ]


def _foreign(published: PublishedTable, results: Results) -> list[str]:
    """The scores of a published table that the study has not."""
    named = dict.fromkeys(name for row in published.rows for name in row.scores)
    return [name for name in named if name not in results.scores]


def _own_table(key: str, published: PublishedTable, results: Results) -> Table:
    fitting = _fitting(published, results)
    notes = (
        "Published rows are their authors', on their rows and by their protocol: nothing was tested against "
        "them. Ours is the best configuration with the settings of the row, as a mean over "
        "its seeds.",
        *_of_arms(published, fitting),
        *_of_formula(published, results),
        *published.notes,
    )
    return _table(key, published, _beside(published, fitting), results, notes)


def _beside(
    published: PublishedTable, fitting: Sequence[Sequence[Configuration]]
) -> list[tuple[PublishedRow, Configuration | None]]:
    """Each row with our best configuration that has its settings."""
    return [(row, next(iter(own), None)) for row, own in zip(published.rows, fitting, strict=True)]


def _table(
    key: str,
    published: PublishedTable,
    shown: Sequence[tuple[PublishedRow, Configuration | None]],
    results: Results,
    notes: Sequence[str],
) -> Table:
    """Published rows, each under ours if there is one; bold is the best of each side."""
    scored = [row.scored(results.overall, results.tasks) for row, _ in shown]
    top_ours = find_best([one.scores for _, one in shown if one], results)
    top_printed = find_best([row.scored(results.overall, results.tasks) for row in published.rows], results)
    rows: list[tuple[Cell, ...]] = []
    for (row, one), printed in zip(shown, scored, strict=True):
        label = Cell(one_line(row.label))
        if one:
            trials = Cell(", ".join(map(str, one.numbers)), trials=one.numbers)
            undefined = results.undefined(one.arm)
            ours = score_cells(results, one.scores, top_ours, one.numbers, undefined)
            rows.append((label, Cell("ours"), *ours, count_cell(len(one.numbers)), trials))
            label = EMPTY
        rows.append((label, Cell("published"), *score_cells(results, printed, top_printed), EMPTY, EMPTY))
        if one and not _of_demo(results):  # a corpus of our own says nothing about the paper's
            known = printed.keys() - results.undefined(one.arm)
            gaps = [one.scores[name] - printed[name] if name in known else None for name in results.scores]
            rows.append((EMPTY, Cell("difference"), *map(difference_cell, gaps), EMPTY, EMPTY))
    columns = (
        Column(one_line(published.heading)),
        Column(""),
        *numeric(*results.scores, "seeds"),
        Column("trials", optional=True),
    )
    told = (*map(one_line, notes), *remarks(results))
    return Table(key, one_line(published.title), columns, tuple(rows), told)


def _of_demo(results: Results) -> bool:
    return any(
        task.get("source", {}).get("kind") == "demo"
        for config in results.complete["config"]
        for task in config["tasks"].values()
    )


def _of_arms(published: PublishedTable, fitting: Sequence[Sequence[Configuration]]) -> list[str]:
    """Of which arm ours is in the rows whose settings several arms have, and where their seeds differ."""
    several = [(row.label, own) for row, own in zip(published.rows, fitting, strict=True) if len(own) > 1]
    told = [f"{own[0].arm} ({label})" for label, own in several]
    unlike = [
        f"{label}: {', '.join(f'{one.arm} {len(one.numbers)}' for one in own)}"
        for label, own in several
        if len({len(one.numbers) for one in own}) > 1
    ]
    return [
        *([f"Several arms have the settings of a row; ours is of {', '.join(told)}."] if told else []),
        *([f"The arms of a row differ in seeds: {'; '.join(unlike)}."] if unlike else []),
    ]


def _of_formula(published: PublishedTable, results: Results) -> list[str]:
    """What became of the published `overall` where that of the study has another formula than the paper's."""
    if results.overall == Overall():
        return []
    computed = any(row.has_all(results.tasks) for row in published.rows)
    left = [row.label for row in published.rows if "overall" in row.scores and not row.has_all(results.tasks)]
    why = "as it cannot be computed by this formula: not all tasks have a published score"
    return [
        *(["The published overall is computed by this formula."] if computed else []),
        *([f"The published overall of {', '.join(left)} is left out, {why}."] if left else []),
    ]


def folded(key: str, results: Results) -> str:
    """A table that has too few rows to be shown, in a line: ``Table 6: 1 of 2 rows ran``."""
    published = published_tables()[key]
    ran = sum(bool(own) for own in _fitting(published, results))
    return f"Table {key.removeprefix('table')}: {ran} of {len(published.rows)} rows ran"


def tells(results: Results) -> bool:
    """Whether the tasks are the paper's three, scored by its metrics."""
    return of_paper(results.tasks)


def _fitting(published: PublishedTable, results: Results) -> list[list[Configuration]]:
    """For each row the best of our configurations with its settings, of each arm one; the best arm first."""
    configs = dict(zip(results.complete["number"], results.complete["config"], strict=True))
    settings = {one.numbers[0]: flat(configs[one.numbers[0]]) for one in results.configurations}
    joint = joint_arms(results)  # the paper's own encode each sentence by itself
    ours = [one for one in results.whole.configurations if one.arm not in joint]
    return [
        _leaders([one for one in ours if published.counts(row, settings[one.numbers[0]])])
        for row in published.rows
    ]


def _leaders(fitting: Sequence[Configuration]) -> list[Configuration]:
    """The best of each arm, the best first: seeds decide within an arm alone."""
    arms = dict.fromkeys(one.arm for one in fitting)
    best = [leaders_of([one for one in fitting if one.arm == arm])[0] for arm in arms]
    return sorted(best, key=lambda one: -one.mean)
