"""A database that is only read: reading one needs no right to write."""

import os
import shutil
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from ..errors import DatabaseError
from .engine import BUSY_TIMEOUT, server_arguments, sqlite_file


def may_write(url: sa.URL) -> bool:
    """Whether this user may write a database, or make it; for one on a server, the server says so.

    SQLite needs the folder too, for its write-ahead log.
    """
    if url.get_backend_name() != "sqlite":
        return True
    file = sqlite_file(url)
    return not file.exists() or (os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK))


def reading_engine(url: sa.URL, stack: ExitStack) -> sa.Engine:
    """An engine that reads a database, and leaves nothing beside the file of SQLite.

    Args:
        url: The database; the file of a SQLite URL exists.
        stack: Closes it.

    Raises:
        DatabaseError: If this user may not even read it.
    """
    if url.get_backend_name() != "sqlite":
        arguments = {**server_arguments(url), "options": "-c default_transaction_read_only=on"}
        engine = sa.create_engine(url, connect_args=arguments)
        stack.callback(engine.dispose)
        return engine
    file = sqlite_file(url)
    if not os.access(file, os.R_OK):
        raise DatabaseError(f"{url}: this user may not read it")
    log, index = (file.with_name(f"{file.name}{suffix}") for suffix in ("-wal", "-shm"))
    mode = "ro"
    if log.exists() and not index.exists() and log.stat().st_size:
        # What a killed driver left, copied without the index, which cannot be made here.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sweeper-")))
        shutil.copyfile(log, folder / log.name)
        file, mode = Path(shutil.copyfile(file, folder / file.name)), "rw"
    elif not log.exists() or not index.exists():
        mode = "ro&immutable=1"  # else SQLite makes both
    uri = f"{file.as_uri()}?mode={mode}"
    engine = sa.create_engine(
        url,
        # A transaction is begun by the statement that the listener sends.
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None),
        poolclass=sa.NullPool,
    )
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    stack.callback(engine.dispose)
    return engine
