"""A dataset of the Hugging Face hub, or of a local folder, as a table."""

import hashlib
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..result import Split
from ..sources import HubSource
from .datafile import DataFile
from .files import split_name
from .table import CHUNK, Chunk, DataTable, decimals, decoded


def hub_table(source: HubSource, split: Split, data: Path | None) -> DataTable:
    """A split of a dataset, from the hub, the cache of `datasets`, or a local folder.

    The hub marks the rows of splits without labels with -1.

    Args:
        source: The source. Its path is a folder below `data` if there is one, else a folder as it is written.
        split: Which split.
        data: Folder of the data files, SWEEPER_DATA.
    """
    name = split_name(source, split)
    folder = _folder(source.path, data)
    subset = f", subset {source.subset!r}" if source.subset else ""
    where = f"dataset {str(folder or source.path)!r}{subset}, split {name!r}"
    try:
        import datasets
    except ImportError as error:
        raise DataError(
            f"{where}: needs the package `datasets`; pip install 'sentence-sweeper[hub]'"
        ) from error
    for library in ("datasets", "huggingface_hub"):
        # What they log of a failure stands in the error below, without their attempts one by one.
        logging.getLogger(library).setLevel(logging.CRITICAL)
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    try:
        # By path and time alone the library would not see that a folder's files are others.
        of = {"cache_dir": f"{datasets.config.HF_DATASETS_CACHE}/{_content(folder)}"} if folder else {}
        dataset = datasets.load_dataset(str(folder or source.path), name=source.subset, split=name, **of)
    except Exception as error:  # whatever the network, the parsers or the file formats raise
        raise DataError(
            f"{where} cannot be loaded: {_reason(error)}; {_way_out(source.path, folder, data)}"
        ) from error
    names = tuple(dataset.column_names)
    kinds = {name: getattr(feature, "dtype", None) for name, feature in dataset.features.items()}
    single = {name: getattr(np, kind) for name, kind in kinds.items() if kind in ("float32", "float16")}

    def read(positions: Sequence[int]) -> Iterator[Chunk]:
        wanted = [names[position] for position in positions]
        part = dataset.select_columns(list(dict.fromkeys(wanted)))
        for start in range(0, len(dataset), CHUNK):
            try:
                rows = part[start : start + CHUNK]
            except UnicodeDecodeError:
                # The library does not say where; column by column it is found.
                found = part.with_format("arrow")[start : start + CHUNK]
                for name in found.column_names:
                    decoded(found.column(name), name, where, start + 1)
                raise
            end = min(start + CHUNK, len(dataset))
            columns = (
                decimals(rows[name], single[name]) if name in single else rows[name] for name in wanted
            )
            yield Chunk(range(start + 1, end + 1), tuple(columns))

    return DataTable(where, names, read, no_label=-1)


def _content(folder: Path) -> str:
    """What tells the files of a folder from others."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found = DataFile.found(file)
        digest.update(f"{file.relative_to(folder)}\0{found.sha256}\n".encode())
    return digest.hexdigest()[:32]


def _folder(path: str, data: Path | None) -> Path | None:
    """The local folder of this path; None if it names a dataset of the hub."""
    below = data / path if data else Path(path)
    if below.is_dir():
        return below
    # Before there was SWEEPER_DATA for them, such paths were those of the working folder.
    if Path(path).is_dir():
        return Path(path)
    if Path(path).is_absolute() or path.startswith((".", "~")):
        raise DataError(
            f"dataset {path!r}: there is no folder {below}; correct its path in the task's source"
        )
    return None


def _reason(error: BaseException) -> str:
    """What went wrong in one line: what `datasets` says, and what lies below it."""
    cause = error
    while cause.__cause__:
        cause = cause.__cause__
    lines = [" ".join(str(one).split()) or type(one).__name__ for one in (error, cause)]
    return lines[0] if lines[1] in lines[0] else f"{lines[0].rstrip('.')}: {lines[1]}"


def _way_out(path: str, folder: Path | None, data: Path | None) -> str:
    if folder:
        return "check the names of subset and split, and the folder's files; kind: files reads more encodings"
    place = f"there is no folder {data / path}" if data else "SWEEPER_DATA, for folders, is not set"
    return f"{place}; for one on the Hub check the names of dataset, subset and split"
