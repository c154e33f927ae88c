"""Optuna's own storage, which makes its tables and its studies, on our connections."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import optuna
import sqlalchemy as sa
from alembic.migration import MigrationContext
from optuna.exceptions import DuplicatedStudyError, StorageInternalError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection

from ...errors import DatabaseError
from ..engine import begin_immediate, explained

VERSION, SCHEMA = "v3.2.0.a", 12
"""What Optuna calls the tables that the statements here are written for; it has had no others since 3.2.

The one stands in its ``alembic_version``, the other in its ``version_info``.
"""


class OptunaStorage:
    """Optuna's storage on the connections of our engine.

    Args:
        engine: Our engine.
        ready: Whether Optuna's tables are there already.

    Raises:
        DatabaseError: From here and from every method, if the database cannot be read or written.
    """

    def __init__(self, engine: sa.Engine, ready: bool) -> None:
        self._url = engine.url
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        # Optuna puts the URL through str.format.
        url = engine.url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
        with explained(self._url), _unwrapped():
            # On our pool, and so on connections that our engine has prepared from the very first.
            self._storage = RDBStorage(
                url,
                {"pool": engine.pool},
                skip_compatibility_check=True,  # see `check_version`
                skip_table_creation=ready,
            )
        # Only now: the constructor opens transactions within others, which would wait for each other. What
        # it writes, it writes under the creation lock.
        begin_immediate(self._storage.engine)

    def create_study(self, name: str, objectives: int = 1) -> int:
        """Makes the Optuna study of that name, unless there is one, and returns its key.

        Args:
            name: Its name.
            objectives: How many values a complete trial has, all to be raised.
        """
        with explained(self._url), _unwrapped():
            with suppress(DuplicatedStudyError):
                return self._storage.create_new_study([StudyDirection.MAXIMIZE] * objectives, name)
            return self._storage.get_study_id_from_name(name)


@contextmanager
def _unwrapped() -> Iterator[None]:
    """Raises what the database has said, in which Optuna's storage wraps an error of its own."""
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
    heads = MigrationContext.configure(connection).get_current_heads()
    schemas: list[int] = []
    if sa.inspect(connection).has_table("version_info"):
        schemas = list(connection.execute(sa.text("SELECT schema_version FROM version_info")).scalars())
    for found, known in ((heads, VERSION), (schemas, SCHEMA)):
        if set(found) - {known}:
            said = ", ".join(sorted(map(str, found)))
            raise DatabaseError(
                f"{url}: its tables of Optuna's are of version {said}, and this sweeper knows {known}: use "
                "the versions of sweeper and Optuna that made it, or name another database with --storage"
            )


def copied_tables() -> list[sa.Table]:
    """The tables that hold Optuna's studies and trials, parents before children."""
    from optuna.storages._rdb.models import BaseModel

    about_itself = {"version_info", "alembic_version"}
    return [table for table in BaseModel.metadata.sorted_tables if table.name not in about_itself]
