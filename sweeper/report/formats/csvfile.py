"""The tables as CSV: one long tidy file, a line for each cell."""

import csv
import io

from ...show.spreadsheet import cell as safe
from ...text import one_line
from ..document import Document

HEADINGS = ("table", "row", "column", "text", "value", "best", "tie", "trials")


def as_csv(document: Document) -> str:
    """Every cell of every table on a line of its own.

    Returns:
        ``table`` is the table's key, ``row`` counts from 1, ``column`` is the heading, ``text`` what the
        other formats show without their marks (see `spreadsheet.cell`), ``value`` the number behind it
        (`Cell.written`) or nothing, ``best`` and ``tie`` true or false, ``trials`` the numbers of its trials
        with spaces between them.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADINGS)
    for table in document.tables:
        for number, row in enumerate(table.rows, start=1):
            for column, cell in zip(table.columns, row, strict=True):
                writer.writerow(
                    (
                        table.key,
                        number,
                        safe(one_line(column.heading)),
                        safe(one_line(cell.text)),
                        "" if cell.written is None else repr(cell.written),
                        str(cell.bold).lower(),
                        str(cell.tie).lower(),
                        " ".join(map(str, cell.trials)),
                    )
                )
    return file.getvalue()
