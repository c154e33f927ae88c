"""A database that is only read: reading one needs no right to write."""

import os
import shutil
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

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
    reading = _Opened(file, stack.enter_context(ExitStack()))
    engine = sa.create_engine(url, creator=reading.connect, poolclass=sa.NullPool)
    # A transaction is begun by the statement that the listener sends.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    stack.callback(engine.dispose)
    return engine


class _Opened:
    """Opens the file of a database of SQLite to be read.

    Whether its log and the index of that are there is looked at for each connection: a driver that begins
    makes them, and one that ends removes them.

    Args:
        file: The file.
        stack: Removes the copies.
    """

    def __init__(self, file: Path, stack: ExitStack) -> None:
        self._file = file
        self._stack = stack
        self._log, self._index = (file.with_name(f"{file.name}{suffix}") for suffix in ("-wal", "-shm"))
        self._copied: tuple[list[int], Path] | None = None
        self._copying = Lock()

    def connect(self) -> sqlite3.Connection:
        """A connection to the file as it is now."""
        file, mode = self._file, "ro"
        if self._log.exists() and not self._index.exists() and self._log.stat().st_size:
            file, mode = self._copy(), "rw"
        elif not self._log.exists() or not self._index.exists():
            mode = "ro&immutable=1"  # else SQLite makes both
        uri = f"{file.as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None)

    def _copy(self) -> Path:
        """What a killed driver left, copied without the index, which cannot be made here."""
        with self._copying:
            state = [number for path in (self._file, self._log) for number in _state(path)]
            if self._copied is None or self._copied[0] != state:
                folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="sweeper-")))
                shutil.copyfile(self._log, folder / self._log.name)
                self._copied = state, Path(shutil.copyfile(self._file, folder / self._file.name))
            return self._copied[1]


def _state(path: Path) -> tuple[int, int]:
    """What changes with the content of a file."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size
