"""A file of delimited text as a table: tabs, commas or another sign between the fields of a line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from ..errors import DataError
from ..sources import FilesSource, Format
from .datafile import DataFile
from .records import END, RETURN, Records, lines_of
from .table import CHUNK, Chunk, DataTable, is_number

_EXCEL = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)
"""The line by which Excel is told the delimiter, before the header."""


def delimited_table(file: DataFile, source: FilesSource, kind: Format) -> DataTable:
    """The table of a file of tsv or csv.

    Quotation marks are read as the `csv` module does, so that stray ones are forgiven inside a field that
    does not begin with one. A row shorter than the header lacks its last values (None). Any other flaw is a
    DataError.

    Args:
        file: The file.
        source: How it is written. Without a `delimiter` it is a tab for tsv and a comma for csv if the source
            names that format, else a tab wherever the first line has one.
        kind: The format, named or guessed.
    """
    first = next(lines_of(file, source.encoding, source.skip), "")
    if _EXCEL.match(first):
        raise DataError(
            f"{file.where}, line {source.skip + 1} is {first.rstrip()!r}, which tells Excel the delimiter; "
            f"set skip: {source.skip + 1} in the task's source"
        )
    delimiter = source.delimiter or _delimiter(first, kind, guessed=source.format is None)
    text = _Delimited(file, source, delimiter, source.columns or ())
    empty = not first or first.startswith(END)
    header = [] if empty else next(text.records.each())[0]
    if not source.columns:
        if header and END in header[-1]:
            text.refuse_open(header, source.skip + 1)
        if not header:
            raise DataError(
                f"{text.where} has no header line; its line {source.skip + 1} must name the columns, or set "
                "columns: [...] in the task's source"
            )
        # Some programs end each line in two carriage returns and a line feed.
        names = (name.replace(RETURN, "\r").strip("\r") for name in header)
        text = _Delimited(file, source, delimiter, tuple(names))
    elif header == list(source.columns):
        raise DataError(
            f"{text.where}, line {source.skip + 1} names the columns; leave columns out of the task's "
            f"source, or set skip: {source.skip + 1}"
        )
    return DataTable(
        text.where,
        text.names,
        text.chunks,
        unit="line",
        sha256=file.sha256,
        header_line=not source.columns,
        hint=text.hint(),
    )


def _delimiter(first: str, kind: Format, guessed: bool) -> str:
    if guessed and "\t" in first:
        return "\t"
    if kind == "tsv":
        return "\t"
    outside = re.sub(r'"[^"]*"', "", first)
    return ";" if guessed and outside.count(";") > outside.count(",") else ","


@dataclass(frozen=True)
class _Delimited:
    """A file, and how its lines become rows.

    Attributes:
        file: The file.
        source: How it is written.
        delimiter: The sign between two fields.
        names: The names of its columns; empty while its header is read.
    """

    file: DataFile
    source: FilesSource
    delimiter: str
    names: tuple[str, ...]

    @property
    def records(self) -> Records:
        """What its lines are parsed to."""
        return Records(self.file, self.source, self.delimiter)

    @property
    def where(self) -> str:
        return self.file.where

    @property
    def sign(self) -> str:
        """The delimiter in words."""
        return {"\t": "tab", ",": "comma", ";": "semicolon", " ": "blank"}.get(self.delimiter, self.delimiter)

    def hint(self) -> str:
        """What may be wrong where a column is not found."""
        if len(self.names) > 1 or self.source.columns:
            return ""
        return (
            f"; the columns must be separated by {self.sign}s, or by the sign that delimiter names in the "
            "task's source"
        )

    def chunks(self, positions: Sequence[int]) -> Iterator[Chunk]:
        """The rows, with the columns of these positions from 0."""
        records = self.records.each()
        width, end = len(self.names), self.source.skip
        if not self.source.columns:
            _, end = next(records)
        rows: list[Sequence[str | None]] = []
        places: list[int] = []
        for record, line in records:
            start, end = end + 1, line
            row: Sequence[str | None] = record
            if len(record) != width or start != end or width == 1:
                if not record or record == [END]:
                    continue
                self._check(record, start, end)
                row = [*record, *[None] * (width - len(record))]
            rows.append(row)
            places.append(start)
            if len(rows) == CHUNK:
                yield _chunk(places, rows, positions)
                rows, places = [], []
        if rows:
            yield _chunk(places, rows, positions)

    def _check(self, record: Sequence[str], start: int, end: int) -> None:
        """A DataError if a record that is not one line with all its fields is damaged."""
        width = len(self.names)
        if END in record[-1]:
            self.refuse_open(record, start)
        found = f"{len(record)} field{'' if len(record) == 1 else 's'}"
        declared = f"columns {width}" if self.source.columns else f"the header {width}"
        if end > start:
            opened = next((i for i, field in enumerate(record) if "\n" in field or "\r" in field), 0)
            mark = self._mark(opened, start, f"the lines up to {end}")
            lines = f"{self.where}, lines {start} to {end} make one row"
            if len(record) != width:
                raise DataError(f"{lines} of {found}, {declared}: {mark}")
            if self.source.quoting is None and self._swallows_rows(record):
                trusted = "quoting: minimal if it does run over these lines"
                raise DataError(f"{lines}, though each looks like a row: {mark}, or {trusted}")
        elif len(record) > width:
            raise DataError(
                f"{self.where}, line {start} has {found}, {declared}; put a text that holds a {self.sign} "
                "between quotation marks, or set another delimiter in the task's source"
            )
        elif len(record) < width and any(self.delimiter in field for field in record):
            opened = next(i for i, field in enumerate(record) if self.delimiter in field)
            mark = self._mark(opened, start, f"a {self.sign}")
            raise DataError(f"{self.where}, line {start} has {found}, {declared}: {mark}")

    def _swallows_rows(self, record: Sequence[str]) -> bool:
        """Whether a row over several lines is several rows, of which a stray quotation mark made one.

        A text does not hold tabs as often as a row does. It may hold that many commas: then each line must
        have as many fields as a row, with no blank after a comma, and numbers where the others have numbers.
        """
        width = len(self.names)
        if self.delimiter == "\t":
            return any("\n" in field and field.count("\t") >= width - 1 > 0 for field in record)
        lines = [line.split(self.delimiter) for line in self.delimiter.join(record).split("\n")]
        if any(len(line) != width or any(field.startswith(" ") for field in line[1:]) for line in lines):
            return False
        opened = next((i for i, field in enumerate(record) if "\n" in field), 0)
        numbers = {tuple(is_number(field) for i, field in enumerate(line) if i != opened) for line in lines}
        return width > 1 and len(numbers) == 1

    def refuse_open(self, record: Sequence[str], start: int) -> NoReturn:
        """The DataError of a quotation mark that takes in the rest of the file."""
        mark = self._mark(len(record) - 1, start, "the rest of the file, as it is never closed")
        raise DataError(f"{self.where}, line {start}: {mark}")

    def _mark(self, opened: int, start: int, taken: str) -> str:
        name = f" ({self.names[opened]!r})" if opened < len(self.names) else ""
        return (
            f"the quotation mark that opens field {opened + 1}{name} on line {start} takes in {taken}; close "
            "it, or set quoting: none in the task's source if such marks are part of the text"
        )


def _chunk(places: Sequence[int], rows: Sequence[Sequence[str | None]], positions: Sequence[int]) -> Chunk:
    columns = ([row[position] for row in rows] for position in positions)
    return Chunk(places, tuple(_restored(column) for column in columns))


def _restored(column: list[str | None]) -> list[str | None]:
    """The column with its carriage returns."""
    if RETURN not in "".join(value for value in column if value):
        return column
    return [value and value.replace(RETURN, "\r") for value in column]
