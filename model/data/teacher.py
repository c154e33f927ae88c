"""A teacher's predictions for the training rows of a task, from a file, by what the rows say."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..sources import FilesSource
from ..tasks import Task
from .files import FileState, file_state, file_table, sha256_of
from .hashes import hashes_of

HASH = "hash"
"""Column of the hash of a row's texts in their order, 16 hexadecimal digits of `hashes_of`.

Files of earlier versions have that of either order, which is the hash of one of both.
"""

Taught = NDArray[np.float32]
"""For each row the probabilities of the classes, or the score on 0-1; NaN without a prediction."""


def hash_texts(texts: Sequence[Sequence[str]]) -> list[str]:
    """What stands in the column `HASH` for rows; `texts` has one column per text."""
    return [f"{number:016x}" for number in hashes_of(texts, ordered=True).tolist()]


def read_teacher(name: str, task: Task, file: str, data: Path | None) -> dict[str, tuple[float, ...]]:
    """What a teacher predicts, by the hash of a row's texts; of rows that say the same the first counts.

    Args:
        name: The task, for messages.
        task: The task.
        file: The file, relative to the data folder.
        data: Folder of the data files.

    Returns:
        The probabilities of the classes, which add up to 1, or the score on 0-1, which may lie beyond.

    Raises:
        DataError: If there is no such file, it lacks a column, or a row is malformed.
    """
    try:
        return dict(_read(task, file, data))
    except DataError as error:
        raise DataError(f"distillation.teacher.{name}: {error}") from error.__cause__


def _read(task: Task, file: str, data: Path | None) -> Iterator[tuple[str, tuple[float, ...]]]:
    table = file_table(_source(file), "train", data)
    columns = [f"probability.{one}" for one in task.class_names] if task.range is None else ["prediction"]
    low, high = task.range or (0.0, 1.0)
    seen: set[str] = set()
    for chunk in table.chunks([HASH, *columns]):
        for place, key, *values in zip(chunk.places, *chunk.columns, strict=True):
            where = f"{table.where}, {table.unit} {place}"
            if not isinstance(key, str) or len(key) != 16:
                raise DataError(f"{where}, column {HASH!r}: {key!r} is no hash of `sweeper predict --hash`")
            if key in seen or all(value in (None, "") for value in values):
                continue
            seen.add(key)
            numbers = tuple((_number(value, where) - low) / (high - low) for value in values)
            if task.range is None and not (min(numbers) >= 0 and abs(sum(numbers) - 1) < 1e-3):
                raise DataError(f"{where}: {', '.join(map(str, values))} are no probabilities of classes")
            yield key, numbers


def _number(value: object, where: str) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise DataError(f"{where}: {value!r} is no number")
    return number


def taught_rows(
    name: str, task: Task, file: str, texts: Sequence[Sequence[str]], data: Path | None
) -> Taught:
    """A teacher's predictions for rows, ``[rows, outputs]``; NaN where it has none.

    A pair that it predicted in the other order alone has that prediction.

    Args:
        name: The task, for messages.
        task: The task.
        file: The file, relative to the data folder.
        texts: Of the rows, one column per text.
        data: Folder of the data files.

    Raises:
        DataError: As in `read_teacher`, and if it has a prediction for no row at all.
    """
    known = read_teacher(name, task, file, data)
    missing = (np.nan,) * task.outputs
    keys = zip(hash_texts(texts), hash_texts(texts[::-1]), strict=True)
    found = np.array([known.get(key, known.get(turned, missing)) for key, turned in keys], dtype=np.float32)
    if np.isnan(found).all():
        raise DataError(
            f"distillation.teacher.{name}: file {file!r} has a prediction for none of the "
            f"{len(found):,} training rows; predict these with `sweeper predict --hash`"
        )
    return found


def teacher_state(file: str, data: Path | None) -> FileState:
    """By what a teacher's file is known again; a DataError if there is none."""
    return file_state(_source(file), "train", data)


def teacher_sha256(file: str, data: Path | None) -> str:
    """SHA-256 of a teacher's file as it is now; a DataError if there is none."""
    return sha256_of(_source(file), "train", data)


def _source(file: str) -> FilesSource:
    return FilesSource(train=file, dev=file)
