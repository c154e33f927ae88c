"""Which files of the user's are which split, and how they are to be read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from model.data.files import PACKED, SUFFIXES, file_table
from model.data.table import DataTable, is_number
from model.errors import DataError
from model.label import key_of
from model.result import SPLITS, Split
from model.sources import FilesSource

from ..errors import InputError
from .column import NO_LABELS, UNNAMED, look_at

_NAMED: dict[Split, str] = {"train": "train", "dev": "dev|val|valid|validation", "test": "test"}

_SUFFIXES = (*SUFFIXES, ".csv", ".txt", *PACKED)
"""What a file's name ends in that is not its name."""

_WAYS: tuple[dict[str, str], ...] = (
    {},
    {"quoting": "none"},
    {"quoting": "minimal"},
    {"encoding": "utf-16"},
    {"encoding": "cp1252"},
    {"encoding": "cp1252", "quoting": "none"},
    {"encoding": "latin-1"},
    {"encoding": "latin-1", "quoting": "none"},
)
"""How files may have to be read, the likeliest first."""


@dataclass(frozen=True)
class UserFiles:
    """The files of a task.

    Attributes:
        data: The data folder that holds them.
        names: Each split's file, relative to it.
        how: What a source must say so that they can be read.
    """

    data: Path
    names: Mapping[Split, str]
    how: Mapping[str, Any]

    def table(self, split: Split) -> DataTable:
        """The table of a split."""
        return _table(self.names[split], self.how, self.data)

    def width(self, split: Split) -> int:
        """How many columns the first line of a split has."""
        how = {key: value for key, value in self.how.items() if key != "columns"}
        return len(_table(self.names[split], how, self.data).names)


def user_files(paths: Sequence[Path], data: Path | None) -> UserFiles:
    """Looks at files.

    Args:
        paths: One to three: training, dev and test rows, as their names say, else in this order.
        data: Folder of the data files, if it is set; else the one that holds them all.

    Raises:
        InputError: If one of them is not there, named twice or outside the data folder, or there are too
            many.
        DataError: If they cannot be read in any way that is known.
    """
    if len(paths) > len(SPLITS):
        raise InputError(f"{len(paths)} files were named: name one to three, of train, dev and test rows")
    for path in paths:
        if not path.is_file():
            raise InputError(f"file {str(path)!r} is not there")
    full = [path.resolve() for path in paths]
    if data is None:
        data = next(folder for folder in full[0].parents if all(folder in path.parents for path in full))
    for path in full:
        if data not in path.parents:
            raise InputError(
                f"file {str(path)!r} is outside the data folder {str(data)!r} (SWEEPER_DATA); unset that, or "
                "set it to a folder that holds the file"
            )
        if full.count(path) > 1:
            raise InputError(f"file {str(path)!r} is named twice: each split needs one of its own")
    names = _splits([path.relative_to(data).as_posix() for path in full])
    return UserFiles(data, names, _how(list(names.values()), data))


def name_after(path: Path) -> str:
    """What to call a workload of a file: as the file without its split, or as its folder."""
    stem = path.name
    while PurePath(stem).suffix.lower() in _SUFFIXES:
        stem = PurePath(stem).stem
    words = "|".join(_NAMED.values())
    for name in (
        re.sub(rf"(?<![a-z])({words})(?![a-z])", "", stem.lower()),
        path.resolve().parent.name,
        stem,
    ):
        if kept := "_".join(re.findall(r"[A-Za-z0-9-]+", name)).strip("_-"):
            return kept
    return "data"


def _splits(names: Sequence[str]) -> dict[Split, str]:
    said = {name: _said(name.rpartition("/")[2]) for name in names}
    found: dict[Split, str] = {}
    # A name that says one split before one that says several: of train.tsv and train_dev.tsv.
    for name in sorted(names, key=lambda name: len(said[name])):
        split = next((split for split in said[name] if split not in found), None)
        if split is not None:
            found[split] = name
    rest = [name for name in names if name not in found.values()]
    free = [split for split in SPLITS if split not in found]
    found |= dict(zip(free, rest, strict=False))
    if "train" not in found:
        raise InputError(f"which file has the training rows? Name it beside {', '.join(names)}")
    return {split: found[split] for split in SPLITS if split in found}


def _said(name: str) -> list[Split]:
    """The splits that a file's name says."""
    return [
        split for split, words in _NAMED.items() if re.search(rf"(?<![a-z])({words})(?![a-z])", name.lower())
    ]


def _how(names: Sequence[str], data: Path) -> dict[str, Any]:
    """What a source must say so that all files can be read whole."""
    first: DataError | None = None
    for way in _WAYS:
        try:
            tables = [_table(name, way, data) for name in names]
            columns = _headerless(tables[0])
            how = way | ({"columns": columns} if columns else {})
            for name in names:
                table = _table(name, how, data)
                for _ in table.read(range(len(table.names))):
                    pass
        except DataError as error:
            first = first or error
        else:
            return how
    assert first is not None  # noqa: S101
    raise first


def _headerless(table: DataTable) -> list[str]:
    """Names for the columns of a file whose first line is a row; none where it names them."""
    named = [name for name in table.names if name]
    if named == [str(place) for place in range(len(named))] or not table.header_line:
        return []
    unlike = any(is_number(name) or len(name.split()) > 3 for name in named)
    row = _is_among(table) or (unlike and not _names_columns(table))
    return [f"{UNNAMED}{place}" for place in range(1, len(table.names) + 1)] if row else []


def _names_columns(table: DataTable) -> bool:
    """Whether the first line holds what no row does: no number in a column of numbers, or a label of its own.

    A label by itself is one that no other row has, where each of the others is there several times.
    """
    for name, look in zip(table.names, look_at(table), strict=True):
        if not name or name.lower() in NO_LABELS or is_number(name) or key_of(name) in look.counts:
            continue
        if look.numbers is not None or (look.may_be_label and min(look.counts.values()) > 1):
            return True
    return False


def _is_among(table: DataTable) -> bool:
    """Whether a name of a column is one of its own values, as that of a class is where there is no header."""
    first = next(iter(table.read(range(len(table.names)))), None)
    return first is not None and any(
        name in values for name, values in zip(table.names, first.columns, strict=True) if name
    )


def _table(name: str, how: Mapping[str, Any], data: Path) -> DataTable:
    return file_table(FilesSource.model_validate({"train": name, "dev": name, **how}), "train", data)
