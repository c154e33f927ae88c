"""The rows of a table that a task can use: the others are left out and counted, or an error."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import DataError
from ..result import Split
from ..sources import DemoSource
from ..tasks import Task
from .columns import Columns
from .labels import LabelReader, way_out

EMPTY_TEXT, EMPTY_LABEL, MISSING_LABEL = "empty text", "empty label", "label declared missing"
"""Why a row is left out."""

TEST_ROWS = "test rows need labels: leave `test` out of the source, and give the file to `sweeper predict`"


@dataclass(frozen=True)
class CheckedRows:
    """The rows of a table that are whole, by columns.

    Attributes:
        texts: One tuple per text column, stripped.
        labels: Label of each row, as a number.
        ids: The `id` column if there is one, else the number of each row in its split, from 1.
        extra: The further columns that were asked for, stripped; None where one has no value.
    """

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[float, ...]
    ids: tuple[str, ...]
    extra: Mapping[str, tuple[str | None, ...]]


class RowChecker:
    """Checks the tables that make up one split of a task, one after the other.

    Args:
        task: The task.
        split: Which split.
        extra: Columns that are read besides the texts and the label.

    Attributes:
        read: Rows that were looked at so far.
        left_out: How many of them were left out, by the reason.
    """

    def __init__(self, task: Task, split: Split, extra: Sequence[str] = ()) -> None:
        self._task = task
        self._split = split
        self._extra = tuple(dict.fromkeys(extra))
        self._drops = not isinstance(task.source, DemoSource) and task.source.drop_incomplete
        self._labels: LabelReader | None = None
        self.read = 0
        self.left_out: Counter[str] = Counter()

    def check(self, table: Columns) -> CheckedRows:
        """The rows of the next table that are whole.

        Raises:
            DataError: If a column is not there, or a row is not as the task wants it.
        """
        if self._split == "test" and self._task.label not in table.columns:
            raise DataError(f"{table.where} has no column {self._task.label!r}; {TEST_ROWS}")
        texts = [_stripped(table.column(name)) for name in self._task.text]
        labels = _stripped(table.column(self._task.label))
        extra = {name: _stripped(table.column(name)) for name in self._extra}
        self._labels = self._labels or LabelReader(self._task, table.no_label)
        ids = table.columns.get("id", [None] * len(labels))
        numbers = self._all_numbers(self._labels, labels) if all(map(_is_whole, texts)) else None
        kept: Sequence[int] = range(len(labels))
        if numbers is None:
            by_row = {i: number for i in kept if (number := self._number(table, texts, labels, i)) is not None}
            kept, numbers = list(by_row), list(by_row.values())
        before, self.read = self.read, self.read + len(labels)
        return CheckedRows(
            texts=tuple(tuple(str(column[i]) for i in kept) for column in texts),
            labels=tuple(numbers),
            ids=tuple(str(before + i + 1 if ids[i] in (None, "") else ids[i]) for i in kept),
            extra={
                name: tuple(None if column[i] is None else str(column[i]) for i in kept)
                for name, column in extra.items()
            },
        )

    def check_any(self, where: str) -> None:
        """Whether a row is left, after the last table.

        Raises:
            DataError: If not.
        """
        if sum(self.left_out.values()) < self.read:
            return
        left = f": all {self.read} were incomplete and dropped" if self.read else ""
        if self._split == "test" and self.left_out[EMPTY_TEXT] < self.read:
            raise DataError(f"{where} has no label; {TEST_ROWS}")
        raise DataError(f"{where} has no rows{left}; check that it is the right one")

    @staticmethod
    def _all_numbers(reader: LabelReader, labels: Sequence[object]) -> list[float] | None:
        """The labels of all rows; None where one of them is not there or no label."""
        try:
            numbers = [reader(label) for label in labels]
        except ValueError:
            return None
        whole = [number for number in numbers if number is not None and number == number]  # noqa: PLR0124
        return whole if len(whole) == len(numbers) else None

    def _number(
        self, table: Columns, texts: Sequence[Sequence[object]], labels: Sequence[object], i: int
    ) -> float | None:
        """The label of a row; None if the row is left out."""
        assert self._labels is not None  # noqa: S101
        row = [column[i] for column in texts]
        number, problem = None, None
        try:
            number = self._labels(labels[i])
        except ValueError as error:
            problem = str(error)
        if number is not None and math.isnan(number):
            self.left_out[MISSING_LABEL] += 1
            return None
        empty = next((name for name, text in zip(self._task.text, row, strict=True) if text is None), None)
        if empty is None and number is None and problem is None:
            empty = self._task.label
        if empty is not None:
            if not self._drops:
                raise DataError(f"{table.where}, {table.places[i]}, column {empty!r} {self._no_value(labels)}")
            self.left_out[EMPTY_LABEL if empty == self._task.label else EMPTY_TEXT] += 1
            return None
        for name, text in zip(self._task.text, row, strict=True):
            if not isinstance(text, str):
                raise DataError(
                    f"{table.where}, {table.places[i]}, column {name!r}: {text!r} is no text; "
                    "name another column"
                )
        if problem is not None:
            raise DataError(
                f"{table.where}, {table.places[i]}, column {self._task.label!r}: {problem}"
                f"{way_out(self._task, labels)}"
            )
        return number

    def _no_value(self, labels: Sequence[object]) -> str:
        if self._split == "test" and not any(label is not None for label in labels):
            return f"has no value in any row; {TEST_ROWS}"
        return (
            "has no value; fill it in, or set drop_incomplete: true in the task's source to leave such rows out"
        )


def _stripped(column: Sequence[object]) -> list[object]:
    """The texts of a column without blanks around them, None where nothing is left; the rest as it is."""
    return [(value.strip() or None) if isinstance(value, str) else value for value in column]


def _is_whole(column: Sequence[object]) -> bool:
    return set(map(type, column)) <= {str}
