"""``python -m sweeper``, but it is struck at chosen moments of its talk with the database.

    STRIKES='{"kill": {"before do_commit leases.py:88": 1}}' python -m tests.faults.struck run --trials 4 …

A moment is just before or just after a statement or a commit that one line of ``sweeper/store`` asks for; it
is struck when it comes for the time given. `kill` is SIGKILL for the driver. `cut` has PostgreSQL end the
driver's connection: before a statement it never arrives, after it its answer is lost. Every moment leaves a
line in ``moments`` under SWEEPER_HOME, every strike one in ``strikes``.
"""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sweeper.store

STORE = Path(sweeper.store.__file__).parent

EVERYBODYS = ("access.py", "damage.py", "engine.py", "retrying.py")
"""Through these goes every statement; what asks for it stands further out."""

CALLS = ("do_execute", "do_executemany", "do_execute_no_params", "do_commit")
"""Methods of SQLAlchemy's dialects; each gets a cursor or a connection first."""


def place() -> str:
    """The line of the store that is at work."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(STORE) and file.name not in EVERYBODYS:
            return f"{file.relative_to(STORE)}:{frame.f_lineno}"
        frame = frame.f_back
    return "elsewhere"


def cut(connection: Any) -> None:
    """Has the server end a connection of psycopg's, and returns when it has."""
    import psycopg

    with psycopg.connect(connection.info.dsn, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.info.backend_pid])


class Striker:
    """Strikes when the time has come.

    Args:
        strikes: For each way to strike, at which moments, and each for which time.
        home: Where to write.
    """

    def __init__(self, strikes: dict[str, dict[str, int]], home: Path) -> None:
        self._ways = {moment: way for way, moments in strikes.items() for moment in moments}
        self._times = {moment: time for moments in strikes.values() for moment, time in moments.items()}
        self._came: Counter[str] = Counter()
        home.mkdir(parents=True, exist_ok=True)
        self._moments, self._strikes = (
            (home / name).open("a", buffering=1, encoding="utf-8") for name in ("moments", "strikes")
        )

    def come(self, moment: str, connection: Any) -> bool:
        """Strikes if it is time; returns whether the connection was cut."""
        self._moments.write(f"{moment}\n")
        self._came[moment] += 1
        if self._came[moment] != self._times.get(moment):
            return False
        self._strikes.write(f"{moment}\n")
        if self._ways[moment] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        cut(connection)
        return True

    def around(self, name: str, call: Callable[..., None]) -> Callable[..., None]:
        """A method of a dialect, struck before and after."""

        def struck(dialect: object, first: Any, *rest: Any, **options: Any) -> None:
            connection = first.connection if "execute" in name else first.dbapi_connection
            where = f"{name} {place()}"
            self.come(f"before {where}", connection)
            call(dialect, first, *rest, **options)
            if self.come(f"after {where}", connection):
                connection.execute("SELECT 1")  # raises that the connection is gone

        return struck


def dialects() -> list[type]:
    """SQLAlchemy's own, all that sweeper uses."""
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

    found = {base for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite) for base in dialect.__mro__}
    return sorted(found, key=lambda dialect: dialect.__name__)


if __name__ == "__main__":
    from sweeper.cli import main

    striker = Striker(json.loads(os.environ.get("STRIKES", "{}")), Path(os.environ["SWEEPER_HOME"]))
    for dialect in dialects():
        for name in CALLS:
            if dialect.__module__ != "sqlalchemy.engine.interfaces" and name in vars(dialect):
                setattr(dialect, name, striker.around(name, vars(dialect)[name]))
    main()
