"""Random tables, read by us, by `csv` and by pandas: `python -m tests.model_tests.data.differential 2000`."""

import csv
import io
import re
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from unittest import mock

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.data import datafile
from model.data.files import file_table
from model.errors import DataError
from model.sources import FilesSource

Rows = list[list[str]]

_NEWLINES = ("\n", "\r\n")

_BLANK = re.compile('(?:^|[\r\n]) +"')
"""How a field begins that is quoted behind a blank, which `csv` and pandas take for text with its marks."""


@dataclass(frozen=True)
class Written:
    """A file of two to four columns: how it was written, and how it is to be read, by how many bytes."""

    text: str
    codec: str
    delimiter: str
    quoting: Literal["minimal", "none"] | None
    block: int

    @property
    def source(self) -> FilesSource:
        encoding: Any = "utf-8" if self.codec == "utf-8-sig" else self.codec
        return FilesSource(
            train="t.csv",
            dev="t.csv",
            delimiter=self.delimiter,
            quoting=self.quoting,
            encoding=encoding,
        )

    @property
    def csv_quoting(self) -> Literal[0, 3]:
        return csv.QUOTE_NONE if self.quoting == "none" else csv.QUOTE_MINIMAL


@st.composite
def tables(draw: st.DrawFn) -> Written:
    """Tables that `csv` wrote, and others whose cells were joined as they are."""
    width = draw(st.integers(2, 4))
    delimiter = draw(st.sampled_from("\t,;|"))
    newline = draw(st.sampled_from(_NEWLINES))
    quoting = draw(st.sampled_from([None, "minimal", "none"]))
    codec = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    signs = ["a", "b", "1", " ", "'", "\\", '"', '"', '""', delimiter, newline, "é", "ÿ", "\x85", "\x0b", "#"]
    if codec != "latin-1":
        signs += ["\u2028", "语", "😀", "\ufeff"]
    cells = st.lists(st.sampled_from(signs), max_size=6).map("".join)
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))
    header = [f"column {i}" for i in range(width)]
    if draw(st.booleans()):
        text = delimiter.join(header) + newline + "".join(delimiter.join(row) + newline for row in rows)
        text = text.removesuffix(newline) if draw(st.booleans()) else text
    else:
        file = io.StringIO(newline="")
        styles: Any = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
        csv.writer(file, delimiter=delimiter, quoting=draw(styles), lineterminator=newline).writerows(
            [header, *rows]
        )
        text = file.getvalue()
    return Written(text, codec, delimiter, quoting, draw(st.sampled_from([5, 32, datafile.BLOCK])))


def by_us(path: Path, made: Written) -> Rows | None:
    """The rows as we read them; None where we refuse."""
    try:
        with mock.patch.object(datafile, "BLOCK", made.block):
            table = file_table(made.source, "train", path.parent)
            chunks = list(table.chunks(table.names))
    except DataError:
        return None
    return _plain([list(row) for chunk in chunks for row in zip(*chunk.columns, strict=True)])


def by_csv(made: Written) -> Rows | None:
    """The rows as `csv` reads them; None where it finds more fields than columns."""
    reader = csv.reader(
        io.StringIO(made.text, newline=""), delimiter=made.delimiter, quoting=made.csv_quoting
    )
    header, *rows = reader
    if any(len(row) > len(header) for row in rows):
        return None
    return _plain([[*row, *[""] * (len(header) - len(row))] for row in rows])


def is_torn(made: Written) -> bool:
    """Whether text follows the mark that ends a field."""
    try:
        list(csv.reader(io.StringIO(made.text, newline=""), delimiter=made.delimiter, strict=True))
    except csv.Error:
        return True
    return False


def by_pandas(path: Path, made: Written) -> Rows | None:
    """The rows as pandas reads them; None where it refuses."""
    try:
        # It says that it leaves fields out, and goes on.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            path,
            sep=made.delimiter,
            encoding=made.codec,
            quoting=made.csv_quoting,
            dtype=str,
            keep_default_na=False,
            index_col=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        return None
    return _plain(frame.astype(object).where(frame.notna(), "").to_numpy().tolist())


def _plain(rows: Sequence[Sequence[Any]]) -> Rows:
    """Rows without those that hold nothing; no value and an empty text are the same."""
    plain = [["" if value is None else str(value) for value in row] for row in rows]
    return [row for row in plain if any(row)]


def compare(made: Written, folder: Path) -> str:
    """What became of one table: ``read``, ``refused``, or ``suspected`` of a stray quotation mark.

    Raises:
        AssertionError: We read something else than both, or something where they differ.
    """
    path = folder / "t.csv"
    path.write_bytes(made.text.encode(made.codec))
    ours, theirs, others = by_us(path, made), by_csv(made), by_pandas(path, made)
    if theirs is None or theirs != others:
        assert ours is None, (made, ours, theirs, others)
        return "refused"
    if ours is None:
        # Both take rows for the text between two quotation marks, or marks for text, without a word.
        held = any(made.delimiter in cell or _BLANK.search(cell) for row in theirs for cell in row)
        assert (held or is_torn(made)) and made.quoting != "none", (made, theirs)
        return "suspected"
    assert ours == theirs, (made, ours, theirs)
    return "read"


def main(count: int) -> None:
    """Compares this many tables, and prints what became of them."""
    seen: Counter[str] = Counter()
    with TemporaryDirectory() as folder:

        @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(tables())
        def each(made: Written) -> None:
            seen[compare(made, Path(folder))] += 1

        each()
    print(f"{sum(seen.values()):,} tables: {', '.join(f'{n:,} {what}' for what, n in seen.most_common())}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
