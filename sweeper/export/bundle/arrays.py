"""Predictions as NumPy arrays, each content once: all trials of a study have the same rows."""

import io
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from model.predictions import Predictions
from model.tasks import Task

from .standins import StandIns

Array = NDArray[np.generic]

MOST_ROWS = 10_000_000
"""Rows that an array may have."""

_KINDS = "fiuU"
"""Kinds of values that an array may have: numbers and text, never objects."""


class ArrayShelf:
    """The arrays of a bundle that is being written.

    Ids of rows are numbered in the order in which they are seen, and of the outputs of heads only those are
    taken that a metric is computed from: who has no right to the data learns nothing of them but labels.

    Args:
        stand_ins: For what groups are called.

    Attributes:
        contents: Bytes of each as a ``.npy``, by its number.
    """

    def __init__(self, stand_ins: StandIns) -> None:
        self.contents: list[bytes] = []
        self._stand_ins = stand_ins
        self._numbers: dict[bytes, int] = {}
        self._ids: dict[str, dict[str, int]] = {}

    def add(self, predictions: Mapping[str, Predictions], tasks: Mapping[str, Task]) -> dict[str, Any]:
        """Takes the predictions of one trial, and gives the numbers of their arrays by task."""
        return {
            self._stand_ins.text(name): self._task(name, one, tasks.get(name))
            for name, one in predictions.items()
        }

    def _task(self, name: str, one: Predictions, task: Task | None) -> dict[str, Any]:
        known = self._ids.setdefault(name, {})
        ids = np.array([known.setdefault(str(each), len(known)) for each in one.ids], dtype=np.int64)
        groups = {
            self._stand_ins.text(column): self._number(
                np.array([self._stand_ins.text(str(each)) for each in values], dtype=np.str_)
            )
            for column, values in one.groups.items()
        }
        kept = {"ids": ids, "predicted": one.predicted, "labels": one.labels}
        kept |= {} if one.words is None else {"words": one.words}
        kept |= {} if one.bootstrap is None else {"bootstrap": one.bootstrap}
        if one.scores is not None and task is not None and task.scorer.needs_scores:
            kept["scores"] = one.scores
        return {**{part: self._number(values) for part, values in kept.items()}, "groups": groups}

    def _number(self, values: Array) -> int:
        buffer = io.BytesIO()
        npy.write_array(buffer, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
        content = buffer.getvalue()
        if content not in self._numbers:
            self._numbers[content] = len(self.contents)
            self.contents.append(content)
        return self._numbers[content]


def predictions_of(task: Mapping[str, Any], array: Callable[[int], Array]) -> Predictions:
    """The predictions for one task, as `ArrayShelf.add` took them.

    Args:
        task: The numbers of their arrays.
        array: Reads one.

    Raises:
        ValueError: If an array is damaged, or not of its kind; a LookupError or TypeError if a number is.
    """
    optional = {part: array(task[part]) for part in ("words", "scores", "bootstrap") if part in task}
    found = Predictions(
        ids=_ids(array(task["ids"])),
        predicted=array(task["predicted"]).astype(np.float64, casting="safe"),
        labels=array(task["labels"]).astype(np.float64, casting="safe"),
        groups={
            str(column): array(number).astype(np.str_, casting="equiv")  # no numbers, which would grow
            for column, number in task["groups"].items()
        },
        **optional,  # type: ignore[arg-type]
    )
    if not found.whole:
        raise ValueError("arrays do not have a finite value for each row")
    return found


def _ids(numbers: Array) -> NDArray[np.str_]:
    """Numbers of rows as text; as objects of Python they would take eighty times the memory."""
    if numbers.dtype.kind != "i" or numbers.ndim != 1:
        raise ValueError("ids are no whole numbers, one a row")
    ends = (numbers.min(), numbers.max()) if len(numbers) else (0,)
    longest = max(len(str(number)) for number in ends)
    return numbers.astype(f"U{longest}")


def read_array(content: bytes) -> Array:
    """An array from bytes that nobody vouches for: no object is made of them, and no more memory taken.

    Raises:
        ValueError: If they are no ``.npy`` of numbers or text, of another length than they say, or of a text
            in which something is no character.
    """
    buffer = io.BytesIO(content)
    if npy.read_magic(buffer) != (1, 0):
        raise ValueError("is of another version of .npy")
    shape, fortran, kind = npy.read_array_header_1_0(buffer)
    rest = content[buffer.tell() :]
    count = 1
    for length in shape:
        count *= length
    known = kind.kind in _KINDS and kind.itemsize > 0 and not fortran and min(shape, default=1) >= 0
    if max(shape[:1], default=0) > MOST_ROWS:
        raise ValueError(f"has more than {MOST_ROWS:,} rows")
    if not known or count * kind.itemsize != len(rest):
        raise ValueError("holds something else than numbers or text, or not as many as it says")
    if kind.kind == "U":
        signs = np.frombuffer(rest, np.dtype(np.uint32).newbyteorder(kind.byteorder))
        if signs.max(initial=0) > sys.maxunicode:
            raise ValueError("holds a text with something else than characters")
    values: Array = np.frombuffer(rest, dtype=kind).reshape(shape) if count else np.zeros(shape, kind)
    return values
