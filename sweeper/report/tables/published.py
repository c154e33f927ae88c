"""The paper's tables with ours beside the published rows. Pure."""

from model.overall import Overall

from ...study.settings import flat
from ..configuration import Configuration, leaders_of
from ..document import Cell, Column, Table
from ..published import PublishedTable, of_paper, published_tables
from ..results import Results
from ..tracks import joint_arms
from .cells import EMPTY, count_cell, difference_cell, find_best, numeric, remarks, score_cells


def paper_table(key: str, results: Results) -> Table | None:
    """One of the paper's tables: for each row that ran our best configuration and the published one.

    Args:
        key: ``table1`` … ``table7``.
        results: The study.

    Returns:
        The table; None where fewer than two of its rows ran, so that there is nothing to compare.
    """
    if not tells(results):
        return None
    published = published_tables()[key]
    ran = [(row, one) for row, one in zip(published.rows, _ours(published, results), strict=True) if one]
    if len(ran) < 2:
        return None
    printed_of = {row.label: row.scored(results.overall, results.tasks) for row in published.rows}
    top_ours = find_best([one.scores for _, one in ran], results)
    top_printed = find_best(list(printed_of.values()), results)
    rows: list[tuple[Cell, ...]] = []
    demo = any(
        config["tasks"]["sst"]["source"].get("kind") == "demo" for config in results.complete["config"]
    )
    for row, one in ran:
        gaps = [one.scores[name] - printed_of[row.label][name] for name in results.scores]
        trials = Cell(", ".join(map(str, one.numbers)), trials=one.numbers)
        ours = score_cells(results, one.scores, top_ours, one.numbers)
        printed = score_cells(results, printed_of[row.label], top_printed)
        rows += [
            (Cell(row.label), Cell("ours"), *ours, count_cell(len(one.numbers)), trials),
            (EMPTY, Cell("published"), *printed, EMPTY, EMPTY),
        ]
        if not demo:  # a corpus of our own says nothing about the paper's
            rows.append((EMPTY, Cell("difference"), *map(difference_cell, gaps), EMPTY, EMPTY))
    columns = (
        Column(published.heading),
        Column(""),
        *numeric(*results.scores, "seeds"),
        Column("trials", optional=True),
    )
    missing = [row.label for row in published.rows if row not in [other for other, _ in ran]]
    notes = (
        "Ours is the best configuration with the settings of the row, as a mean over its seeds; all else is "
        "as the study sets it. The published rows are one run each.",
        *([f"{len(ran)} of {len(published.rows)} rows ran; not: {', '.join(missing)}."] if missing else []),
        *([] if results.overall == Overall() else ["The published overall is computed by this formula."]),
        *published.notes,
        *remarks(results),
    )
    return Table(key, published.title, columns, tuple(rows), notes)


def folded(key: str, results: Results) -> str:
    """A table that has too few rows to be shown, in a line: ``Table 6: 1 of 2 rows ran``."""
    published = published_tables()[key]
    ran = sum(one is not None for one in _ours(published, results))
    return f"Table {key.removeprefix('table')}: {ran} of {len(published.rows)} rows ran"


def tells(results: Results) -> bool:
    """Whether the tasks are the paper's three, scored by its metrics."""
    return of_paper(results.tasks)


def _ours(published: PublishedTable, results: Results) -> list[Configuration | None]:
    """For each row our best configuration with its settings."""
    configs = dict(zip(results.complete["number"], results.complete["config"], strict=True))
    settings = {one.numbers[0]: flat(configs[one.numbers[0]]) for one in results.configurations}
    # The paper's own encode each sentence by itself.
    ours = [one for one in results.whole.configurations if one.arm not in joint_arms(results)]
    fitting = [
        [one for one in ours if published.counts(row, settings[one.numbers[0]])] for row in published.rows
    ]
    return [next(iter(leaders_of(own)), None) for own in fitting]
