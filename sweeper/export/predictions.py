"""Predictions for the rows of a file, one row each in another file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from model.data.files import file_table, suffix_of
from model.data.table import DataTable
from model.data.teacher import HASH, hash_texts
from model.data.texts import TextRow, read_texts
from model.errors import DataError
from model.files import beside
from model.sources import Column, FilesSource
from model.tasks import Task

from ..errors import InputError
from ..observers.bar import bar
from ..paths import check_target
from .ensemble import Ensemble
from .rowfile import WRITERS, Record

CHUNK = 50_000
"""Rows that are predicted together, in memory; a dev split that is no larger has its stored predictions."""


class Answer(NamedTuple):
    """What was predicted for one row.

    Attributes:
        row: The row.
        value: Its class number, or its score in the units of the labels; None where a text is missing.
        probabilities: Those of the classes; none of a similarity, and where a text is missing.
    """

    row: TextRow
    value: float | None
    probabilities: tuple[float, ...]


class Input(NamedTuple):
    """A file that is to be predicted.

    Attributes:
        name: The task.
        task: How it reads.
        table: Its rows.
        blank: What a text counts as that is missing; None where its row is not predicted.
    """

    name: str
    task: Task
    table: DataTable
    blank: str | None = None

    def rows(self) -> Iterator[TextRow]:
        """The rows in order, as often as they are asked for."""
        for row in read_texts(self.task, self.table):
            yield row._replace(texts=tuple(self.blank if text is None else text for text in row.texts))


def check_output(file: Path, given: Path) -> None:
    """Looks whether predictions for one file can be written to another.

    Raises:
        InputError: If its suffix is not known, the two are the same, or it is a folder.
    """
    check_target(file, "--output")
    if file.resolve() == given.resolve():
        raise InputError(f"--output {str(file)!r} is the file of --input: name another one")
    if file.suffix not in WRITERS:
        known = ", ".join(WRITERS)
        raise InputError(f"--output {str(file)!r}: suffix {file.suffix!r} is not known; known: {known}")


def find_input(file: Path, tasks: Mapping[str, Task], name: str | None) -> Input:
    """The rows of a file, and the task whose columns it has.

    Args:
        file: The file.
        tasks: The tasks of the study.
        name: The task that the user named; None for the only one whose texts the file has, or whose texts and
            label.

    Raises:
        InputError: If there is no such file or task, or the columns do not tell which task is meant.
        DataError: If the file is damaged, or has not the columns of the task.
    """
    if not file.is_file():
        raise InputError(f"--input {str(file)!r} is no file")
    if name is not None and name not in tasks:
        raise InputError(f"--task {name!r}: the tasks of the study are {', '.join(tasks)}")
    asked = tasks if name is None else {name: tasks[name]}
    found = [Input(one, task, input_table(file, task)) for one, task in asked.items()]
    return choose_input(found)


def choose_input(found: Sequence[Input]) -> Input:
    """The task that is meant: the only one whose texts the rows have, or whose texts and label.

    Args:
        found: The rows as each task may read them.

    Raises:
        InputError: If the columns do not tell which one is meant.
        DataError: If the rows have not the columns of the task.
    """
    if len(found) == 1:
        for column in _texts(found[0].task):
            found[0].table.position(column)
        return found[0]
    fitting = [one for one in found if _has(one.table, *_texts(one.task))]
    labelled = [one for one in fitting if _has(one.table, one.task.label)]
    for chosen in (fitting, labelled):
        if len(chosen) == 1:
            return chosen[0]
    if not fitting:
        wanted = "; ".join(f"{one.name} reads {_listed(one.task.text)}" for one in found)
        raise InputError(f"{found[0].table.where} has the columns of no task: {wanted}")
    several = ", ".join(one.name for one in fitting)
    raise InputError(f"{found[0].table.where} may be for each of {several}: name one with --task")


def input_table(file: Path, task: Task) -> DataTable:
    """The rows of a file: one whose name ends as that of the task's training rows is read as that is.

    Raises:
        DataError: If it is damaged.
    """
    source, own = FilesSource(train=file.name, dev=file.name), task.source
    if isinstance(own, FilesSource) and suffix_of(own.train) == suffix_of(file.name):
        given = {"train": file.name, "dev": file.name, "test": None, "split": None}
        source = own.model_copy(update=given | {"columns": _names(file, own, task, given)})
    return file_table(source, "dev", file.parent)


def _names(file: Path, own: FilesSource, task: Task, given: Mapping[str, object]) -> tuple[str, ...] | None:
    """What to call the columns of a file; None where its first line does, as in the training rows or not."""
    if own.columns is None:
        return None
    first = file_table(own.model_copy(update={**given, "columns": None}), "dev", file.parent).names
    texts = [
        column if isinstance(column, str) else own.columns[column - 1]
        for text in task.text_columns
        for column in text
    ]
    if len(first) == len(own.columns):
        return own.columns
    if {*texts} <= {*first}:
        return None
    if len(first) == len(texts) and all(isinstance(name, str) for text in task.text_columns for name in text):
        return tuple(texts)
    raise InputError(
        f"file {file} has {len(first)} columns, the training rows have {len(own.columns)} "
        f"({', '.join(own.columns)}): give it as many, or just {_listed(texts)}"
    )


def write_predictions(
    given: Input, ensemble: Ensemble, file: Path, *, hashed: bool = False
) -> tuple[int, list[int]]:
    """Writes the prediction for each row, in the order of the rows; a file that is there is replaced at once.

    A row has `id`, `prediction` and, of a task with classes, `probability.<class>`. Where a text is missing
    all but the `id` is empty, and null in JSON.

    Args:
        given: The rows.
        ensemble: What predicts.
        file: Ends in ``.tsv``, ``.csv`` or ``.jsonl``.
        hashed: Whether a row says the hash of its texts too, by which `distillation.teacher` knows it.

    Returns:
        The number of rows, and the places of those in which a text is missing.

    Raises:
        DataError: If the rows are damaged.
    """
    count, missing = 0, []

    def records() -> Iterator[Record]:
        nonlocal count
        for record, place in predicted_records(given, ensemble, hashed=hashed):
            count += 1
            if place is not None:
                missing.append(place)
            yield record

    with beside(file) as place, place.open("x", encoding="utf-8", newline="") as opened:
        WRITERS[file.suffix](opened, headings(given.task, hashed=hashed), records())
    return count, missing


def headings(task: Task, *, hashed: bool = False) -> list[str]:
    """The columns of predictions: ``id``, perhaps the hash, ``prediction``, ``probability.<class>``."""
    return ["id", *[HASH] * hashed, "prediction", *(f"probability.{name}" for name in task.class_names)]


def predicted_records(
    given: Input, ensemble: Ensemble, *, hashed: bool = False
) -> Iterator[tuple[Record, int | None]]:
    """The prediction for each row by `headings`, in the order of the rows.

    Yields:
        What is to be written, and the place of a row in which a text is missing, else None.

    Raises:
        DataError: If the rows are damaged.
    """
    names, columns = given.task.class_names, headings(given.task, hashed=hashed)
    for row, value, probabilities in predict_rows(given, ensemble):
        said = names[int(value)] if names and value is not None else value
        cells = probabilities or [None] * len(names)
        hashes = [_hash(row)] if hashed else []
        record = dict(zip(columns, (row.id, *hashes, said, *cells), strict=True))
        yield record, row.place if value is None else None


def predict_rows(given: Input, ensemble: Ensemble) -> Iterator[Answer]:
    """The prediction for each row, in the order of the rows.

    The rows are read once before, so that what is wrong with the last one is said at once.

    Args:
        given: The rows.
        ensemble: What predicts.

    Raises:
        DataError: If the rows are damaged.
    """
    whole = [0, 0]
    for row in given.rows():
        whole[_is_whole(row)] += 1
    without, total = whole
    if without and not total:
        texts = _listed(_texts(given.task))
        raise InputError(f"{given.table.where}: none of its {without:,} rows has a text in {texts}")
    sequences = total * given.task.columns * ensemble.size
    with bar(f"{given.name}: {total:,} rows", sequences) as seen:
        rows = given.rows()
        while chunk := list(islice(rows, CHUNK)):
            yield from _answers(given.name, ensemble, chunk, seen)


def _answers(
    name: str, ensemble: Ensemble, chunk: list[TextRow], seen: Callable[[int], object]
) -> Iterator[Answer]:
    whole = [tuple(map(str, row.texts)) for row in chunk if _is_whole(row)]
    if whole:
        found = ensemble.predict(name, list(zip(*whole, strict=True)), seen)
        values = iter(found.values.tolist())
        shares = iter([()] * len(whole) if found.probabilities is None else found.probabilities.tolist())
    for row in chunk:
        yield Answer(row, next(values), tuple(next(shares))) if _is_whole(row) else Answer(row, None, ())


def _hash(row: TextRow) -> str | None:
    return hash_texts([[str(text)] for text in row.texts])[0] if _is_whole(row) else None


def _is_whole(row: TextRow) -> bool:
    return None not in row.texts


def _texts(task: Task) -> list[Column]:
    return [column for text in task.text_columns for column in text]


def _has(table: DataTable, *columns: Column) -> bool:
    with suppress(DataError):
        return all(table.position(column) >= 0 for column in columns)
    return False


def _listed(texts: Iterable[object]) -> str:
    return " and ".join(repr(text) for text in texts)
