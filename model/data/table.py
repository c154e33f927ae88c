"""A source as a table: named columns, and rows that are read a few thousand at a time."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..errors import DataError
from ..sources import Column

CHUNK = 4096
"""Rows that are read at once."""

_NAMES = "name the columns with columns: [...] in the task's source"

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?\Z")


@dataclass(frozen=True)
class Chunk:
    """Some rows that follow each other.

    Attributes:
        places: Number of each row's line in the file, or of the row, from 1.
        columns: The columns that were asked for, in that order; each as long as `places`.
    """

    places: Sequence[int]
    columns: tuple[Sequence[object], ...]


@dataclass(frozen=True)
class DataTable:
    """What a source holds, unchecked. It can be read more than once, in bounded memory.

    Attributes:
        where: The source, for messages.
        names: Names of the columns, in order; one may be there twice.
        read: Gives the rows in order, with the columns of these positions, counted from 0.
        unit: What the places of rows count.
        no_label: The number that stands for a missing label, unless the task allows it as a label.
        sha256: SHA-256 of the file; None of another source.
        hint: What may be wrong with the file where a column is not found.
        header_line: Whether the names stand in the file's first line, which may be a row.
    """

    where: str
    names: tuple[str, ...]
    read: Callable[[Sequence[int]], Iterator[Chunk]]
    unit: Literal["line", "row"] = "row"
    no_label: float | None = None
    sha256: str | None = None
    hint: str = ""
    header_line: bool = False

    def chunks(self, columns: Sequence[Column]) -> Iterator[Chunk]:
        """The rows, with these columns, each by its name or its position from 1.

        Raises:
            DataError: A column is not there, or the rows are damaged.
        """
        return self.read([self.position(column) for column in columns])

    @property
    def identity(self) -> list[int]:
        """Position of the ids, the last column called ``id``, counted from 1; [] where there is none."""
        return [len(self.names) - self.names[::-1].index("id")] if "id" in self.names else []

    def position(self, column: Column) -> int:
        """Where a column is, counted from 0; a DataError that names the nearest one if there is none."""
        if isinstance(column, int):
            if column > len(self.names):
                raise DataError(f"{self.where} has no column {column}; it has {len(self.names)}{self.hint}")
            if self._heads_a_value(column - 1):
                raise DataError(
                    f"{self.where}: the first line looks like a row, with {self.names[column - 1]!r} in "
                    f"column {column}; {_NAMES}, and set skip: 1 if that line is a header"
                )
            return column - 1
        places = [place for place, name in enumerate(self.names, start=1) if name == column]
        if len(places) > 1:
            raise DataError(
                f"{self.where} has {len(places)} columns {column!r}, at positions {_listed(places)}; "
                "name the one that is meant by its position"
            )
        if places:
            return places[0] - 1
        composed = unicodedata.normalize("NFC", column)
        for name in self.names:
            if unicodedata.normalize("NFC", name) == composed:
                raise DataError(
                    f"{self.where} has no column {column!a} but {name!a}, which looks the same and is spelt "
                    "otherwise (Unicode NFC, NFD): write it as the file does, or name its position"
                )
        rows = any(map(self._heads_a_value, range(len(self.names))))
        row = f"; the first line looks like a row: {_NAMES}" if rows else ""
        near = difflib.get_close_matches(column, self.names, n=1) if len(self.names) > 1 else ()
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        named = ", ".join(repr(name) for name in self.names if name)
        raise DataError(
            f"{self.where} has no column {column!r}{meant}; it has {named or 'none'}{row or self.hint}"
        )

    def _heads_a_value(self, position: int) -> bool:
        """Whether the name of a column looks like a value: a sentence or a number."""
        name = self.names[position]
        # pandas names the columns of an array so.
        named = [name for name in self.names if name]
        counted = named == [str(i) for i in range(len(named))]
        return self.header_line and not counted and (is_number(name) or len(name.split()) > 5)


def chunks_of(places: Sequence[int], columns: Sequence[Sequence[object]]) -> Iterator[Chunk]:
    """The chunks of columns that are in memory."""
    for start in range(0, len(places), CHUNK):
        part = slice(start, start + CHUNK)
        yield Chunk(places[part], tuple(column[part] for column in columns))


def _listed(places: Sequence[int]) -> str:
    return f"{', '.join(map(str, places[:-1]))} and {places[-1]}"


def decimals(column: Sequence[float | None], kind: type[np.floating[Any]]) -> list[float | None]:
    """Numbers of less than double precision as they are written: .7 is not .699999988."""
    return [None if value is None else float(str(kind(value))) for value in column]


def decoded(column: Any, name: str, where: str, first: int) -> list[Any]:
    """The values of a column of pyarrow's, whose texts need not be what they are said to be.

    Args:
        column: The column.
        name: Its name.
        where: The source, for the message.
        first: Number of its first row.

    Raises:
        DataError: A text is not UTF-8.
    """
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError as error:
        row = next(place for place, value in enumerate(column, first) if not _is_decoded(value))
        raise DataError(
            f"{where}, row {row}, column {name!r}: a text is not UTF-8; write it anew as UTF-8"
        ) from error


def _is_decoded(value: Any) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True


def is_number(text: str) -> bool:
    """Whether a text is a number in the digits of ASCII."""
    return _NUMBER.match(text.strip()) is not None
