"""The rows of a task's splits, read from its source and checked."""

import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..config.trainers import AnyConfig
from ..errors import DataError
from ..result import SPLITS, Split
from ..sources import DemoSource, FilesSource, HubSource, origin_of
from ..tasks import Task
from .demo.table import demo_table
from .files import file_table
from .hub import hub_table
from .parts import Parts
from .rowchecker import RowChecker
from .table import DataTable

NO_GROUP = "(none)"
"""Group of a row whose column is empty."""


@dataclass(frozen=True)
class Rows:
    """One split of one task.

    Attributes:
        texts: One tuple per text column: ``texts[0][i]`` is the first sentence of row i, stripped.
        labels: Label of each row: a class as a whole number, or a score.
        ids: The source's `id` column if it has one, else the number of each row, from 1.
        dropped: Rows left out, as `why` says.
        groups: For each column that names groups, the group of each row; dev and test only.
        read: Rows of the source, those left out included.
        why: How many rows were left out, by the reason.
        sha256: SHA-256 of the file that they are from; None of another source.
    """

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[float, ...]
    ids: tuple[str, ...]
    dropped: int
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Equal rows are equal wherever they are from.
    read: int = field(default=0, compare=False)
    why: Mapping[str, int] = field(default_factory=dict, compare=False)
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


_Value = TypeVar("_Value")

OF_NO_SPLIT = "of no split"
"""Why a row is left out, where a column says the split."""


def read(task_name: str, task: Task, split: Split, data: Path | None) -> Rows:
    """Reads and checks one split of a task, as `read_splits`."""
    return read_splits(task_name, task, [split], data)[split]


def read_splits(
    task_name: str, task: Task, splits: Collection[Split], data: Path | None
) -> dict[Split, Rows]:
    """Reads and checks splits of a task, each source once.

    Args:
        task_name: Name of the task, for messages and for the choice of the subset.
        task: The task.
        splits: Which splits.
        data: Folder of the data files (SWEEPER_DATA); needed by tasks of source `files` only.

    Returns:
        The rows in the order of the source. With ``train_rows`` or ``dev_rows`` at most that many, always the
        same ones; a larger subset holds every row of a smaller one.

    Raises:
        DataError: The source is missing or malformed, or a row is; the message says where.
    """
    found = each_origin(task_name, task, splits, lambda origin: _read_origin(task, origin, data))
    wanted = {"train": task.train_rows, "dev": task.dev_rows, "test": None}
    return {split: _subset(found[split], wanted[split], f"{task_name}-{split}") for split in splits}


def check(config: AnyConfig, data: Path | None) -> dict[str, dict[Split, Rows]]:
    """Reads every split of every task, so that bad data is found before a trial starts.

    Args:
        config: The trial's settings.
        data: Folder of the data files (SWEEPER_DATA), or None.

    Returns:
        The rows by task and split.

    Raises:
        DataError: Any of the data is missing or malformed.
    """
    splits = SPLITS if config.score_test else SPLITS[:2]
    return {name: read_splits(name, task, splits, data) for name, task in config.tasks.items()}


def each_origin(
    task_name: str, task: Task, splits: Collection[Split], look: Callable[[Split], dict[Split, _Value]]
) -> dict[Split, _Value]:
    """What is found for some splits, where each source is looked at once; a DataError names the task.

    Args:
        task_name: Name of the task, for messages.
        task: The task.
        splits: Which splits.
        look: Gives what is found in the source of a split, for all splits whose rows stand there.
    """
    found: dict[Split, _Value] = {}
    try:
        for origin in {origin_of(task.source, split): None for split in splits}:
            found |= look(origin)
    except DataError as error:
        raise DataError(f"task {task_name!r}: {error}") from error.__cause__
    return found


def open_table(task: Task, split: Split, data: Path | None) -> DataTable:
    """The table in which the rows of a split stand, perhaps with those of others."""
    match task.source:
        case DemoSource() as source:
            return demo_table(source, split)
        case FilesSource() as source:
            return file_table(source, split, data)
        case HubSource() as source:
            return hub_table(source, split, data)


def _read_origin(task: Task, origin: Split, data: Path | None) -> dict[Split, Rows]:
    """The rows of all splits that stand where those of `origin` stand."""
    table = open_table(task, origin, data)
    parts = Parts(task, origin)
    checker = RowChecker(task, origin, table, (*parts.groups, *parts.columns))
    chunks = []
    for chunk in checker.rows():
        parts.add(chunk)
        chunks.append(chunk)
    whole = Rows(
        texts=tuple(_joined(chunk.texts[i] for chunk in chunks) for i in range(len(task.text))),
        labels=_joined(chunk.labels for chunk in chunks),
        ids=_joined(chunk.ids for chunk in chunks),
        dropped=sum(checker.left_out.values()),
        groups={
            name: tuple(value or NO_GROUP for value in _joined(chunk.extra[name] for chunk in chunks))
            for name in parts.groups
        },
        read=checker.read,
        why=dict(checker.left_out),
        sha256=table.sha256,
    )
    if not parts.others:
        return {origin: whole}
    found = {
        split: whole.chosen(np.flatnonzero(taken).tolist())
        for split, taken in parts.taken(table.where, checker.values).items()
    }
    # The split in whose place the rows stand accounts for all that were left out, the others for none.
    for split in parts.others:
        found[split] = replace(found[split], read=len(found[split]), dropped=0, why={})
    given = sum(map(len, found.values()))
    why = dict(checker.left_out) | ({OF_NO_SPLIT: checker.elsewhere} if checker.elsewhere else {})
    found[origin] = replace(
        found[origin],
        groups={} if origin == "train" else found[origin].groups,
        read=checker.read - given + len(found[origin]),
        dropped=sum(why.values()),
        why=why,
    )
    return found


def _joined(columns: Iterable[Sequence[_Value]]) -> tuple[_Value, ...]:
    return tuple(chain.from_iterable(columns))


def _subset(rows: Rows, wanted: int | None, seed: str) -> Rows:
    """A fixed random subset in the order of the rows."""
    if wanted is None or wanted >= len(rows):
        return rows
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)  # noqa: S311 (a choice of rows, not a secret)
    return rows.chosen(sorted(order[:wanted]))
