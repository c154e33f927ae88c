"""Which tables and rows of a report are printed, and in which order. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from .document import Document
from .errors import InputError
from .problem import nearest
from .table import NONE, Cell, Table, one_line

ARM = "arm"
"""Heading of the column that says to which arm a row belongs."""


def with_tables(document: Document, keys: Sequence[str], further: Sequence[Table]) -> Document:
    """The document with the tables of these keys alone, in the order of the keys.

    Args:
        document: The report.
        keys: Keys of its tables, or of the further ones; all of its tables where there are none.
        further: Tables that are there to be asked for.

    Raises:
        InputError: If there is no table of a key.
    """
    there = {table.key: table for table in (*document.tables, *further)}
    for key in keys:
        if key not in there:
            raise InputError(f"--table {key!r}: no table of {document.study}; its tables: {', '.join(there)}")
    return replace(document, tables=tuple(there[key] for key in dict.fromkeys(keys))) if keys else document


def with_arms(document: Document, arms: Sequence[str]) -> Document:
    """The document without the rows of other arms; no number changes, and what names no arm stays whole.

    Args:
        document: The report.
        arms: Names of arms; all of them where there are none.

    Raises:
        InputError: If there is no such arm.
    """
    if not arms:
        return document
    for arm in arms:
        if one_line(arm) not in document.arms:
            raise InputError(
                f"--arm {arm!r}: no arm of {document.study}{nearest(one_line(arm), document.arms)}"
            )
    wanted = {one_line(arm) for arm in arms}
    return replace(document, tables=tuple(_of_arms(table, wanted) for table in document.tables))


def sorted_by(document: Document, heading: str) -> tuple[Document, list[str]]:
    """The document with the rows of its tables sorted by a column.

    The best score comes first, any other number from the lowest, text by the alphabet; what is missing
    comes last. A table without the column stays as it is, and so does one whose rows belong together.

    Args:
        document: The report.
        heading: Heading of the column.

    Returns:
        The document, and a sentence for each table that has the column and was left alone.

    Raises:
        InputError: If no table has the column.
    """
    headings = {column.heading for table in document.tables for column in table.columns if column.heading}
    if heading not in headings:
        raise InputError(f"--sort {heading!r}: no column of these tables{nearest(heading, sorted(headings))}")
    falling = heading in document.scores or heading.startswith("mean")
    tables, said = [], []
    for table in document.tables:
        place = next((at for at, column in enumerate(table.columns) if column.heading == heading), None)
        if place is not None and any(not row[0].text for row in table.rows):
            said.append(f"{table.key} stays in the order of the paper: its rows belong together.")
        elif place is not None:
            table = replace(table, rows=_sorted(table, place, falling))  # noqa: PLW2901
        tables.append(table)
    return replace(document, tables=tuple(tables)), said


def _of_arms(table: Table, wanted: set[str]) -> Table:
    place = next((at for at, column in enumerate(table.columns) if column.heading == ARM), None)
    if place is None:
        return table
    return replace(table, rows=tuple(row for row in table.rows if row[place].text in wanted))


def _sorted(table: Table, place: int, falling: bool) -> tuple[tuple[Cell, ...], ...]:
    there = [row for row in table.rows if row[place].text not in ("", NONE)]
    absent = [row for row in table.rows if row[place].text in ("", NONE)]
    return (*sorted(there, key=lambda row: _rank(row[place]), reverse=falling), *absent)


def _rank(cell: Cell) -> tuple[bool, float, str]:
    """Numbers by their value, before text by the alphabet."""
    number = cell.number
    if number is None:
        try:
            number = float(cell.text)
        except ValueError:
            return True, 0.0, cell.text.casefold()
    return False, number, ""
