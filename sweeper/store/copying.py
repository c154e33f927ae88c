"""Copies studies from one database to another, whole: all rows of ours and all of Optuna's."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..errors import ConflictError, InputError
from ..url import Url
from .belonging import STUDIES, belonging, optuna_studies, study_tables
from .database import Database
from .engine import READING, by_bytes, check_url, explained, hooked_engine
from .idle import check_idle
from .readonly import may_write, reading_engine
from .tables import deleted_study, run, sweep

CHUNK = 1000  # rows at once


_UNDECLARED = {(sweep.name, "study_id"): "studies", (run.name, "trial_id"): "trials"}
"""Columns that hold a key of a table of Optuna's, of which our tables declare nothing."""

Row = dict[str, Any]


def copy(source: Url | str, destination: Url | str, names: Collection[str]) -> int:
    """Copies studies in one transaction; the trials that no driver has finished keep their owners and leases.

    Keys stay what they are, unless the destination has a row with one of them: then all of that table change.

    Args:
        source: URL of the database that has them.
        destination: URL of the one that shall have them; made if there is none.
        names: The studies, as ``<study>@<workload>``.

    Returns:
        The number of their trials.

    Raises:
        InputError: If both are one database.
        ConflictError: If the destination has a study of one of the names, or if a driver is at work on one.
        DatabaseError: If one cannot be read or written.
    """
    theirs, ours = check_url(source), check_url(destination)
    if _place(theirs) == _place(ours):
        raise InputError(f"{ours}: is the database to copy from as well: name another one")
    with Database(source, must_exist=True) as database:
        for name in names:
            check_idle(database.study(name), "copy then")
    Database(destination).close()  # has all tables from now on
    with explained(ours):
        writer = hooked_engine(ours)
        try:
            with Snapshot(theirs, names) as reader, writer.begin() as connection:
                return _Copy(reader, connection).all_rows()
        finally:
            writer.dispose()


def _place(url: sa.URL) -> tuple[object, ...]:
    """Where a database is, whoever asks for it and through whichever driver."""
    port = url.port or (None if url.get_backend_name() == "sqlite" else 5432)
    return url.get_backend_name(), url.host or url.query.get("host"), port, url.database


class Snapshot:
    """The rows of some studies as they are at one moment. A context manager.

    Args:
        url: The database.
        names: The studies.
    """

    def __init__(self, url: sa.URL, names: Collection[str]) -> None:
        self.names = names
        self._url = url
        self._stack = ExitStack()
        self._engine = hooked_engine(url) if may_write(url) else reading_engine(url, self._stack)

    def __enter__(self) -> "Snapshot":
        with explained(self._url):
            self._connection = self._engine.connect().execution_options(
                **READING if self._engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._engine.dispose()
        self._stack.close()

    def chunks(self, table: sa.Table) -> Iterator[list[Row]]:
        """The rows of a table, in the order of its keys."""
        keys = (by_bytes(column, self._engine) for column in table.primary_key)
        query = sa.select(table).where(self._wanted(table)).order_by(*keys)
        with explained(self._url):
            for rows in self._connection.execute(query).mappings().partitions(CHUNK):
                yield [dict(row) for row in rows]

    def keys(self, table: sa.Table) -> tuple[int, int] | None:
        """The lowest and the highest key of the rows of a table; None without rows."""
        key = _key(table)
        query = sa.select(sa.func.min(key), sa.func.max(key)).where(self._wanted(table))
        with explained(self._url):
            lowest, highest = self._connection.execute(query).one()
        return None if lowest is None else (lowest, highest)

    def _wanted(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Whether a row of a table belongs to the studies."""
        roots = {STUDIES: optuna_studies().c.study_name, sweep.name: sweep.c.name}
        return belonging(table, {name: column.in_(self.names) for name, column in roots.items()})


@dataclass
class _Copy:
    """One transaction at the destination.

    Attributes:
        source: The rows.
        connection: The transaction.
        shifts: What is added to the keys of each table.
    """

    source: Snapshot
    connection: sa.Connection
    shifts: dict[str, int] = field(default_factory=dict)

    def all_rows(self) -> int:
        """Copies everything; returns the number of trials."""
        tables = study_tables()
        if self.connection.dialect.name == "postgresql":  # SQLite locks the whole file
            names = ", ".join(table.name for table in tables)
            self.connection.execute(sa.text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
        self._check_new(sweep.c.name)
        self._check_no_copy()
        self._check_new(optuna_studies().c.study_name)
        counts = {table.name: self._rows(table) for table in tables}
        return counts[run.name]

    def _check_new(self, name: sa.Column[Any]) -> None:
        there = self.connection.execute(sa.select(name).where(name.in_(self.source.names))).scalars().first()
        if there is not None:
            raise ConflictError(
                f"{self.connection.engine.url}: has a study {there!r} already; nothing was copied: name "
                "another database, or copy another study with --study NAME"
            )

    def _check_no_copy(self) -> None:
        """Two rows of one study would have one folder of runs."""
        uuids = [row["uuid"] for rows in self.source.chunks(sweep) for row in rows]
        there = (
            self.connection.execute(sa.select(sweep.c.name).where(sweep.c.uuid.in_(uuids))).scalars().first()
        )
        if there is not None:
            raise ConflictError(
                f"{self.connection.engine.url}: has one of these studies already, as {there!r}; nothing was "
                "copied"
            )

    def _rows(self, table: sa.Table) -> int:
        key, count = _key(table), 0
        if key is not None:
            self.shifts[table.name] = self._shift(table, key)
        parents = _parents(table)
        for rows in self.source.chunks(table):
            for row in rows:
                for column, parent in parents.items():
                    row[column] += self.shifts[parent]
                if key is not None:
                    row[key.name] += self.shifts[table.name]
            self.connection.execute(table.insert(), rows)
            count += len(rows)
        if key is not None and count and self.connection.dialect.name == "postgresql":
            # Keys that were given leave the counter where it was.
            counter = sa.func.pg_get_serial_sequence(table.name, key.name)
            self.connection.execute(
                sa.select(sa.func.setval(counter, sa.select(sa.func.max(key)).scalar_subquery()))
            )
        return count

    def _shift(self, table: sa.Table, key: sa.Column[Any]) -> int:
        """0 if the destination has no row with a key from the lowest to the highest, else past all of its."""
        keys = self.source.keys(table)
        if keys is None:
            return 0
        # A key of a deleted study is not given again.
        gone = [sa.select(deleted_study.c.sweep_id)] if table is sweep else []
        there = sa.union_all(sa.select(key), *gone).subquery().c[0]
        highest: int | None = self.connection.execute(sa.select(sa.func.max(there))).scalar_one()
        clash = sa.select(there).where(there.between(*keys)).limit(1)
        if highest is None or self.connection.execute(clash).first() is None:
            return 0
        return highest


def _key(table: sa.Table) -> sa.Column[Any] | None:
    """The column that numbers the rows of a table; None where other things tell them apart."""
    columns = list(table.primary_key)
    return columns[0] if len(columns) == 1 else None


def _parents(table: sa.Table) -> dict[str, str]:
    """The columns of a table that hold keys of other tables, each with that table's name."""
    found = {column.name: key.column.table.name for column in table.c for key in column.foreign_keys}
    return found | {column: parent for (name, column), parent in _UNDECLARED.items() if name == table.name}
