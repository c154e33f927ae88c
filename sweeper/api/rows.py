"""Rows in memory as a table whose columns tell which task is meant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from model.data.table import Chunk, DataTable, chunks_of
from model.tasks import Task

from ..errors import InputError
from ..export.predictions import Input, choose_input
from .arguments import wrong


def rows_input(
    rows: pd.DataFrame | Sequence[Mapping[str, Any]], tasks: Mapping[str, Task], task: str | None
) -> Input:
    """The rows as the task reads them that is meant.

    Args:
        rows: A frame, or a mapping by the names of columns for each row; a gap is None or NaN.
        tasks: The tasks of the trial.
        task: The one that is meant; None for the only one whose texts, or texts and label, the rows have.

    Raises:
        InputError: If these are no rows, there is no such task, or the columns do not tell which is meant.
        DataError: If the rows have not the columns of the task.
    """
    if task is not None and task not in tasks:
        raise InputError(f"task {task!r}: the tasks of the trial are {', '.join(tasks)}")
    if not isinstance(rows, pd.DataFrame) and (
        not isinstance(rows, Iterable) or isinstance(rows, str | bytes | Mapping)
    ):
        raise wrong("rows", rows, "must be a frame, or a list of mappings from columns to values")
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    asked = tasks if task is None else {task: tasks[task]}
    if frame.shape == (0, 0) and len(asked) == 1:
        frame = pd.DataFrame(columns=_columns(next(iter(asked.values()))))
    columns = [_values(frame.iloc[:, place]) for place in range(frame.shape[1])]
    places = range(1, len(frame) + 1)

    def read(wanted: Sequence[int]) -> Iterator[Chunk]:
        return chunks_of(places, [columns[place] for place in wanted])

    table = DataTable("rows", tuple(str(name) for name in frame.columns), read)
    return choose_input([Input(name, one, table) for name, one in asked.items()])


def _values(column: "pd.Series[Any]") -> list[object]:
    gaps = column.isna().tolist()
    values = [None if gap else value for value, gap in zip(column.tolist(), gaps, strict=True)]
    # For one gap pandas makes floats of all ids: 5 would come back as 5.0.
    return [_whole(value) for value in values] if column.name == "id" else values


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < EXACT else value


EXACT = 2.0**53
"""Below it each whole number is a float of its own."""


def _columns(task: Task) -> list[str]:
    """Names for as many columns as a table without rows needs, so that it has the task's."""
    wanted = [column for text in task.text_columns for column in text]
    named = [column for column in wanted if isinstance(column, str)]
    return [*named, *[""] * max([0, *(column for column in wanted if isinstance(column, int))])]
