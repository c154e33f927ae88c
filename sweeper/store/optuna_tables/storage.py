"""Optuna's own storage, which makes its tables and its studies, on our connections."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...errors import DatabaseError
from ..engine import begin_immediate, explained

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

VERSION, SCHEMA = "v3.2.0.a", 12
"""What Optuna calls the tables that the statements here are written for; it has had no others since 3.2.

The one stands in its ``alembic_version``, the other in its ``version_info``.
"""


class OptunaStorage:
    """Optuna's storage on the connections of our engine; begun when it is needed, as it takes long to import.

    Args:
        engine: Our engine.
        ready: Whether Optuna's tables are there already.

    Raises:
        DatabaseError: From here and from every method, if the database cannot be read or written.
    """

    def __init__(self, engine: sa.Engine, ready: bool) -> None:
        self._engine = engine
        self._url = engine.url
        if not ready:
            self._opened(ready)

    @cached_property
    def _storage(self) -> "RDBStorage":
        return self._opened(ready=True)

    def _opened(self, ready: bool) -> "RDBStorage":
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        # Optuna puts the URL through str.format.
        url = self._url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
        with explained(self._url), _unwrapped():
            # On our pool, and so on connections that our engine has prepared from the very first.
            storage = optuna.storages.RDBStorage(
                url,
                {"pool": self._engine.pool},
                skip_compatibility_check=True,  # see `check_version`
                skip_table_creation=ready,
            )
        # Only now: the constructor opens transactions within others, which would wait for each other. What
        # it writes, it writes under the creation lock.
        begin_immediate(storage.engine)
        return storage

    def create_study(self, name: str, directions: Sequence[str]) -> int:
        """Makes the Optuna study of that name, unless there is one, and returns its key.

        Args:
            name: Its name.
            directions: Of each value that a complete trial has, ``maximize`` or ``minimize``.
        """
        from optuna.exceptions import DuplicatedStudyError
        from optuna.study import StudyDirection

        with explained(self._url), _unwrapped():
            with suppress(DuplicatedStudyError):
                wanted = [StudyDirection[direction.upper()] for direction in directions]
                return self._storage.create_new_study(wanted, name)
            return self._storage.get_study_id_from_name(name)


@contextmanager
def _unwrapped() -> Iterator[None]:
    """Raises what the database has said, in which Optuna's storage wraps an error of its own."""
    from optuna.exceptions import StorageInternalError

    try:
        yield
    except StorageInternalError as error:
        raise error.__cause__ or error from None


def check_version(connection: sa.Connection, url: sa.URL) -> None:
    """Looks, without writing, whether a database has no tables of Optuna's, or those that are known.

    Optuna makes what is missing before it looks, and says neither which database nor which version.

    Raises:
        DatabaseError: If it has others.
    """
    heads = _said(connection, "alembic_version", "version_num")
    schemas = _said(connection, "version_info", "schema_version")
    for found, known in ((heads, VERSION), (schemas, SCHEMA)):
        if set(found) - {known}:
            said = ", ".join(sorted(map(str, found)))
            raise DatabaseError(
                f"{url}: its tables of Optuna's are of version {said}, and this sweeper knows {known}: use "
                "the versions of sweeper and Optuna that made it, or name another database with --storage"
            )


def _said(connection: sa.Connection, table: str, column: str) -> Sequence[object]:
    if not sa.inspect(connection).has_table(table):
        return []
    return connection.execute(sa.select(sa.column(column)).select_from(sa.table(table))).scalars().all()


def copied_tables() -> list[sa.Table]:
    """The tables that hold Optuna's studies and trials, parents before children."""
    from optuna.storages._rdb.models import BaseModel

    about_itself = {"version_info", "alembic_version"}
    return [table for table in BaseModel.metadata.sorted_tables if table.name not in about_itself]
