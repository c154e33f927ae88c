"""A file of the data folder as a table, whatever its format."""

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath

from ..errors import DataError
from ..result import Split
from ..sources import FilesSource, Format, HubSource, name_of
from .datafile import DataFile
from .delimited import delimited_table
from .jsonlines import jsonl_table
from .parquet import parquet_table
from .table import DataTable

SUFFIXES: dict[str, Format] = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
"""The format that a file's name says, where it does not end as one of CSV, which is what remains."""

PACKED = (".gz", ".zst", ".xz", ".zip")
"""What the name of a packed file ends in."""

_EXCEL = {".xlsx": b"PK\x03\x04", ".xlsm": b"PK\x03\x04", ".xls": b"\xd0\xcf\x11\xe0"}
"""What a file of Excel begins with, by what its name ends in."""


def file_table(source: FilesSource, split: Split, data: Path | None) -> DataTable:
    """The file of a split.

    Args:
        source: The source; what it leaves open is guessed from the file's name and first bytes.
        split: Which of its files.
        data: Folder of the data files, SWEEPER_DATA.

    Raises:
        DataError: There is no such file, it is damaged, or it is of another format than the source says.
    """
    name = split_name(source, split)
    try:
        file = DataFile.found(_path(name, data))
    except OSError as error:
        raise DataError(
            f"file {name!r} of the data folder {data} cannot be read: {error.strerror}; "
            "check its path and permissions"
        ) from error
    with file.path.open("rb") as content:
        if content.read(4) == _EXCEL.get(suffix_of(name)):
            raise DataError(f"{file.where} is an Excel file: save it as CSV")
    kind = source.format or _guessed(file)
    idle = [option for option in _unused(kind) if getattr(source, option) not in (None, 0)]
    if idle:
        raise DataError(f"{file.where} is {kind}; leave out {' and '.join(idle)}, for tsv and csv only")
    match kind:
        case "jsonl":
            return jsonl_table(file, source.encoding)
        case "parquet":
            return parquet_table(file)
        case "tsv" | "csv":
            return delimited_table(file, source, kind)


@dataclass(frozen=True)
class FileState:
    """What tells, without reading it, whether a file is as it was.

    Attributes:
        path: Where it is.
        number: Its number in the file system.
        size: Bytes.
        modified: When its content was last written, in nanoseconds, which programs may set.
        noticed: When anything about it last changed, in nanoseconds, which they cannot.
    """

    path: str
    number: int
    size: int
    modified: int
    noticed: int

    @property
    def changed(self) -> float:
        """The later of both times, in seconds since 1970."""
        return max(self.modified, self.noticed) / 1e9


def file_state(source: FilesSource, split: Split, data: Path | None) -> FileState:
    """The state of the file of a split; a DataError if there is none."""
    path = _path(split_name(source, split), data).resolve()
    found = path.stat()
    return FileState(str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def sha256_of(source: FilesSource, split: Split, data: Path | None) -> str:
    """SHA-256 of the file of a split as it is now; a DataError if there is none."""
    return _sha256_of(file_state(source, split, data))


@cache
def _sha256_of(state: FileState) -> str:
    return DataFile.found(Path(state.path)).sha256


def split_name(source: FilesSource | HubSource, split: Split) -> str:
    """The file of a split, or its name on the hub."""
    name = name_of(source, split)
    if name is None:
        raise DataError(f"no {split} rows are named in its source")
    return name


def suffix_of(name: str) -> str:
    """What a file's name ends in, apart from how it is packed."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix not in PACKED), "")


def _path(name: str, data: Path | None) -> Path:
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
        below = None if "\0" in name else (data / relative).resolve()
        if below is not None and below.is_relative_to(data.resolve()):
            raise DataError(
                f"file {name!r}: write {str(below.relative_to(data.resolve()))!r}, its path below {data}"
            )
        raise DataError(f"file {name!r} is outside the data folder; give a path below {data}, without '..'")
    path = data / relative
    if not path.is_file():
        found = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
        near = difflib.get_close_matches(relative.name, found, n=1)
        raise DataError(
            f"file {path} is missing{f' (did you mean {near[0]!r}?)' if near else ''}; put it there, "
            "or correct SWEEPER_DATA or the file's name in the workload"
        )
    return path


def _guessed(file: DataFile) -> Format:
    """The format of a file that its source does not name.

    What the file begins with says more than its name: the course's `.csv` files hold tabs.
    """
    first = file.first_bytes()
    if first.startswith(b"PAR1"):
        return "parquet"
    if first.lstrip(b"\xef\xbb\xbf \r\n").startswith(b'{"'):
        return "jsonl"
    return SUFFIXES.get(suffix_of(file.path.name), "csv")


def _unused(kind: Format) -> tuple[str, ...]:
    """The fields of a source that mean nothing for a format."""
    return () if kind in ("tsv", "csv") else ("delimiter", "quoting", "columns", "skip")
