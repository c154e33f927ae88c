"""Alembic runs this file; ``upgrade`` hands over the connection."""

from alembic import context

from sweeper.store.migrations import VERSION_TABLE
from sweeper.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # The caller's transaction covers all revisions; SQLite's DDL is transactional under our hooks.
    transactional_ddl=True,
)


context.run_migrations()
