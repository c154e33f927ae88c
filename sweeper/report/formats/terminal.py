"""Prints the tables of a report on a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from ...grid import Heading, fit
from ...text import one_line
from ..document import Table


def print_tables(tables: Iterable[Table], console: Console) -> None:
    """Prints each table with its title and notes; names are printed as they are, never as markup.

    Args:
        tables: The tables. Where one is too wide for the terminal, its optional columns are left out, and
            named, or its rows are printed as blocks; numbers and labels stay whole.
        console: Where to.
    """
    for table in tables:
        headings = [Heading(one_line(each.heading), each.numeric, each.optional) for each in table.columns]
        rows = [
            [Text(one_line(cell.shown), style="bold" if cell.bold else "") for cell in row]
            for row in table.rows
        ]
        shown, left_out = fit(headings, rows, console.width)
        console.print(Text(one_line(table.title), style="bold"))
        console.print()
        console.print(shown)
        notes = [one_line(note) for note in table.notes]
        if left_out:
            notes.insert(0, f"Not shown at this width: {'; '.join(left_out)}. The files have them.")
        # A blank line, then what is said of the table.
        for line in ["", *notes, ""] if notes else [""]:
            console.print(Text(line, style="dim"))
