"""Studies of a database as one SQLite file, with other values in their rows; and such a file, checked."""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..errors import DatabaseError
from ..url import Url
from .copying import Row, Snapshot
from .database import Database
from .engine import check_url, explained
from .tables import deleted_study, metadata

Rewrite = Callable[[str, Row], Row]
"""Gives a row of a table, which it is called by, its other values."""


def extract(source: Url | str, names: Collection[str], file: Path, rewrite: Rewrite) -> None:
    """Writes what reports are made from to a new SQLite file: the same rows give the same bytes.

    Optuna's tables are there and empty: no report reads them.

    Args:
        source: URL of the database.
        names: The studies, as ``<study>@<workload>``.
        file: Where they go; its folder exists, and is used for what is made on the way.
        rewrite: Gives the row that is written; the keys stay.

    Raises:
        DatabaseError: If the database cannot be read, or has a row of these studies that cannot.
    """
    place = file.with_name(f"{file.name}.new")
    ours = Url(f"sqlite:///{place}")
    Database(ours).close()
    engine = sa.create_engine(check_url(ours))
    try:
        with Snapshot(check_url(source), names) as reader, engine.begin() as connection:
            for table in metadata.sorted_tables:
                if table is not deleted_study:
                    for rows in _chunks(reader, table):
                        connection.execute(table.insert(), [rewrite(table.name, row) for row in rows])
    finally:
        engine.dispose()
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("VACUUM INTO ?", (str(file),))
    place.unlink()
    place.with_name(f"{place.name}.lock").unlink(missing_ok=True)


def _chunks(reader: Snapshot, table: sa.Table) -> Iterator[list[Row]]:
    try:
        yield from reader.chunks(table)
    except (LookupError, ValueError, TypeError) as error:
        raise DatabaseError(f"a row of {table.name} cannot be read: {error}") from error


def check_extract(file: Path) -> None:
    """Looks whether a SQLite file that others have made is what `extract` writes, and brings it up to date.

    Args:
        file: A copy that is this process's own: tables of an older sweeper are migrated there.

    Raises:
        DatabaseError: If it is damaged, is no database of sweeper, or has what would run by itself.
    """
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            found: list[tuple[Any, ...]] = connection.execute(
                "SELECT type, name, coalesce(sql, '') FROM sqlite_master"
            ).fetchall()
            sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        except sqlite3.Error as error:
            raise DatabaseError(f"is damaged: {error}") from error
    for kind, name, sql in found:
        if kind not in ("table", "index") or sql.upper().startswith("CREATE VIRTUAL"):
            raise DatabaseError(f"has a {kind} {name!r}, which no database of sweeper has")
    if not sound:
        raise DatabaseError("is damaged")
    url = Url(f"sqlite:///{file}")
    with explained(check_url(url)):
        Database(url, must_exist=True).close()
