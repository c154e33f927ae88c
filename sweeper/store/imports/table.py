"""Trials that stand in a CSV file, one a row, with columns that the user declares."""

import csv
import io
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args, get_origin

from model.files import read_file

from ...errors import InputError
from ...study.foreign import ForeignStudy, ForeignTrial
from ...study.settings import declared as declared_setting
from ...study.settings import members
from ...study.space import Value
from ...text import nearest, one_line
from ...trial import RunState
from .declared import STATES, Declared, read_state

ABSENT = ("", "nan", "none", "null", "na", "n/a", "<na>")
"""What stands in a cell in which nothing stands, whatever the case of the letters."""


@dataclass(frozen=True)
class CsvTable:
    """The rows of a CSV file, as text.

    Attributes:
        file: Its path.
        columns: Names of its columns.
        rows: The line on which each begins, and its cells by column.
    """

    file: Path
    columns: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, str]]]


def read_csv(file: Path) -> CsvTable:
    """Reads a CSV file with a header, in UTF-8.

    Raises:
        InputError: If it cannot be read, has no header, a column twice, or a row with other cells.
    """
    try:
        text = read_file(file).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: is not in UTF-8: {error}") from error
    # What a cell may hold is a setting of the module, which the file as a whole never exceeds.
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, Mapping[str, str]]] = []
    try:
        columns = next(reader, [])
        line = reader.line_num
        for cells in reader:
            if cells and len(cells) != len(columns):
                raise InputError(f"{file}:{line + 1}: has {len(cells)} cells, the header {len(columns)}")
            if cells:
                rows.append((line + 1, dict(zip(columns, cells, strict=True))))
            line = reader.line_num
    except csv.Error as error:
        raise InputError(f"{file}:{reader.line_num}: is no CSV: {error}") from error
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if not columns or twice is not None:
        raise InputError(f"{file}: {f'column {twice!r} is there twice' if columns else 'is empty'}")
    return CsvTable(file, columns, rows)


def table_study(table: CsvTable, declared: Declared, kind: str = "CSV") -> ForeignStudy:
    """The trials of a table.

    Args:
        table: It.
        declared: Which of its columns are what.
        kind: What wrote it.

    Raises:
        InputError: If there are no rows, a column is missing or stands for two things, a value is no number,
            or a state is not known: file, line, column.
    """
    if not table.rows:
        raise InputError(f"{table.file}: has a header and no trial below it")
    named = (one for one in (declared.state, declared.label) if one is not None)
    wanted = [*declared.objectives, *declared.parameters, *named]
    for column in wanted:
        if column not in table.columns:
            raise InputError(f"{table.file}: there is no column {column!r}{nearest(column, table.columns)}")
        if wanted.count(column) > 1:
            raise InputError(f"{table.file}: column {column!r} cannot be two things at once")
    trials = [
        _trial(f"{table.file}:{line}", number, cells, declared)
        for number, (line, cells) in enumerate(table.rows)
    ]
    return ForeignStudy(declared.origin(kind, str(table.file)), trials)


def read_value(text: str) -> Value:
    """What a cell says: a number, true, false, or a text; null where nothing stands there."""
    word = text.strip()
    if word.lower() in ABSENT:
        return None
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    for read in (int, float):
        try:
            number = read(word) if word.isascii() and "_" not in word else None
            if number is not None and math.isfinite(number):
                return number
        except (ValueError, OverflowError):  # of digits that make no finite number
            continue
    return text


def read_setting(name: str, text: str) -> Value:
    """What a cell says of a parameter, as `read_value`; ``none`` is no gap where the setting has that word.

    Args:
        name: What the parameter is called here.
        text: The cell.
    """
    found, word = read_value(text), text.strip()
    field = declared_setting(name) if found is None and word else None
    kinds = () if field is None else members(field.annotation)
    return word if any(word in get_args(kind) for kind in kinds if get_origin(kind) is Literal) else found


def read_moment(text: str, place: str) -> datetime | None:
    """A moment in the form of ISO 8601, in UTC where it names no zone; None where nothing stands there.

    Raises:
        InputError: If it is none.
    """
    if text.strip().lower() in (*ABSENT, "nat"):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"{place} = {one_line(text)}: is no moment, as 2026-01-31 12:00:00+00:00 is"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def ended(state: RunState, values: Mapping[str, float], declared: Declared) -> RunState:
    """How a trial ended: one that lacks a value, or has one that is infinitely good, has failed.

    So has one of the largest number there is, as which the databases of MLflow keep what is infinite.
    """
    worth = [values.get(name, math.inf) for name in declared.maximize]
    worth += [-values.get(name, -math.inf) for name in declared.minimize]
    lacks = any(value >= sys.float_info.max for value in worth)
    return RunState.FAILED if state is RunState.COMPLETE and lacks else state


def _trial(place: str, number: int, cells: Mapping[str, str], declared: Declared) -> ForeignTrial:
    values = {}
    for column in declared.objectives:
        value = _number(cells[column], f"{place}: {column}")
        if value is not None:
            values[column] = value
    said = RunState.COMPLETE
    if declared.state is not None:
        found = read_state(cells[declared.state])
        if found is None:
            known = ", ".join(word for words in STATES.values() for word in words)
            raise InputError(
                f"{place}: {declared.state} = {one_line(cells[declared.state])}: is no state: {known}"
            )
        said = found
    params = {name: read_setting(name, cells[column]) for column, name in declared.parameters.items()}
    return ForeignTrial(
        number=number,
        label=cells[declared.label] if declared.label else f"row {number + 1}",
        state=ended(said, values, declared),
        params={name: value for name, value in params.items() if value is not None},
        values=values,
    )


def _number(text: str, place: str) -> float | None:
    """A number; None where nothing stands there, or what is none with a sign, such as C's ``-nan``.

    Raises:
        InputError: If something else does.
    """
    if text.strip().lower() in ABSENT:
        return None
    try:
        number = float(text) if text.isascii() and "_" not in text else float("no")
        return None if math.isnan(number) else number
    except ValueError:
        raise InputError(f"{place} = {one_line(text)}: is no number") from None
