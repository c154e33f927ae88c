"""The schema of sweeper's own tables, as a chain of Alembic revisions.

A new revision is a file in ``versions/`` whose ``down_revision`` names the one before it.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...errors import DatabaseError
from ..tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

# Optuna keeps its own revision in Alembic's default table of the same database.
VERSION_TABLE = "sweeper_alembic_version"

# It announces at INFO what kind of database it sees, whenever it looks.
logging.getLogger("alembic").setLevel(logging.WARNING)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    # The option is read by configparser, to which % begins an interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def current(connection: sa.Connection) -> str | None:
    """The revision that a database is at, or None where it has none of our tables. Writes nothing."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    number: sa.ColumnElement[str] = sa.column("version_num")
    return connection.execute(sa.select(number).select_from(sa.table(VERSION_TABLE))).scalars().first()


def check_free(connection: sa.Connection, url: sa.URL) -> None:
    """Looks, without writing, whether a database without tables of ours has others that are called so.

    Raises:
        DatabaseError: If it has: it is another program's, and would be left half made.
    """
    names = {*sa.inspect(connection).get_table_names()}
    if VERSION_TABLE not in names and (taken := names & metadata.tables.keys()):
        raise DatabaseError(
            f"{url}: has a table {min(taken)!r} of another program: name another database with --storage"
        )


def known() -> list[str]:
    """All revisions that this version of sweeper knows, the newest first."""
    # As their files are called, which Alembic would have to import.
    names = (file.stem for file in (Path(__file__).parent / "versions").glob("v*_*.py"))
    return sorted((name[1:].partition("_")[0] for name in names), reverse=True)


def upgrade(connection: sa.Connection) -> None:
    """Brings a database to the newest revision, within the transaction of `connection`."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
