"""The dev predictions of trials at their best epochs, as the trainer left them."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Predictions:
    """The predictions of one trial for the dev rows of one task.

    Attributes:
        ids: Id of each row, ``[rows]``.
        predicted: Class numbers or scores in the units of the labels, ``[rows]``.
        labels: Labels, ``[rows]``.
        words: Words of each row's longest sentence, ``[rows]``; None if an older version trained the trial.
        groups: For each column that names groups, the group of each row.
    """

    ids: NDArray[np.str_]
    predicted: NDArray[np.float64]
    labels: NDArray[np.float64]
    words: NDArray[np.int64] | None = None
    groups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    def same_rows(self, other: "Predictions") -> bool:
        """Whether another trial predicted the same rows with the same labels, in the same order."""
        return np.array_equal(self.ids, other.ids) and np.array_equal(self.labels, other.labels)


def read_predictions(path: Path) -> dict[str, Predictions] | None:
    """The predictions of a trial by task; None where there are none that can be read.

    Args:
        path: Its ``predictions.npz``.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError):
        return None
    tasks = [name.removesuffix(".label") for name in arrays if name.endswith(".label")]
    try:
        return {task: _of(task, arrays) for task in tasks}
    except KeyError:
        return None


def _of(task: str, arrays: Mapping[str, NDArray[np.generic]]) -> Predictions:
    prefix = f"{task}.group."
    words = arrays.get(f"{task}.words")
    return Predictions(
        ids=arrays[f"{task}.id"].astype(np.str_),
        predicted=arrays[f"{task}.prediction"].astype(np.float64),
        labels=arrays[f"{task}.label"].astype(np.float64),
        words=None if words is None else words.astype(np.int64),
        groups={
            name.removeprefix(prefix): arrays[name].astype(np.str_)
            for name in arrays
            if name.startswith(prefix)
        },
    )
