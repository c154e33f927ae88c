"""A file of delimited text as a table: tabs, commas or another sign between the fields of a line."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NoReturn

from ..errors import DataError
from ..label import shown
from ..sources import Encoding, FilesSource, Format
from .datafile import BEGUN, DataFile
from .table import CHUNK, Chunk, DataTable, is_number
from .textblocks import text_blocks

_LONGEST = 1 << 23
"""Signs that a field may have, so that a quotation mark that is never closed does not fill the memory."""

# No decoder gives half of a surrogate pair, so that none of these stands in a text.
_RETURN = "\ud800"
"""Stands for a carriage return inside a line while the line is parsed."""
_END = "\ud801"
"""A line of its own after the last one: a quotation mark that is still open there takes it in."""

_EXCEL = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)
"""The line by which Excel is told the delimiter, before the header."""


def delimited_table(file: DataFile, source: FilesSource, kind: Format) -> DataTable:
    """The table of a file of tsv or csv.

    Quotation marks are read as the `csv` module does, so that stray ones inside a field are forgiven. A row
    shorter than the header lacks its last values (None). Any other flaw is a DataError.

    Args:
        file: The file.
        source: How it is written. Without a `delimiter` it is a tab for tsv and a comma for csv if the source
            names that format, else a tab wherever the first line has one.
        kind: The format, named or guessed.
    """
    first = next(_lines(file, source.encoding, source.skip), "")
    if _EXCEL.match(first):
        raise DataError(
            f"{file.where}, line {source.skip + 1} is {first.rstrip()!r}, which tells Excel the delimiter; "
            f"set skip: {source.skip + 1} in the task's source"
        )
    delimiter = source.delimiter or _delimiter(first, kind, guessed=source.format is None)
    text = _Delimited(file, source, delimiter, source.columns or ())
    empty = not first or first.startswith(_END)
    header = [] if empty else next(text.records())[0]
    if not source.columns:
        if header and _END in header[-1]:
            text.refuse_open(header, source.skip + 1)
        if not header:
            raise DataError(
                f"{text.where} has no header line; its line {source.skip + 1} must name the columns, or set "
                "columns: [...] in the task's source"
            )
        # Some programs end each line in two carriage returns and a line feed.
        names = (name.replace(_RETURN, "\r").strip("\r") for name in header)
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


def _lines(
    file: DataFile,
    encoding: Encoding,
    skip: int,
    check: Callable[[str, int], object] = lambda block, before: None,
) -> Iterator[str]:
    """The lines of a file with their ends, from the one after those that are skipped, and one more.

    Args:
        file: The file.
        encoding: Its encoding.
        skip: How many lines are skipped.
        check: Sees each block of whole lines first, and how many lines come before it.
    """

    def text() -> Iterator[Iterator[str]]:
        newline, ended, before = None, True, 0
        for block in text_blocks(file, encoding):
            check(block, before)
            if newline is None:
                # Only in a file without line feeds does a carriage return end a line.
                newline = "\n" if "\n" in block else ""
            lone = newline and block.count("\r") > block.count("\r\n")
            ended = block.endswith(newline or "\r")
            before += block.count(newline or "\r")
            yield io.StringIO(re.sub(r"\r(?!\n)", _RETURN, block) if lone else block, newline=newline)
        yield iter([f"{_END}\n"] if ended else ["\n", f"{_END}\n"])

    return islice(chain.from_iterable(text()), skip, None)


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

    def records(self) -> Iterator[tuple[list[str], int]]:
        """Each record with the number of its last line, blank lines included."""
        skip = self.source.skip
        csv.field_size_limit(max(_LONGEST, csv.field_size_limit()))
        reader = csv.reader(
            _lines(self.file, self.source.encoding, skip, self._check_marks),
            delimiter=self.delimiter,
            quoting=csv.QUOTE_NONE if self.source.quoting == "none" else csv.QUOTE_MINIMAL,
        )
        try:
            for record in reader:
                yield record, skip + reader.line_num
        except csv.Error as error:
            raise DataError(
                f"{self.where}, line {skip + reader.line_num}: {error}; is a quotation mark opened before it "
                "and never closed? If such marks are part of the text, set quoting: none in the task's source"
            ) from error

    def chunks(self, positions: Sequence[int]) -> Iterator[Chunk]:
        """The rows, with the columns of these positions from 0."""
        records = self.records()
        width, end = len(self.names), self.source.skip
        if not self.source.columns:
            _, end = next(records)
        rows: list[Sequence[str | None]] = []
        places: list[int] = []
        for record, line in records:
            start, end = end + 1, line
            row: Sequence[str | None] = record
            if len(record) != width or start != end or width == 1:
                if not record or record == [_END]:
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

    def _check_marks(self, block: str, before: int) -> None:
        """A DataError if a field is between quotation marks behind a blank, where they hold nothing together.

        In TSV, where fields are seldom quoted, such marks are part of the text.
        """
        if self.source.quoting == "none" or self.delimiter in "\t ":
            return
        for lines, field in _behind_blanks(block, self.delimiter):
            if before + lines >= self.source.skip:
                raise DataError(
                    f"{self.where}, line {before + lines + 1}: a blank stands before the quotation mark that "
                    f"opens {shown(field)}; take the blank out, or set quoting: none in the task's source if "
                    f"such marks are part of the text; {BEGUN}"
                )

    def _check(self, record: Sequence[str], start: int, end: int) -> None:
        """A DataError if a record that is not one line with all its fields is damaged."""
        width = len(self.names)
        if _END in record[-1]:
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


def _behind_blanks(block: str, delimiter: str) -> Iterator[tuple[int, str]]:
    """The fields of whole lines that are quoted behind one blank or two, each with the lines before it.

    They are found by what stands before them, which is rare: a look at each sign would take as long as all
    that is read. A mark of a text is doubled between marks, and none of these.
    """
    end = "\n" if "\n" in block else "\r"
    text = f"{end}{block}"
    quoted = f'("(?:[^"\r\n]|"")*")(?=[{re.escape(delimiter)}\r\n]|\\Z)'
    for before in (f"{sign}{blanks}" for sign in (delimiter, end) for blanks in (" ", "  ")):
        if f'{before}"' not in text:
            continue
        for found in re.finditer(f"{re.escape(before)}{quoted}", text):
            line = text.rfind(end, 0, found.start() + 1)
            # Behind an odd number of marks the text between two of them goes on.
            if text.count('"', line, found.start()) % 2 == 0:
                yield text.count(end, 0, found.start() + 1) - 1, found[1]


def _chunk(places: Sequence[int], rows: Sequence[Sequence[str | None]], positions: Sequence[int]) -> Chunk:
    columns = ([row[position] for row in rows] for position in positions)
    return Chunk(places, tuple(_restored(column) for column in columns))


def _restored(column: list[str | None]) -> list[str | None]:
    """The column with its carriage returns."""
    if _RETURN not in "".join(value for value in column if value):
        return column
    return [value and value.replace(_RETURN, "\r") for value in column]
