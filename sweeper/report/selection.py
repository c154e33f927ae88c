"""Which tables and rows of a report are printed, and in which order. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import InputError
from ..text import NONE, TIE, nearest, one_line
from .document import BEST_ALONE, Cell, Document, Table

ARM = "arm"
"""Heading of the column that says to which arm a row belongs."""


@dataclass(frozen=True)
class Selection:
    """What of a report is printed.

    Attributes:
        tables: Keys of its tables, in the order in which they are printed; all where there are none.
        arms: Names of the arms whose rows are printed; all where there are none.
        column: Heading of the column by which rows are sorted; None: they stay as they are.
        columns: Headings of the columns that are printed, in their order; all where there are none.
        bold: Which cells are bold: one of `BOLD`.
    """

    tables: Sequence[str] = ()
    arms: Sequence[str] = ()
    column: str | None = None
    columns: Sequence[str] = ()
    bold: str = "best"


BOLD = ("best", "ties", "none")
"""Which cells are bold: the best; those too that are not told apart from it; none."""

_WITH_TIES = f"Bold marks the best figure and those that are not told apart from it ({TIE})."
_TIES_UNKNOWN = "Bold marks the best figure alone: which others are not told apart from it is not known here."


def select(
    document: Document, further: Sequence[Table], selection: Selection
) -> tuple[Document, tuple[str, ...]]:
    """What of a document is printed.

    Args:
        document: The report.
        further: Tables that it does not show, but that can be asked for.
        selection: What is wanted of it.

    Returns:
        The document with the tables, rows and order that are wanted, and a sentence for each table that has
        the column but keeps its order.

    Raises:
        InputError: If there is no such table, arm or column.
    """
    shown = _choose_arms(_choose_tables(document, selection.tables, further), selection.arms)
    shown, said = (shown, ()) if selection.column is None else _sort_tables(shown, selection.column)
    shown = _choose_columns(shown, selection.columns)
    return replace(shown, tables=tuple(_mark(table, selection.bold) for table in shown.tables)), said


def _choose_tables(document: Document, keys: Sequence[str], further: Sequence[Table]) -> Document:
    there = {table.key: table for table in (*document.tables, *further)}
    for key in keys:
        if key not in there:
            raise InputError(f"--table {key!r}: no table of {document.study}; its tables: {', '.join(there)}")
    return replace(document, tables=tuple(there[key] for key in dict.fromkeys(keys))) if keys else document


def _choose_arms(document: Document, arms: Sequence[str]) -> Document:
    """Without the rows of other arms; no number changes, and a table that names no arm stays whole."""
    wanted = [one_line(arm) for arm in arms]
    for arm in wanted:
        if arm not in document.arms:
            raise InputError(f"--arm {arm!r}: no arm of {document.study}{nearest(arm, document.arms)}")
    tables = tuple(_choose_rows(table, wanted, document.labels) for table in document.tables)
    return replace(document, tables=tables) if wanted else document


def _sort_tables(document: Document, heading: str) -> tuple[Document, tuple[str, ...]]:
    """Sorts the rows of each table that has the column; a sentence for each table that keeps its order.

    Columns of numbers from the highest, others by the alphabet; gaps come last.
    """
    headings = {column.heading for table in document.tables for column in table.columns if column.heading}
    if heading not in headings:
        raise InputError(f"--sort {heading!r}: no column of these tables{nearest(heading, sorted(headings))}")
    tables, said = [], []
    for table in document.tables:
        place = _place(table, heading)
        if place is None:
            tables.append(table)
        elif any(not row[0].text for row in table.rows):
            tables.append(table)
            said.append(f"{table.key} keeps its order: its rows belong together.")
        else:
            tables.append(replace(table, rows=_sort_rows(table, place)))
    return replace(document, tables=tuple(tables)), tuple(said)


def _choose_columns(document: Document, wanted: Sequence[str]) -> Document:
    """With these columns alone; a table that has none of them is left out."""
    headings = {column.heading for table in document.tables for column in table.columns if column.heading}
    for heading in wanted:
        if heading not in headings:
            near = nearest(heading, sorted(headings))
            raise InputError(f"--column {heading!r}: no column of these tables{near}")
    if not wanted:
        return document
    kept = []
    for table in document.tables:
        places = [place for one in dict.fromkeys(wanted) if (place := _place(table, one)) is not None]
        if places:
            columns = tuple(replace(table.columns[place], optional=False) for place in places)
            rows = tuple(tuple(row[place] for place in places) for row in table.rows)
            kept.append(replace(table, columns=columns, rows=rows))
    return replace(document, tables=tuple(kept))


def _mark(table: Table, bold: str) -> Table:
    if bold == "best":
        return table
    rows = tuple(
        tuple(replace(cell, bold=bold == "ties" and (cell.bold or cell.tie)) for cell in row)
        for row in table.rows
    )
    said = ""
    if any(cell.bold for row in rows for cell in row):
        said = _WITH_TIES if table.ties else _TIES_UNKNOWN
    kept = (note.replace(BEST_ALONE, "").strip() for note in table.notes)
    notes = tuple(note for note in (*kept, said) if note)
    return replace(table, rows=rows, notes=notes)


def _place(table: Table, heading: str) -> int | None:
    return next((place for place, column in enumerate(table.columns) if column.heading == heading), None)


def _choose_rows(table: Table, wanted: Sequence[str], labels: Mapping[str, str]) -> Table:
    place = _place(table, ARM)
    if place is None:
        return table
    rows, arm = [], ""
    for row in table.rows:
        arm = row[place].text or arm  # it is written once where several rows belong to it
        rows += [row] if labels.get(arm, arm) in wanted else []
    return replace(table, rows=tuple(rows))


def _sort_rows(table: Table, place: int) -> tuple[tuple[Cell, ...], ...]:
    there = [row for row in table.rows if row[place].text not in ("", NONE)]
    absent = [row for row in table.rows if row[place].text in ("", NONE)]
    falling = table.columns[place].numeric
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
