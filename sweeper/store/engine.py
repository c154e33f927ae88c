"""How a database is opened: its URL checked, SQLite made fit for many processes, errors put in one line."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from ..errors import DatabaseError
from ..paths import user_path
from ..url import Url

# psycopg warns of what it does about a connection that was cut, which is raised and retried all the same.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

BUSY_TIMEOUT = 120  # seconds that a SQLite connection waits for another's write lock


POOLED = 1  # connections that a driver keeps to a server, which has a hundred or so for all of them


_NOTICES_LOSS = {
    **{"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3},
    "tcp_user_timeout": 60_000,  # in milliseconds, all others in seconds
    "connect_timeout": 10,
}
"""How a connection to a server finds out within a minute that the server, or the way to it, is gone.

Without a word of either, the system would wait for hours, and the driver's trials would train for nobody.
"""


_REFUSALS = (
    "password authentication failed",
    "authentication failed for user",
    "no password supplied",
    "no pg_hba.conf entry",
    "is not permitted to log in",
    "Name or service not known",
    "No address associated with hostname",
    *("FATAL:  role ", "FATAL:  database ", "permission denied for database"),
)
"""What a server says to a wrong name or password, an unknown database, and the system of an unknown host."""


READING = {"sweeper_reading": True}  # execution options of a connection that will not write


_ADVISORY_LOCK = 0x53574550  # any number, the same for all who create tables


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Sets up each new connection of SQLite for many processes."""
    connection.isolation_level = None  # otherwise the sqlite3 module sends a BEGIN of its own
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def begin_immediate(engine: sa.Engine) -> None:
    """Makes each transaction of a SQLite engine take the write lock at its start.

    A transaction that reads first and then writes fails at once, without waiting, if another process
    has written in between; one that begins with the lock waits for its turn and then succeeds. Nothing
    on other databases.
    """
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "begin", _begin)


def _begin(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("sweeper_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class DatabaseUrl(sa.URL):
    """A database URL that prints itself without its secrets, those among its parameters too."""

    def __str__(self) -> str:
        return str(_whole(self))

    def __repr__(self) -> str:
        return repr(str(self))


def _whole(url: sa.URL) -> Url:
    return Url(url.render_as_string(hide_password=False))


def check_url(url: Url | str) -> sa.URL:
    """Reads a database URL.

    Returns:
        The URL; the file of a SQLite URL as an absolute path.

    Raises:
        DatabaseError: If it is no URL, or one of a kind that sweeper does not work on.
    """
    ways = "write sqlite:///folder/studies.db or postgresql://user@host/database"
    try:
        parsed = DatabaseUrl(*sa.make_url(url.whole if isinstance(url, Url) else url))
        parsed.render_as_string().encode()
    except (sa.exc.ArgumentError, ValueError) as error:
        # The text is not repeated: a mistyped URL can hold a password.
        raise DatabaseError(f"the database given is not a URL: {ways}") from error
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return parsed
    if kind != "sqlite":
        raise DatabaseError(f"{parsed}: {kind!r} is not supported: {ways}")
    if parsed.database in {None, "", ":memory:"} or parsed.query:
        raise DatabaseError(f"{parsed}: names no file: write sqlite:///folder/studies.db")
    return parsed.set(database=str(user_path(sqlite_file(parsed)).resolve()))


def sqlite_file(url: sa.URL) -> Path:
    """The file of a SQLite URL."""
    return Path(str(url.database))


@contextmanager
def explained(url: sa.URL) -> Iterator[None]:
    """Turns what the database, its driver or the file system raises into a DatabaseError of one line.

    A row that is there already passes through: that is an answer to be handled, not a broken database.
    """
    try:
        yield
    except sa.exc.IntegrityError as error:
        if _is_there(error):
            raise
        raise DatabaseError(f"{url}: another program has deleted rows: {_reason(url, error)}") from error
    except (sa.exc.SQLAlchemyError, OSError, ImportError) as error:
        raise DatabaseError(f"{url}: {_reason(url, error)}", passing=_passes(url, error)) from error


def _is_there(error: sa.exc.IntegrityError) -> bool:
    said = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return said in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505")


def _passes(url: sa.URL, error: BaseException) -> bool:
    """Whether waiting may help; a full disk or a damaged file does not mend itself."""
    if not isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError):
        return isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    # Not what SQLAlchemy adds, statement and parameters: these may be the traceback of a trial.
    said = str(getattr(error, "orig", None) or error)
    if url.get_backend_name() == "sqlite":
        return "locked" in said
    return not any(refusal in said for refusal in _REFUSALS)


def _reason(url: sa.URL, error: BaseException) -> str:
    # A driver may repeat what it was given.
    return _whole(url).hide(_said(error))


def _said(error: BaseException) -> str:
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        said = " ".join(str(error.orig).split())
        return "this user may only read it" if "readonly database" in said else said
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, ImportError):
        return f"its driver is not installed: pip install 'sentence-sweeper[postgresql]' ({error})"
    return " ".join(str(error).split())


def by_bytes(column: sa.ColumnElement[Any], engine: sa.Engine) -> sa.ColumnElement[Any]:
    """A column to order rows by; text by its bytes, as SQLite does, whatever the server's language is."""
    is_text = isinstance(column.type, sa.String)
    return column.collate("C") if is_text and engine.dialect.name != "sqlite" else column


def server_arguments(url: sa.URL) -> dict[str, Any]:
    """What the library of a server is told about connections, but for what the URL says itself.

    Args:
        url: Of a server.
    """
    if not url.get_driver_name().startswith("psycopg"):
        return {}  # another library, with names of its own
    said = {"connect_timeout"} if "PGCONNECT_TIMEOUT" in os.environ else set()
    return {name: value for name, value in _NOTICES_LOSS.items() if name not in url.query.keys() | said}


def plain_engine(url: sa.URL) -> sa.Engine:
    """An engine that looks at a database and leaves it as it is; the file must exist.

    Not opened read-only: SQLite would then leave its ``-wal`` and ``-shm`` files behind.
    """
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=sa.NullPool, connect_args=server_arguments(url))
    uri = f"{sqlite_file(url).as_uri()}?mode=rw"
    return sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT),
        poolclass=sa.NullPool,
    )


def hooked_engine(url: sa.URL) -> sa.Engine:
    """An engine for many processes. On SQLite: WAL, long waits, write locks taken at the start."""
    if url.get_backend_name() != "sqlite":
        # A server may close a connection that lies idle between two epochs of a long trial.
        arguments = server_arguments(url)
        return sa.create_engine(url, pool_pre_ping=True, pool_size=POOLED, connect_args=arguments)
    engine = sa.create_engine(url)
    sa.event.listen(engine, "connect", _prepare)
    begin_immediate(engine)
    return engine


def reading_options(engine: sa.Engine) -> dict[str, Any]:
    """Execution options of a connection that will not write; on a server, of statements each by itself.

    There each statement sees what is committed at its start anyway, and a transaction around one costs two
    more messages.
    """
    return READING if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}


@contextmanager
def creation_lock(engine: sa.Engine) -> Iterator[None]:
    """Lets one process at a time create or migrate tables: neither Optuna nor Alembic expects company."""
    if engine.dialect.name == "sqlite":
        file = sqlite_file(engine.url)
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f"{file.name}.lock"), timeout=BUSY_TIMEOUT):
            yield
    else:
        with engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            yield
