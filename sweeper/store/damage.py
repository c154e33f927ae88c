"""Rows that cannot be read: which they are, and why. Whoever only reads goes on without them."""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from model.result import judged_by

from ..errors import DatabaseError
from ..text import one_line
from .tables import provenance, run

UNREADABLE = (LookupError, ValueError, TypeError, RecursionError, sa.exc.OperationalError)
"""What comes of a value that is not of its column; RecursionError of JSON that is too deep to be read, the
last of text that is no UTF-8, and of much else."""

Row = sa.Row[*tuple[Any, ...]]

_LOGGER = logging.getLogger(__name__)


class Damages:
    """What becomes of rows that cannot be read.

    Args:
        place: The database, as it is called.
        passed_over: Whether they are left out, with a warning each; else the first of them is an error.
    """

    def __init__(self, place: str, passed_over: bool) -> None:
        self._place = place
        self._passed_over = passed_over
        self._left_out: list[str] = []

    def found(self, what: str, strict: bool = False) -> None:
        """Takes note of one.

        Args:
            what: The row, and what is wrong with it.
            strict: Whether nothing can be done without it.

        Raises:
            DatabaseError: If it may not be left out.
        """
        text = f"{self._place}: {what}"
        if strict or not self._passed_over:
            raise DatabaseError(text)
        if what not in self._left_out:
            self._left_out.append(what)
            _LOGGER.warning("Left out: %s", one_line(text))

    @property
    def some(self) -> bool:
        """Whether anything was left out."""
        return bool(self._left_out)

    def of(self, study: str) -> list[str]:
        """The rows of a study that were left out, each with what is wrong with it."""
        return [what for what in self._left_out if f" of study {study!r} " in what]

    def trial(self, number: object, study: str, wrong: str, strict: bool = False) -> None:
        """Takes note of a trial of a study; see `found`."""
        self.found(f"trial {number} of study {study!r} {wrong}", strict)


def read(
    connection: sa.Connection,
    query: sa.Select[*tuple[Any, ...]],
    key: sa.Column[Any],
    keys: sa.Select[*tuple[Any, ...]],
    found: Callable[[Row, str], None],
) -> Sequence[Row]:
    """The rows of a query that can be read.

    Args:
        connection: To the database.
        query: What is asked for.
        key: The column by which a row is told from others.
        keys: Its value, and what a message calls it by, of all rows that the query may concern; in order.
        found: Hears of each row that cannot be read: of those, and why.
    """
    try:
        rows = connection.execute(query).all()
    except UNREADABLE as error:
        _check_damage(error)
        rows = None
    columns = list(query.selected_columns)
    if rows is not None and _unsound(columns, rows) is None:
        return rows
    sound: list[Row] = []
    for row in connection.execute(keys).all():
        one = query.where(key == row[0])
        try:
            rows = connection.execute(one).all()
            wrong = _unsound(columns, rows)
        except UNREADABLE as error:
            _check_damage(error)
            rows, wrong = [], _wrong_column(connection, one, columns) or (None, error)
        if wrong is None:
            sound += rows
        else:
            found(row, f"cannot be read: {_reason(*wrong)}")
    return sound


def _check_damage(error: Exception) -> None:
    if isinstance(error, sa.exc.OperationalError) and "Could not decode to UTF-8" not in str(error):
        raise error


def _wrong_column(
    connection: sa.Connection, query: sa.Select[*tuple[Any, ...]], columns: Sequence[sa.ColumnElement[Any]]
) -> tuple[str | None, object] | None:
    for column in columns:
        try:
            connection.execute(query.with_only_columns(column, maintain_column_froms=True)).all()
        except UNREADABLE as error:
            return column.key, error
    return None


def _unsound(
    columns: Sequence[sa.ColumnElement[Any]], rows: Sequence[Row]
) -> tuple[str | None, object] | None:
    """The first column with a value that cannot stand in it, and that value."""
    for column, values in zip(columns, zip(*rows, strict=True), strict=False):
        if not isinstance(column, sa.Column):
            continue
        kinds = _kinds(column)
        check = _CHECKS.get((column.table.name, column.name))
        if check is None and set(map(type, values)) <= kinds:
            continue
        for value in values:
            if type(value) not in kinds or (check is not None and value is not None and not check(value)):
                return column.key, value
    return None


def _kinds(column: sa.Column[Any]) -> set[type]:
    kind = column.type
    if isinstance(kind, sa.Enum):
        found: set[type] = {kind.enum_class or str}
    elif isinstance(kind, sa.JSON):
        found = {dict}
    elif isinstance(kind, sa.String):
        found = {str}
    elif isinstance(kind, sa.Integer):
        found = {int}
    elif isinstance(kind, sa.Double):
        found = {float}
    else:
        found = {datetime}
    return found | {type(None)} if column.nullable else found


def _reason(column: str | None, wrong: object) -> str:
    what = "a value" if column is None else f"its {column}"
    if isinstance(wrong, json.JSONDecodeError):
        return f"{what} is no JSON"
    if isinstance(wrong, LookupError):
        return f"{what} is none that this version knows"
    if isinstance(wrong, BaseException):
        return f"{what} is damaged"
    shown = one_line(repr(wrong))
    return f"{what} cannot be {shown if len(shown) <= 60 else shown[:60] + '…'}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_scores(value: Mapping[str, Any]) -> bool:
    return judged_by(value) in value and all(map(_is_number, value.values()))


def _is_config(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("tasks"), dict) and type(value.get("epochs")) is int


def _is_kept(value: Any) -> bool:
    """Whether it says which files a study has, which state a working folder, or what a trial read."""
    inputs = {"rows", "dev_in_train", "weights", "parameters"}
    return any(
        kind <= value.keys() for kind in (inputs, {"study", "workloads"}, {"commit", "changed", "diff"})
    )


_CHECKS: dict[tuple[str, str], Callable[[Any], bool]] = {
    (run.name, "scores"): _are_scores,
    (run.name, "config"): _is_config,
    (provenance.name, "content"): _is_kept,
    (provenance.name, "digest"): bool,
    **{
        (run.name, name): math.isfinite
        for name in ("seconds", "peak_memory_mb", "processor_seconds", "step_seconds", "pair_seconds")
    },
}
"""What a value must be beyond its kind, for whoever reads it."""
