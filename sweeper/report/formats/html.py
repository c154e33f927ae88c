"""Tables as HTML for a notebook, which has styles of its own. Nothing in it links, loads or runs anything."""

from collections.abc import Collection
from html import escape

from ...text import one_line
from ..document import Cell, Column, Document, Table

_NUMBER, _TEXT = ' style="text-align: right"', ' style="text-align: left"'


def as_html(document: Document, keys: Collection[str]) -> str:
    """What a document says, and some of its tables.

    Args:
        document: The document.
        keys: Of the tables.
    """
    warnings = "".join(f"<li>{text_html(line)}</li>" for line in document.warnings)
    said = (*document.summary, document.notice, document.formula)
    return "".join(
        [
            f"<h3>{text_html(document.study)}</h3>",
            f"<ul>{warnings}</ul>" if warnings else "",
            f"<p>{' '.join(text_html(text) for text in said if text)}</p>",
            *(table_html(table) for table in document.tables if table.key in keys),
        ]
    )


def table_html(table: Table) -> str:
    """One table: its title as caption, the best in bold, the notes in small print."""
    head = "".join(_cell("th", column, text_html(column.heading)) for column in table.columns)
    body = "".join(f"<tr>{_cells(table, row)}</tr>" for row in table.rows)
    notes = "".join(f"<br><small>{text_html(note)}</small>" for note in table.notes)
    return (
        f"<table><caption>{text_html(table.title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><p>{notes.removeprefix('<br>')}</p>"
    )


def _cells(table: Table, row: tuple[Cell, ...]) -> str:
    cells = zip(table.columns, row, strict=True)
    return "".join(_cell("td", column, cell_html(cell)) for column, cell in cells)


def _cell(tag: str, column: Column, content: str) -> str:
    return f"<{tag}{_NUMBER if column.numeric else _TEXT}>{content}</{tag}>"


def cell_html(cell: Cell) -> str:
    """A cell, the best in bold."""
    return f"<b>{text_html(cell.shown)}</b>" if cell.bold else text_html(cell.shown)


def text_html(text: str) -> str:
    """Text that a browser shows as it is, in one line."""
    return escape(one_line(text))
