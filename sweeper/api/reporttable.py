"""A table of a report in Python: a frame, Markdown, LaTeX, and a notebook's display."""

from typing import TYPE_CHECKING

from ..report.document import Cell, Column, Table

if TYPE_CHECKING:
    import pandas as pd


class ReportTable:
    """One table of a report, as it is written there.

    Args:
        table: The table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def key(self) -> str:
        """Its key, such as ``arms``."""
        return self._table.key

    @property
    def title(self) -> str:
        """Its title."""
        return self._table.title

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks beneath it."""
        return self._table.notes

    @property
    def frame(self) -> "pd.DataFrame":
        """A frame with its rows and headings: numbers in full where a cell has one, else text."""
        import pandas as pd

        rows = [
            [_value(cell, column) for cell, column in zip(row, self._table.columns, strict=True)]
            for row in self._table.rows
        ]
        return pd.DataFrame(rows, columns=[column.heading for column in self._table.columns])

    @property
    def markdown(self) -> str:
        """It in GitHub's Markdown."""
        from ..report.formats.markdown import table_text

        return table_text(self._table)

    @property
    def latex(self) -> str:
        r"""It as LaTeX, to be \input into a paper."""
        from ..report.formats.latex import table_text

        return table_text(self._table)

    def __repr__(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        from ..report.formats.html import table_html

        return table_html(self._table)


def _value(cell: Cell, column: Column) -> float | str | None:
    if not column.numeric:
        return cell.text
    return cell.number if cell.number is not None or not cell.text else cell.text
