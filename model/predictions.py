"""The predictions of a trial at its best epoch: the file that the trainer leaves for reports."""

import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .files import RunFolder, beside, open_file, remove, to_disk


@dataclass(frozen=True)
class Predictions:
    """The predictions of one trial for the dev, or the test, rows of one task.

    Attributes:
        ids: Id of each row, ``[rows]``.
        predicted: Class numbers or scores in the units of the labels, ``[rows]``.
        labels: Labels, ``[rows]``.
        words: Words of each row's longest sentence, ``[rows]``; None if an older version trained the trial.
        groups: For each column that names groups, the group of each row.
        scores: What the head gave, ``[rows, outputs]``: the logits of the classes, or the one output of a
            similarity (see `outputs.predict`); None if an older version trained the trial.
        bootstrap: Of a metric that is own code, its score and those on resampled rows
            (`model.metrics.own.recorded_scores`); None of any other.
    """

    ids: NDArray[np.str_]
    predicted: NDArray[np.float64]
    labels: NDArray[np.float64]
    words: NDArray[np.int64] | None = None
    groups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    scores: NDArray[np.floating] | None = None
    bootstrap: NDArray[np.float64] | None = None

    @property
    def whole(self) -> bool:
        """Whether there is a finite value of each kind for each row."""
        columns = [self.ids, self.predicted, self.labels, *self.groups.values()]
        columns += [] if self.words is None else [self.words]
        scored = self.scores is None or (
            self.scores.ndim == 2
            and len(self.scores) == len(self.ids)
            and bool(np.isfinite(self.scores).all())
        )
        resampled = self.bootstrap is None or (
            self.bootstrap.ndim == 1 and bool(np.isfinite(self.bootstrap).all())
        )
        return (
            scored
            and resampled
            and all(column.shape == (len(self.ids),) for column in columns)
            and all(bool(np.isfinite(column).all()) for column in (self.predicted, self.labels))
        )

    def same_rows(self, other: "Predictions") -> bool:
        """Whether another trial predicted the same rows with the same labels, in the same order."""
        return np.array_equal(self.ids, other.ids) and np.array_equal(self.labels, other.labels)


def save_predictions(path: Path, predictions: Mapping[str, Predictions]) -> None:
    """Writes the predictions of a trial to one ``.npz``.

    Args:
        path: The file; its arrays are named ``<task>.prediction``, ``<task>.label``, ``<task>.id``,
            ``<task>.words``, ``<task>.scores``, ``<task>.bootstrap`` and ``<task>.group.<column>``.
        predictions: Those for each task.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for task, one in predictions.items():
        arrays |= {f"{task}.prediction": one.predicted, f"{task}.label": one.labels, f"{task}.id": one.ids}
        if one.words is not None:
            arrays[f"{task}.words"] = one.words
        if one.scores is not None:
            arrays[f"{task}.scores"] = one.scores
        if one.bootstrap is not None:
            arrays[f"{task}.bootstrap"] = one.bootstrap
        arrays |= {f"{task}.group.{column}": groups for column, groups in one.groups.items()}
    with beside(path) as place:
        with place.open("xb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        to_disk(place)
    to_disk(path.parent)


def leave_predictions(
    folder: RunFolder, epoch: int, dev: Mapping[str, Predictions], test: Mapping[str, Predictions]
) -> None:
    """Writes the predictions of a new best epoch beside the checkpoints, where they wait for that epoch's.

    Those of the best epoch before it stay meanwhile: without a checkpoint of this epoch the trial goes on
    from before it, and on another machine this one need not be the best again.

    Args:
        folder: The folder of the trial.
        epoch: The epoch.
        dev: Its dev predictions.
        test: Those of test rows; none where the trial is not scored on any.
    """
    for path, predictions in ((folder.predictions, dev), (folder.test_predictions, test)):
        if predictions:
            save_predictions(_waiting(folder, path, epoch), predictions)


def place_predictions(folder: RunFolder, best: int | None) -> None:
    """Gives predictions that wait the place of earlier ones, if they are of the best epoch; removes others.

    Args:
        folder: The folder of the trial.
        best: The best epoch among those in its newest checkpoint; None where there is none.
    """
    for path in (folder.predictions, folder.test_predictions):
        if best is not None:
            # Where locks do not work, another attempt may have placed or removed them.
            with suppress(FileNotFoundError):
                _waiting(folder, path, best).replace(path)
                to_disk(path.parent)
        for left in folder.checkpoints.glob(f"[0-9]*.{path.name}"):
            remove(left)


def _waiting(folder: RunFolder, path: Path, epoch: int) -> Path:
    return folder.checkpoints / f"{epoch:06d}.{path.name}"


DAMAGED = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, MemoryError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, SyntaxError),
)
"""What NumPy and zipfile raise of a file in which a byte is another: NotImplementedError where it makes the
way of packing one that zipfile does not know."""


def read_predictions(path: Path) -> dict[str, Predictions] | None:
    """The predictions of a trial by task; None where there are none that can be read.

    Args:
        path: Its ``predictions.npz``. One in which a value is not finite, or an array has not a value for
            each row, is damaged.
    """
    try:
        # NumPy would not close the file of a damaged archive.
        with open_file(path) as opened, np.load(opened, allow_pickle=False) as file:
            return _by_task({name: file[name] for name in file.files})
    except DAMAGED:
        return None


def _by_task(arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, Predictions] | None:
    # A task's name has no dot; a column that names groups may be called `label` too.
    tasks = [task for task, _, part in (name.partition(".") for name in arrays) if part == "label"]
    found = {task: _of(task, arrays) for task in tasks}
    return found if all(one.whole for one in found.values()) else None


def _of(task: str, arrays: Mapping[str, NDArray[np.generic]]) -> Predictions:
    prefix = f"{task}.group."
    words, scores = arrays.get(f"{task}.words"), arrays.get(f"{task}.scores")
    bootstrap = arrays.get(f"{task}.bootstrap")
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
        # Nothing else than float32 was ever written there, and a wider number might be none in it.
        scores=None if scores is None else scores.astype(np.float32, casting="safe"),
        bootstrap=None if bootstrap is None else bootstrap.astype(np.float64),
    )
