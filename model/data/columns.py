"""Reads a source as columns: the demo corpus, a tab-separated file, or a dataset of the Hugging Face hub."""

import codecs
import csv
import difflib
import hashlib
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ..errors import DataError
from ..files import read_file
from ..result import Split
from ..tasks import DemoSource, FilesSource, HubSource
from .demo import corpus as demo


@dataclass(frozen=True)
class Columns:
    """What a source holds, unchecked.

    Attributes:
        where: The source, for messages.
        columns: The columns by name, in order.
        places: What to call each row in a message.
        no_label: The number that stands for a missing label, unless the task allows it as a label.
        sha256: SHA-256 of the file; None of another source.
    """

    where: str
    columns: Mapping[str, Sequence[object]]
    places: Sequence[str]
    no_label: float | None = None
    sha256: str | None = None

    def column(self, name: str) -> Sequence[object]:
        """The column of this name; a DataError that names the nearest one if there is none."""
        if name in self.columns:
            return self.columns[name]
        found = list(self.columns)
        named = ", ".join(repr(column) for column in found if column)
        tabs = "; the columns must be separated by tabs" if len(found) == 1 else ""
        raise DataError(f"{self.where} has no column {name!r}{_nearest(name, found)}; it has {named}{tabs}")


def demo_columns(source: DemoSource, split: Split) -> Columns:
    """The demo corpus; its columns are named as in the CS224N files."""
    rows = demo.examples(source.task, split, source.seed)
    columns = zip(*((*row.texts, row.label) for row in rows), strict=True)
    return Columns(
        f"the demo corpus {source.task!r}",
        dict(zip(demo.COLUMNS[source.task], columns, strict=True)),
        [f"row {number}" for number in range(1, len(rows) + 1)],
    )


def file_columns(source: FilesSource, split: Split, data: Path | None) -> Columns:
    """A tab-separated file with a header, in UTF-8 with or without a byte order mark.

    A row shorter than the header lacks its last values (None). Any other flaw is a DataError.
    """
    name = _named(source, split)
    try:
        path = _file_path(name, data)
        content = read_file(path)
    except OSError as error:
        raise DataError(
            f"file {name!r} of the data folder {data} cannot be read: {error.strerror}; "
            "check its path and permissions"
        ) from error
    where = f"file {path}"
    # The quoting of the course's own reader: csv.DictReader with a tab, which forgives stray quotes.
    reader = csv.reader(io.StringIO(_decoded(content, where), newline=""), delimiter="\t")
    records: list[list[str]] = []
    places: list[str] = []
    try:
        header = next(reader, None)
        if not header:
            raise DataError(f"{where} has no header line; its first line must name the columns")
        end = reader.line_num
        for record in reader:
            start, end = end + 1, reader.line_num
            if record:
                _check_width(record, header, where, start, end)
                records.append(record)
                places.append(f"line {start}")
    except csv.Error as error:
        raise DataError(
            f"{where}, line {reader.line_num}: {error}; "
            "is a quotation mark opened before it and never closed?"
        ) from error
    width = len(header)
    padded: list[list[str | None]] = [[*record, *[None] * (width - len(record))] for record in records]
    columns = zip(*padded, strict=True) if padded else [()] * width
    digest = hashlib.sha256(content).hexdigest()
    return Columns(where, dict(zip(header, columns, strict=True)), places, sha256=digest)


def _named(source: FilesSource | HubSource, split: Split) -> str:
    name = {"train": source.train, "dev": source.dev, "test": source.test}[split]
    if name is None:
        raise DataError(f"no {split} rows are named in its source")
    return name


def _file_path(name: str, data: Path | None) -> Path:
    if data is None:
        raise DataError(
            f"no data folder is set for file {name!r}; set SWEEPER_DATA to the folder that holds it"
        )
    if not data.is_dir():
        raise DataError(
            f"the data folder {data} (SWEEPER_DATA) is not a folder; set it to one that holds {name!r}"
        )
    relative = PurePath(name)
    if relative.is_absolute() or ".." in relative.parts or "\0" in name:
        raise DataError(f"file {name!r} is outside the data folder; give a path below {data}, without '..'")
    path = data / relative
    if not path.is_file():
        found = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
        raise DataError(
            f"file {path} is missing{_nearest(relative.name, found)}; put it there, "
            "or correct SWEEPER_DATA or the file's name in the workload"
        )
    return path


def _decoded(content: bytes, where: str) -> str:
    nul = content.find(b"\0")
    if nul >= 0 and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(
            f"{where}, line {_line(content, nul)}: NUL byte at {nul}; the file is damaged or no text"
        )
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}, line {_line(content, error.start)}: byte {error.start} "
            f"(0x{content[error.start]:02x}) is not UTF-8; save the file as UTF-8"
        ) from error


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _check_width(record: list[str], header: list[str], where: str, start: int, end: int) -> None:
    if len(record) > len(header):
        raise DataError(
            f"{where}, line {start} has {len(record)} fields, the header {len(header)}; "
            "put a text that holds a tab between quotation marks"
        )
    # A short row may lack its label. One that also runs over lines has swallowed the rows after it.
    if len(record) < len(header) and end > start:
        raise DataError(
            f"{where}, lines {start} to {end} make one row of {len(record)} fields, the header has "
            f"{len(header)}; close the quotation mark opened on line {start}"
        )


def hub_columns(source: HubSource, split: Split, wanted: Sequence[str]) -> Columns:
    """A split of a dataset, from the hub, the cache of `datasets`, or a local folder.

    Only the `wanted` columns are loaded; the others are there by name. The hub marks the rows of splits
    without labels with -1.
    """
    name = _named(source, split)
    subset = f", subset {source.subset!r}" if source.subset else ""
    where = f"dataset {source.path!r}{subset}, split {name!r}"
    try:
        import datasets
    except ImportError as error:
        raise DataError(
            f"{where}: needs the package `datasets`; pip install 'sentence-sweeper[hub]'"
        ) from error
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    try:
        dataset = datasets.load_dataset(source.path, name=source.subset, split=name)
        columns = {column: dataset[column] for column in dataset.column_names}
        columns |= {column: columns[column][:] for column in wanted if column in columns}
    except Exception as error:  # whatever the network, the parsers or the file formats raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{where} cannot be loaded: {reason}; check its name, subset and split, and the network"
        ) from error
    return Columns(where, columns, [f"row {number}" for number in range(1, len(dataset) + 1)], no_label=-1)


def _nearest(name: str, found: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, found, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
