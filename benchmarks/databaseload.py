"""What drivers ask of their database, and how long they wait for it."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from sweeper.store.database import Database
from sweeper.store.leases import Leases
from sweeper.store.outcomes import Outcomes
from sweeper.store.study import StudyStore
from sweeper.store.trials import Trials
from sweeper.sweep.backlog import Backlog

from .virtualclock import VirtualClock


class DatabaseLoad:
    """Counts what is sent to the database, and takes the time of what is asked of it.

    Attributes:
        statements: Statements sent, those that begin a transaction included.
        transactions: Transactions begun.
        seconds: Time of drivers inside the store, waiting for each other included.
        proposals: Seconds from asking for a trial that is new to having it, one by one.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.statements = self.transactions = 0
        self.seconds = 0.0
        self.proposals: list[float] = []
        self._clock = clock
        self._inside = threading.local()

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measures for a while."""
        with ExitStack() as stack:
            for name, hear in (("before_cursor_execute", self._statement), ("begin", self._transaction)):
                sa.event.listen(sa.Engine, name, hear)
                stack.callback(sa.event.remove, sa.Engine, name, hear)
            for owner in (Database, StudyStore, Trials, Leases, Outcomes):
                for name, method in vars(owner).items():
                    if callable(method) and not name.startswith("_"):
                        stack.enter_context(patch.object(owner, name, self._timed(method)))
            stack.enter_context(patch.object(Backlog, "_propose", self._proposal(Backlog._propose)))
            yield

    def _statement(self, *_: object) -> None:
        self.statements += 1

    def _transaction(self, _: sa.Connection) -> None:
        self.transactions += 1

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def timed(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._inside, "one", False):
                return method(*args, **kwargs)
            self._inside.one, began = True, self._clock.monotonic()
            try:
                return method(*args, **kwargs)
            finally:
                self._inside.one = False
                self.seconds += self._clock.monotonic() - began

        return timed

    def _proposal(self, propose: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(propose)
        def timed(backlog: Backlog, number: int) -> None:
            began = self._clock.monotonic()
            propose(backlog, number)
            self.proposals.append(self._clock.monotonic() - began)

        return timed
