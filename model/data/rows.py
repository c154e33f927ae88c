"""The rows of a task's splits, read from its source and checked."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..config import TrainConfig
from ..errors import DataError
from ..result import Split
from ..tasks import DemoSource, FilesSource, HubSource, Task
from .columns import Columns, demo_columns, file_columns, hub_columns

NO_GROUP = "(none)"
"""Group of a row whose column is empty."""


@dataclass(frozen=True)
class Rows:
    """One split of one task.

    Attributes:
        texts: One tuple per text column: ``texts[0][i]`` is the first sentence of row i, stripped.
        labels: Label of each row: a class as a whole number, or a score.
        ids: The source's `id` column if it has one, else the number of each row, from 1.
        dropped: Rows left out because a text or the label was empty.
        groups: For each column that names groups, the group of each row; dev and test only.
        read: Rows of the source, those left out included.
        sha256: SHA-256 of the file that they are from; None of another source.
    """

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[float, ...]
    ids: tuple[str, ...]
    dropped: int
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Equal rows are equal wherever they are from.
    read: int = field(default=0, compare=False)
    sha256: str | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, numbers: Sequence[int]) -> "Rows":
        """The rows of these numbers, in their order; `dropped` and `read` still count the whole source."""
        return replace(
            self,
            texts=tuple(tuple(column[i] for i in numbers) for column in self.texts),
            labels=tuple(self.labels[i] for i in numbers),
            ids=tuple(self.ids[i] for i in numbers),
            groups={name: tuple(column[i] for i in numbers) for name, column in self.groups.items()},
        )


def read(task_name: str, task: Task, split: Split, data: Path | None) -> Rows:
    """Reads and checks one split of a task.

    Args:
        task_name: Name of the task, for messages and for the choice of the subset.
        task: The task.
        split: Which split.
        data: Folder of the data files (SWEEPER_DATA); needed by tasks of source `files` only.

    Returns:
        The rows in the order of the source. With ``train_rows`` or ``dev_rows`` at most that many, always the
        same ones; a larger subset holds every row of a smaller one.

    Raises:
        DataError: The source is missing or malformed, or a row is; the message says where.
    """
    try:
        rows = _checked(task, _table(task, split, data), () if split == "train" else task.groups)
    except DataError as error:
        raise DataError(f"task {task_name!r}: {error}") from error.__cause__
    wanted = {"train": task.train_rows, "dev": task.dev_rows, "test": None}[split]
    return _subset(rows, wanted, seed=f"{task_name}-{split}")


def check(config: TrainConfig, data: Path | None) -> dict[str, dict[Split, Rows]]:
    """Reads every split of every task, so that bad data is found before the first trial starts.

    Args:
        config: The trial's settings.
        data: Folder of the data files (SWEEPER_DATA), or None.

    Returns:
        The rows by task and split.

    Raises:
        DataError: Any of the data is missing or malformed.
    """
    splits: tuple[Split, ...] = ("train", "dev", "test") if config.score_test else ("train", "dev")
    return {
        name: {split: read(name, task, split, data) for split in splits}
        for name, task in config.tasks.items()
    }


def _table(task: Task, split: Split, data: Path | None) -> Columns:
    match task.source:
        case DemoSource() as source:
            return demo_columns(source, split)
        case FilesSource() as source:
            return file_columns(source, split, data)
        case HubSource() as source:
            return hub_columns(source, split, (*task.text, task.label, "id", *task.groups))


def _checked(task: Task, table: Columns, groups: Sequence[str]) -> Rows:
    drop_incomplete = not isinstance(task.source, DemoSource) and task.source.drop_incomplete
    texts = [[_stripped(value) for value in table.column(name)] for name in task.text]
    labels = [_stripped(value) for value in table.column(task.label)]
    if table.no_label is not None and not _allowed(task, table.no_label):
        labels = [None if label == table.no_label else label for label in labels]
    ids = table.columns.get("id", [None] * len(labels))
    grouped = {name: [_stripped(value) for value in table.column(name)] for name in groups}
    kept: list[int] = []
    numbers: list[float] = []
    for i, place in enumerate(table.places):
        row = [column[i] for column in texts]
        empty = next((name for name, text in zip(task.text, row, strict=True) if text is None), None)
        if empty is None and labels[i] is None:
            empty = task.label
        if empty is not None and drop_incomplete:
            continue
        if empty is not None:
            raise DataError(
                f"{table.where}, {place}, column {empty!r} has no value; fill it in, or set "
                "drop_incomplete: true in the task's source to leave such rows out"
            )
        for name, text in zip(task.text, row, strict=True):
            if not isinstance(text, str):
                raise DataError(
                    f"{table.where}, {place}, column {name!r}: {text!r} is no text; name another column"
                )
        try:
            numbers.append(_label(task, labels[i]))
        except ValueError as error:
            raise DataError(f"{table.where}, {place}, column {task.label!r}: {error}") from None
        kept.append(i)
    if not kept:
        left = f": all {len(labels)} were incomplete and dropped" if labels else ""
        raise DataError(f"{table.where} has no rows{left}; check that it is the right one")
    return Rows(
        texts=tuple(tuple(str(column[i]) for i in kept) for column in texts),
        labels=tuple(numbers),
        ids=tuple(str(i + 1 if ids[i] in (None, "") else ids[i]) for i in kept),
        dropped=len(labels) - len(kept),
        groups={
            name: tuple(NO_GROUP if column[i] is None else str(column[i]) for i in kept)
            for name, column in grouped.items()
        },
        read=len(labels),
        sha256=table.sha256,
    )


def _stripped(value: object) -> object:
    """A text without blanks around it, None if nothing is left; anything else as it is."""
    return (value.strip() or None) if isinstance(value, str) else value


def _label(task: Task, value: object) -> float:
    """The label as a number that the task allows, or a ValueError that says why not."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"label {value!r} is not a number; {_permitted(task)}") from None
    if not math.isfinite(number):
        raise ValueError(f"label {value!r} is not finite; {_permitted(task)}")
    if task.classes is not None and not number.is_integer():
        raise ValueError(f"label {value!r} is not a whole number; {_permitted(task)}")
    if not _allowed(task, number):
        raise ValueError(f"label {value!r} is out of range; {_permitted(task)}")
    return number


def _bounds(task: Task) -> tuple[float, float]:
    return task.range or (0, (task.classes or 1) - 1)


def _allowed(task: Task, number: float) -> bool:
    lowest, highest = _bounds(task)
    return lowest <= number <= highest


def _permitted(task: Task) -> str:
    lowest, highest = _bounds(task)
    if task.classes is not None:
        return f"the task has classes 0 to {highest:g}"
    return f"the task's range is {lowest:g} to {highest:g}"


def _subset(rows: Rows, wanted: int | None, seed: str) -> Rows:
    """A fixed random subset in the order of the rows."""
    if wanted is None or wanted >= len(rows):
        return rows
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)  # noqa: S311 (a choice of rows, not a secret)
    return rows.chosen(sorted(order[:wanted]))
