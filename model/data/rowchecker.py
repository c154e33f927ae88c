"""The rows of a table that a task can use: the others are left out and counted, or an error."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..errors import DataError
from ..label import key_of, names_of, shown
from ..result import SPLITS, Split
from ..sources import Column, DemoSource, FilesSource
from ..tasks import Task
from .hashes import Hashes, hashes_of
from .labels import LabelReader, way_out
from .table import Chunk, DataTable
from .texts import joined, stripped

EMPTY_TEXT, EMPTY_LABEL, MISSING_LABEL = "empty text", "empty label", "label declared missing"
"""Why a row is left out."""

LISTED = 10
"""Values of a column that a message lists at most."""

LONGEST_NAME = 1000
"""Signs of an id, or of what a group is called: as arrays of them every row takes as much as the longest."""

# What a message tells the user to do.
FILL_IN = "fill it in, or set drop_incomplete: true in the task's source to leave such rows out"

TEST_ROWS = "test rows need labels: leave `test` out of the source, and give the file to `sweeper predict`"


@dataclass(frozen=True)
class CheckedRows:
    """Some rows that a task can use, by columns.

    Attributes:
        texts: One column per text, stripped: ``texts[0][i]`` is the first sentence of row i.
        labels: Label of each row, as a number.
        ids: The `id` column if there is one, else the number of each row in its table, from 1.
        extra: The further columns that were asked for, stripped; None where one has no value.
    """

    texts: Sequence[Sequence[str]]
    labels: Sequence[float]
    ids: Sequence[str]
    extra: Mapping[Column, Sequence[str | None]]

    @cached_property
    def hashes(self) -> Hashes:
        """What tells the texts of each row from others, ``[rows]``."""
        return hashes_of(self.texts)


class RowChecker:
    """Checks the rows of one table.

    Args:
        task: The task.
        split: The split that they are to make.
        table: The table.
        extra: Columns that are read besides the texts and the label.

    Attributes:
        read: Rows that were looked at so far.
        left_out: How many of them were left out, by the reason.
        elsewhere: How many more are of no split, where a column says the split; they may say what they like.
        values: The first values of that column in such rows.
    """

    def __init__(self, task: Task, split: Split, table: DataTable, extra: Sequence[Column] = ()) -> None:
        self._task = task
        self._split = split
        self._table = table
        self._extra = tuple(dict.fromkeys(extra))
        self._drops = not isinstance(task.source, DemoSource) and task.source.drop_incomplete
        self._label = LabelReader(task, table.no_label)
        self.read = 0
        self.left_out: Counter[str] = Counter()
        self.elsewhere = 0
        self.values: dict[str, None] = {}
        self._split_column = task.source.split if isinstance(task.source, FilesSource) else None
        declared = [] if self._split_column is None else [getattr(self._split_column, one) for one in SPLITS]
        self._splits = {key_of(value) for values in declared for value in values}

    def rows(self) -> Iterator[CheckedRows]:
        """The rows that can be used, some thousands at a time.

        Raises:
            DataError: If a column is not there, a row is not as the task wants it, or there is none.
        """
        task, table = self._task, self._table
        if self._split == "test" and isinstance(task.label, str) and task.label not in table.names:
            raise DataError(f"{table.where} has no column {task.label!r}; {TEST_ROWS}")
        self._refuse_class_as_name()
        parts = task.text_columns
        columns = [*(column for part in parts for column in part), task.label, *self._extra, *table.identity]
        for whole in table.chunks(columns):
            chunk, numbering = self._of_a_split(whole, columns)
            given = iter(chunk.columns)
            texts = [joined([stripped(next(given)) for _ in part]) for part in parts]
            labels = stripped(next(given))
            extra = {name: stripped(next(given)) for name in self._extra}
            kept, numbers = self._usable(chunk, texts, labels)
            ids = next(given, [None] * len(labels))
            checked = CheckedRows(
                texts=[[str(column[i]) for i in kept] for column in texts],
                labels=numbers,
                ids=[str(self.read + numbering[i] + 1 if ids[i] in (None, "") else ids[i]) for i in kept],
                extra={
                    name: [None if column[i] is None else str(column[i]) for i in kept]
                    for name, column in extra.items()
                },
            )
            self._refuse_long(chunk, kept, checked)
            yield checked
            self.read += len(whole.places)
        looked_at = self.read - self.elsewhere
        # Where all are of no split, `Parts` says which values the column has.
        if sum(self.left_out.values()) == looked_at and (looked_at or not self.elsewhere):
            left = f": all {looked_at} were incomplete and dropped" if looked_at else ""
            way = TEST_ROWS if self._split == "test" and looked_at else "check that it is the right one"
            raise DataError(f"{table.where} has no rows{left}; {way}")

    def _of_a_split(self, chunk: Chunk, columns: Sequence[Column]) -> tuple[Chunk, Sequence[int]]:
        """The rows of a chunk that are of a split, and their positions in it; counts the others."""
        if self._split_column is None:
            return chunk, range(len(chunk.places))
        # It stands among the further ones, behind texts and label.
        place = len(columns) - 1 - columns[::-1].index(self._split_column.column)
        values = [key_of(None if one is None else str(one)) for one in stripped(chunk.columns[place])]
        own = [i for i, value in enumerate(values) if value in self._splits]
        self.elsewhere += len(values) - len(own)
        for value in values:
            if len(self.values) < LISTED and value not in self._splits:
                self.values[value] = None
        return Chunk(
            [chunk.places[i] for i in own], tuple([column[i] for i in own] for column in chunk.columns)
        ), own

    def _refuse_class_as_name(self) -> None:
        """A DataError where the first line names the label's column as one of its classes: it is a row."""
        table = self._table
        classes = {key_of(one) for names in names_of(self._task.labels) for one in names}
        if not table.header_line or not classes:
            return
        name = table.names[table.position(self._task.label)]
        if key_of(name) in classes:
            raise DataError(
                f"{table.where}: the column of the label is called {name!r}, one of the task's labels: "
                "the first line looks like a row; name the columns with columns: [...] in the task's source"
            )

    def _refuse_long(self, chunk: Chunk, kept: Sequence[int], rows: CheckedRows) -> None:
        """A DataError where an id or the name of a group is longer than `LONGEST_NAME`."""
        named: list[tuple[str, Sequence[str | None]]] = [("id", rows.ids)]
        named += [(name, rows.extra[name]) for name in self._task.groups if name in rows.extra]
        for name, column in named:
            for place, value in zip(kept, column, strict=True):
                if value is not None and len(value) > LONGEST_NAME:
                    what = "an id" if name == "id" else "the name of a group"
                    raise DataError(
                        f"{self._table.where}, {self._table.unit} {chunk.places[place]}, column {name!r}: "
                        f"{shown(value)} has {len(value):,} signs; {what} may have {LONGEST_NAME:,}"
                    )

    def _usable(
        self, chunk: Chunk, texts: Sequence[Sequence[object]], labels: Sequence[object]
    ) -> tuple[Sequence[int], Sequence[float]]:
        """The positions in the chunk of the rows that can be used, and their labels."""
        try:
            numbers = [self._label(label) for label in labels]
        except ValueError:
            numbers = [None] * len(labels)
        flawed = {i for i, number in enumerate(numbers) if number is None or math.isnan(number)}
        for column in texts:
            if not set(map(type, column)) <= {str}:
                flawed |= {i for i, text in enumerate(column) if not isinstance(text, str)}
        for i in sorted(flawed):
            numbers[i] = self._number(chunk, texts, labels, i)
        kept = [i for i, number in enumerate(numbers) if number is not None]
        return kept, [number for number in numbers if number is not None]

    def _number(
        self, chunk: Chunk, texts: Sequence[Sequence[object]], labels: Sequence[object], i: int
    ) -> float | None:
        """The label of a row with something wrong about it; None if it is left out, which is counted.

        Raises:
            DataError: If it can neither be used nor left out.
        """
        task = self._task
        number, problem = None, ""
        try:
            number = self._label(labels[i])
        except ValueError as error:
            problem = str(error)
        if number is not None and math.isnan(number):
            self.left_out[MISSING_LABEL] += 1
            return None
        row = [column[i] for column in texts]
        empty = next((name for name, text in zip(task.text, row, strict=True) if text is None), None)
        reason = EMPTY_LABEL if empty is None else EMPTY_TEXT
        if empty is None and number is None and not problem:
            empty = task.label
        if empty is not None and self._drops:
            self.left_out[reason] += 1
            return None
        where = f"{self._table.where}, {self._table.unit} {chunk.places[i]}, column"
        # Test files come without labels, or with the same number for all of them.
        unlabelled = self._split == "test" and reason == EMPTY_LABEL and len(set(map(str, labels))) == 1
        if empty is not None:
            way = TEST_ROWS if unlabelled else FILL_IN
            raise DataError(f"{where} {empty!r} has no value; {way}")
        for name, text in zip(task.text, row, strict=True):
            if not isinstance(text, str):
                raise DataError(f"{where} {name!r}: {shown(text)} is no text; name another column")
        if problem:
            way = f"; {TEST_ROWS}" if unlabelled else way_out(task, labels)
            raise DataError(f"{where} {task.label!r}: {problem}{way}")
        return number
