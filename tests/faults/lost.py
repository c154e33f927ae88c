"""Answers of a database that are lost: what was asked is done, and whoever asked hears of an error."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy.engine.default import DefaultDialect


@contextmanager
def lost_answers(is_lost: Callable[[], bool]) -> Iterator[None]:
    """Loses the answers to what is committed, in the thread that calls this and in others.

    Args:
        is_lost: Asked once for each transaction, and for each writing statement that is one by itself.
    """
    commit, execute = DefaultDialect.do_commit, DefaultDialect.do_execute

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        commit(self, connection)
        if is_lost():
            _lose(self, connection.driver_connection)

    def do_execute(self: DefaultDialect, cursor: Any, statement: str, *rest: Any) -> None:
        execute(self, cursor, statement, *rest)
        alone = self.name == "postgresql" and cursor.connection.autocommit and "INSERT" in statement
        if alone and is_lost():
            _lose(self, cursor.connection)

    with (
        patch.object(DefaultDialect, "do_commit", do_commit),
        patch.object(DefaultDialect, "do_execute", do_execute),
    ):
        yield


def _lose(dialect: DefaultDialect, connection: Any) -> None:
    """Raises what the driver of a database raises, of a kind that may pass."""
    if dialect.name == "sqlite":
        raise sqlite3.OperationalError("database is locked")
    connection.close()
    raise dialect.dbapi.OperationalError("server closed the connection unexpectedly")


class EveryOther:
    """Loses the first answer of each thread, and every other one after it."""

    def __init__(self) -> None:
        self.lost = 0
        self._asked = threading.local()

    def __call__(self) -> bool:
        self._asked.odd = not getattr(self._asked, "odd", False)
        self.lost += self._asked.odd
        return bool(self._asked.odd)
