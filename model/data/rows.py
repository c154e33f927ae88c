"""The rows of a task's splits, read from its source and checked."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

from ..config import TrainConfig
from ..errors import DataError
from ..result import Split
from ..sources import DemoSource, FilesSource, HubSource
from ..tasks import Task
from .columns import demo_table, file_table, hub_table
from .table import Table

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


def _table(task: Task, split: Split, data: Path | None) -> Table:
    match task.source:
        case DemoSource() as source:
            return demo_table(source, split)
        case FilesSource() as source:
            return file_table(source, split, data)
        case HubSource() as source:
            return hub_table(source, split)


def _checked(task: Task, table: Table, groups: Sequence[str]) -> Rows:
    drop_incomplete = not isinstance(task.source, DemoSource) and task.source.drop_incomplete
    kept: list[tuple[tuple[str, ...], float, str, tuple[str, ...]]] = []
    count = 0
    for place, texts, label, identity, grouped in _each(task, table, groups):
        count += 1
        row = [_joined(columns) for columns in texts]
        empty = next((name for name, text in zip(task.text, row, strict=True) if text is None), None)
        if empty is None and label is None:
            empty = task.label
        if empty is not None and drop_incomplete:
            continue
        where = f"{table.where}, {table.unit} {place}, column"
        if empty is not None:
            raise DataError(
                f"{where} {empty!r} has no value; fill it in, or set "
                "drop_incomplete: true in the task's source to leave such rows out"
            )
        for name, text in zip(task.text, row, strict=True):
            if not isinstance(text, str):
                raise DataError(f"{where} {name!r}: {text!r} is no text; name another column")
        try:
            number = _label(task, label)
        except ValueError as error:
            raise DataError(f"{where} {task.label!r}: {error}") from None
        named = tuple(NO_GROUP if value is None else str(value) for value in grouped)
        kept.append((tuple(map(str, row)), number, str(count if identity in (None, "") else identity), named))
    if not kept:
        left = f": all {count} were incomplete and dropped" if count else ""
        raise DataError(f"{table.where} has no rows{left}; check that it is the right one")
    texts, labels, ids, named = zip(*kept, strict=True)
    return Rows(
        texts=tuple(zip(*texts, strict=True)),
        labels=labels,
        ids=ids,
        dropped=count - len(kept),
        groups=dict(zip(groups, zip(*named, strict=True), strict=False)),
        read=count,
        sha256=table.sha256,
    )


def _each(
    task: Task, table: Table, groups: Sequence[str]
) -> Iterator[tuple[int, Sequence[Sequence[object]], object, object, Sequence[object]]]:
    """Place, columns of each text, label, `id` if there is one, and groups of each row, stripped."""
    texts = task.text_columns
    ends = list(accumulate(map(len, texts)))
    identity = [len(table.names) - table.names[::-1].index("id")] if "id" in table.names else []
    columns = [*(column for text in texts for column in text), task.label, *groups, *identity]
    no_label = None if table.no_label is None or _allowed(task, table.no_label) else table.no_label
    for chunk in table.chunks(columns):
        for place, *values in zip(chunk.places, *chunk.columns, strict=True):
            found = [_stripped(value) for value in values[: ends[-1] + 1 + len(groups)]]
            label = found[ends[-1]]
            yield (
                place,
                [found[end - len(text) : end] for text, end in zip(texts, ends, strict=True)],
                None if no_label is not None and label == no_label else label,
                values[-1] if identity else None,
                found[ends[-1] + 1 :],
            )


def _joined(columns: Sequence[object]) -> object:
    """The text of these columns, with a blank between; a value that is no text as it is."""
    found = [value for value in columns if value is not None]
    return next((value for value in found if not isinstance(value, str)), " ".join(map(str, found)) or None)


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
