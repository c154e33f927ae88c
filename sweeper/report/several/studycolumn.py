"""A column for the study in tables of several. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...text import one_line
from ..document import Cell, Column, Table
from ..results import Results

AGAINST = "against"
"""Heading of the column that tables of pairs have: there each arm keeps its study in its name."""


def with_study(table: Table, results: Results) -> Table:
    """A table with the study of each arm in a column of its own; one that names no arm, or pairs, as it is.

    Args:
        table: The table.
        results: Several studies as one.
    """
    headings = [column.heading for column in table.columns]
    if "arm" not in headings or AGAINST in headings:
        return table
    place = headings.index("arm")
    of = {one_line(label): found for label, found in results.studies.items()}
    columns = (*table.columns[:place], Column("study"), *table.columns[place:])
    return replace(table, columns=columns, rows=tuple(_row(row, place, of) for row in table.rows))


def _row(row: Sequence[Cell], place: int, of: Mapping[str, tuple[str, str]]) -> tuple[Cell, ...]:
    study, arm = of.get(row[place].text, ("", row[place].text))
    return (*row[:place], Cell(one_line(study)), replace(row[place], text=one_line(arm)), *row[place + 1 :])
