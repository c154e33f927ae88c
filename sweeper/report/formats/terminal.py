"""Prints the tables of a report on a terminal."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ...text import one_line
from ..document import Table

_ANY_WIDTH = 10_000


def print_tables(tables: Iterable[Table], console: Console) -> None:
    """Prints each table with its title and notes; names are printed as they are, never as markup.

    Args:
        tables: The tables. Where one is too wide for the terminal, its optional columns are left out.
        console: Where to.
    """
    for table in tables:
        shown = _rich(table, optional=True)
        if (
            Measurement.get(console, console.options.update(max_width=_ANY_WIDTH), shown).minimum
            > console.width
        ):
            shown = _rich(table, optional=False)
        console.print(shown)
        for note in table.notes:
            console.print(Padding(Text(one_line(note), style="dim"), (0, 0, 0, 1)))
        console.print()


def _rich(table: Table, optional: bool) -> RichTable:
    shown = RichTable(
        title=Text(one_line(table.title), style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
    )
    places = [place for place, column in enumerate(table.columns) if optional or not column.optional]
    for place in places:
        column = table.columns[place]
        longest = max((len(word) for row in table.rows for word in row[place].shown.split()), default=1)
        shown.add_column(
            Text(one_line(column.heading)),
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            overflow="fold",
            # Names of settings may be folded, their values and short headings not.
            min_width=max(min(longest, 20), min(len(column.heading), 6)),
        )
    for row in table.rows:
        shown.add_row(
            *(Text(one_line(row[place].shown), style="bold" if row[place].bold else "") for place in places)
        )
    return shown
