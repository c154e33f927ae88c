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
        DataError: A column of the texts is not there, holds what is no text, or the table is damaged; or the
            number of a row without an id is the id of another one.
    """
    count, given_ids, numbers = 0, _Numbers(), _Numbers()
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
            name, (seen, others) = (
                (str(count), (numbers, given_ids)) if own in (None, "") else (str(own), (given_ids, numbers))
            )
            seen.add(name)
            if name in others:
                raise DataError(
                    f"{table.where}, {table.unit} {place}, column 'id': {name} is the id of a row, and the "
                    "number of one that has none; fill in every id"
                )
            yield TextRow(name, tuple(row), place)


class _Numbers:
    """Which whole numbers were seen, a bit each; of what is no number of a row, nothing."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, name: str) -> None:
        if _is_number_of_row(name):
            place, bit = divmod(int(name), 8)
            self._bits.extend(bytes(max(0, place + 1 - len(self._bits))))
            self._bits[place] |= 1 << bit

    def __contains__(self, name: str) -> bool:
        if not _is_number_of_row(name):
            return False
        place, bit = divmod(int(name), 8)
        return place < len(self._bits) and bool(self._bits[place] >> bit & 1)


DIGITS = 8
"""Of the number of a row: no table has more rows."""


def _is_number_of_row(name: str) -> bool:
    return len(name) <= DIGITS and name.isascii() and name.isdecimal() and name[0] != "0"


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
