"""The texts of a table's rows, labelled or not."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..errors import DataError
from ..label import shown
from ..tasks import Task
from .table import DataTable


class TextRow(NamedTuple):
    """One row.

    Attributes:
        id: The table's `id` column if it has one, else the number of the row, from 1.
        texts: Its texts, stripped; None where one has no value.
        place: Number of its line, or of the row.
    """

    id: str
    texts: tuple[str | None, ...]
    place: int


def read_texts(task: Task, table: DataTable) -> Iterator[TextRow]:
    """The rows in order; labels and whatever else the table holds are not looked at.

    Raises:
        DataError: A column of the texts is not there, holds what is no text, or the table is damaged.
    """
    count = 0
    for chunk in table.chunks([*(column for text in task.text_columns for column in text), *table.identity]):
        given = iter(chunk.columns)
        texts = [joined([stripped(next(given)) for _ in text]) for text in task.text_columns]
        ids = next(given, [None] * len(chunk.places))
        for place, own, *row in zip(chunk.places, ids, *texts, strict=True):
            count += 1
            for name, text in zip(task.text, row, strict=True):
                if not isinstance(text, str | None):
                    raise DataError(
                        f"{table.where}, {table.unit} {place}, column {name!r}: {shown(text)} is no text; "
                        "name another column"
                    )
            yield TextRow(str(count if own in (None, "") else own), tuple(row), place)


def joined(columns: Sequence[list[object]]) -> Sequence[object]:
    """The texts of these columns, with a blank between; a value that is no text as it is."""
    if len(columns) == 1:
        return columns[0]
    return [_one_text([value for value in row if value is not None]) for row in zip(*columns, strict=True)]


def _one_text(found: Sequence[object]) -> object:
    return next((value for value in found if not isinstance(value, str)), " ".join(map(str, found)) or None)


def stripped(column: Sequence[object]) -> list[object]:
    """The texts of a column without blanks around them, None where nothing is left; the rest as it is."""
    return [(value.strip() or None) if isinstance(value, str) else value for value in column]
