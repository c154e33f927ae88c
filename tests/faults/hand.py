"""A thread in which a command works, killed before a statement or before a change of the disk."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from sweeper.store.database import Database
from sweeper.store.retrying import DATABASE_SECONDS, RetryPolicy
from tests.faults.stepped import Puppet, Stage

CHANGES = ("rename", "replace", "unlink", "rmdir")
"""What changes the disk and can be cut short."""

Do = Callable[[Database], object]


class Hand(Puppet):
    """A thread in which a command works, killed before a step: a statement, or a change of the disk.

    Args:
        do: The command.
        url: Of the database.
        clock: The time there.
    """

    def __init__(self, do: Do, url: str, clock: Stage) -> None:
        super().__init__(target=self._work, daemon=True)
        self.driver: Any = SimpleNamespace(wait=lambda: None)
        self.error: BaseException | None = None
        self._do = do
        self._where = url, clock

    def type(self, killed_at: int | None = None, lost: int | None = None) -> BaseException | None:
        """Types the command and waits for its end.

        Args:
            killed_at: Before which of its steps it is killed, from 0.
            lost: The answer to which of its transactions is lost, from 0.

        Returns:
            What it ended with; None where all went well.
        """
        self._limits = killed_at, lost
        self.start()
        self.join(60.0)
        assert not self.is_alive(), "it hangs"
        return self.error

    def _work(self) -> None:
        url, clock = self._where
        try:
            with Database(url, clock=clock, waits=RetryPolicy(DATABASE_SECONDS)) as database:
                self.statements_left, self.answers_left = self._limits
                self._do(database)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that typed it
            self.error = error


@contextmanager
def mortal_on_disk() -> Iterator[None]:
    """Lets a `Hand` be killed before it changes the disk, too."""

    def before(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*given: Any, **named: Any) -> Any:
            thread = threading.current_thread()
            if isinstance(thread, Hand):
                thread.send()
            return change(*given, **named)

        return changed

    with ExitStack() as stack:
        for name in CHANGES:
            stack.enter_context(patch.object(os, name, before(getattr(os, name))))
        yield
