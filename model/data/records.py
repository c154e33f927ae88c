"""The lines of delimited text as records, and the quotation marks that would get lost there."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from ..errors import DataError
from ..label import shown
from ..sources import Encoding, FilesSource
from .datafile import BEGUN, DataFile
from .textblocks import text_blocks

_LONGEST = 1 << 23
"""Signs that a field may have, so that a quotation mark that is never closed does not fill the memory."""

# No decoder gives half of a surrogate pair, so that none of these stands in a text.
RETURN = "\ud800"
"""Stands for a carriage return inside a line while the line is parsed."""
END = "\ud801"
"""A line of its own after the last one: a quotation mark that is still open there takes it in."""


def lines_of(
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
            yield io.StringIO(re.sub(r"\r(?!\n)", RETURN, block) if lone else block, newline=newline)
        yield iter([f"{END}\n"] if ended else ["\n", f"{END}\n"])

    return islice(chain.from_iterable(text()), skip, None)


class _ParseError(Exception):
    """What the `csv` module refuses, with the number of the line."""

    def __init__(self, line: int, wrong: str) -> None:
        super().__init__(wrong)
        self.line = line


@dataclass(frozen=True)
class Records:
    """What the lines of a file are parsed to.

    Attributes:
        file: The file.
        source: How it is written.
        delimiter: The sign between two fields.
    """

    file: DataFile
    source: FilesSource
    delimiter: str

    def each(self) -> Iterator[tuple[list[str], int]]:
        """Each record with the number of its last line, blank lines included.

        Raises:
            DataError: Quotation marks would get lost. If text follows one that ends a field, the record is
                given before, as who asked for it may know better what is wrong with it.
        """
        told = 0
        try:
            # To look for such text costs nothing in the pass that is made anyway.
            for record in self._parsed(strict=True):
                yield record
                told += 1
            return
        except _ParseError:
            torn = self._torn()
        try:
            for record in islice(self._parsed(), told, None):
                yield record
                if torn is not None and record[1] >= torn:
                    raise DataError(
                        f"{self.file.where}, line {torn}: text follows a quotation mark that ends a field; "
                        "set quoting: none in the task's source if such marks are part of the text, or "
                        f"double them if they are escaped by a backslash; {BEGUN}"
                    )
        except _ParseError as error:
            raise DataError(
                f"{self.file.where}, line {error.line}: {error}; is a quotation mark opened before it "
                "and never closed? If such marks are part of the text, set quoting: none in the task's source"
            ) from error

    def _parsed(self, strict: bool = False, bare: bool = False) -> Iterator[tuple[list[str], int]]:
        """Each record with the number of its last line.

        Args:
            strict: Whether text behind a mark that ends a field is refused, and a mark that is never closed.
            bare: Whether carriage returns before the end of a line are left out, and blanks behind a mark
                that ends a field.
        """
        skip = self.source.skip
        csv.field_size_limit(max(_LONGEST, csv.field_size_limit()))
        lines = lines_of(self.file, self.source.encoding, skip, self._check_blanks)
        tail = f'{RETURN}+(?=\r?\n)|(?<=") +(?=[{re.escape(self.delimiter)}\r\n])'
        reader = csv.reader(
            (re.sub(tail, "", line) for line in lines) if bare else lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_NONE if self.source.quoting == "none" else csv.QUOTE_MINIMAL,
            strict=strict,
        )
        try:
            for record in reader:
                yield record, skip + reader.line_num
        except csv.Error as error:
            raise _ParseError(skip + reader.line_num, str(error)) from error

    def _torn(self) -> int | None:
        """The first line that cannot be parsed strictly.

        Some programs end each line in two carriage returns and a line feed, or pad a field with blanks behind
        its mark: neither is text.
        """
        try:
            for _ in self._parsed(strict=True, bare=True):
                pass
        except _ParseError as error:
            return error.line
        return None

    def _check_blanks(self, block: str, before: int) -> None:
        """A DataError if a field is between quotation marks behind a blank, where they hold nothing together.

        In TSV, where fields are seldom quoted, such marks are part of the text.
        """
        if self.source.quoting == "none" or self.delimiter in "\t ":
            return
        for lines, field in _behind_blanks(block, self.delimiter):
            if before + lines >= self.source.skip:
                raise DataError(
                    f"{self.file.where}, line {before + lines + 1}: a blank stands before the quotation "
                    f"mark that opens {shown(field)}; take the blank out, or set quoting: none in the "
                    f"task's source if such marks are part of the text; {BEGUN}"
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
