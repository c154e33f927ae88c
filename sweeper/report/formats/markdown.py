"""The tables in GitHub's Markdown."""

import re

from ...text import one_line
from ..document import Cell, Document, Table

_SIGNS = re.compile(r"[\\`*\[\]|$~#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def as_markdown(document: Document) -> str:
    """The tables under a heading, the warnings and the summary."""
    said = (document.description, " ".join(document.summary), document.notice, document.formula)
    lines = [f"# {escape(document.study)}"]
    if document.warnings:
        lines += ["**Warnings**", "\n".join(f"- {escape(warning)}" for warning in document.warnings)]
    lines += [escape(text) for text in said if text]
    return "\n\n".join([*lines, *(table_text(table).rstrip() for table in document.tables)]) + "\n"


def table_text(table: Table) -> str:
    """One table: a heading, the rows in aligned columns, the best in bold, the notes as a list."""
    head = [escape(column.heading) for column in table.columns]
    body = [[cell_text(cell) for cell in row] for row in table.rows]
    widths = [max(3, *(len(row[place]) for row in (head, *body))) for place in range(len(head))]
    rule = [
        "-" * (width - 1) + ":" if column.numeric else "-" * width
        for column, width in zip(table.columns, widths, strict=True)
    ]
    lines = [f"### {escape(table.title)}", ""]
    lines += [_line(table, cells, widths) for cells in (head, rule, *body)]
    if table.notes:
        lines += ["", *(f"- {escape(note)}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is: its own signs and those of HTML escaped, in one line."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SIGNS.sub(r"\\\g<0>", text)


def _line(table: Table, cells: list[str], widths: list[int]) -> str:
    padded = (
        cell.rjust(width) if column.numeric else cell.ljust(width)
        for cell, width, column in zip(cells, widths, table.columns, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def cell_text(cell: Cell) -> str:
    """A cell, the best in bold."""
    text = escape(cell.shown)
    return f"**{text}**" if cell.bold and text else text
