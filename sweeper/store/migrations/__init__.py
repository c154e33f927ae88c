"""The schema of sweeper's own tables, as a chain of Alembic revisions.

A new revision is a file in ``versions/`` whose ``down_revision`` names the one before it.
"""

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

# Optuna keeps its own revision in Alembic's default table of the same database.
VERSION_TABLE = "sweeper_alembic_version"

# It announces at INFO what kind of database it sees, whenever it looks.
logging.getLogger("alembic").setLevel(logging.WARNING)


def _config() -> Config:
    config = Config()
    # The option is read by configparser, to which % begins an interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def current(connection: sa.Connection) -> str | None:
    """The revision that a database is at, or None where it has none of our tables. Writes nothing."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def known() -> list[str]:
    """All revisions that this version of sweeper knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def upgrade(connection: sa.Connection) -> None:
    """Brings a database to the newest revision, within the transaction of `connection`."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
