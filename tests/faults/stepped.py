"""Drivers that advance one poll at a time and can be killed anywhere, several of them in one process.

Each begins as ``sweeper run`` does and runs the real ``Driver``, in a thread of its own, which waits where it
polls its executor or sleeps until it is told to go on; never two of them move at once. A kill is an exception
that nothing catches, raised where the driver waits or is about to send a statement: what is committed stays,
and nothing more is written. The answer to a transaction can be lost. Time stands still but for sleep, and for
what the test lets pass.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa
from rich.console import Console

from sweeper.executors.protocol import Job
from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.retrying import DATABASE_SECONDS, RetryPolicy
from sweeper.study.study import Study
from sweeper.sweep.driver import Driver
from sweeper.sweep.files import RunFiles
from sweeper.sweep.leftovers import sweep_leftovers
from sweeper.sweep.order import Order, Places
from sweeper.sweep.stopping import Limits
from sweeper.sweep.sweep import begin
from sweeper.url import Url
from tests.faults.filed import FiledExecutor
from tests.faults.lost import lost_answers

PATIENCE = 60.0
"""Seconds after which a driver that neither polls nor ends counts as hung."""

HERE, ELSEWHERE = Owner.this_process().host, "no-such-host"

LEASE_SECONDS = 20.0


class KilledError(BaseException):
    """The driver's process is gone."""


class _Done(Exception):  # noqa: N818
    """The driver has nothing left to do."""


class Puppet(threading.Thread):
    """A thread that is one driver's process."""

    driver: "SteppedDriver"
    statements_left: int | None = None
    answers_left: int | None = None

    def send(self) -> None:
        """Called before each statement of this process."""
        if self.statements_left is None:
            return
        if self.statements_left == 0:
            raise KilledError
        self.statements_left -= 1

    def is_lost(self) -> bool:
        """Called after each transaction of this process: whether it does not hear of it."""
        lost = self.answers_left == 0
        if self.answers_left is not None:
            self.answers_left = None if lost else self.answers_left - 1
        return lost


class SteppedDriver:
    """A driver under control.

    Args:
        url: Of the database.
        study: What it runs.
        wanted: Trials in total; None for all of a study that ends.
        home: Folder of the runs.
        owner: Who it is.
        stage: Where it acts.
        workers: Trials at once.
        fails: See `FiledExecutor`.
    """

    def __init__(  # noqa: PLR0917 - what a driver needs, and who it is
        self,
        url: str,
        study: Study,
        wanted: int | None,
        home: Path,
        owner: Owner,
        stage: "Stage",
        workers: int = 1,
        fails: Callable[[Job], bool] = lambda job: False,
    ) -> None:
        self.owner = owner
        self.executor = FiledExecutor(workers, self.wait, fails)
        self._where = url, study, wanted, home
        self._stage = stage
        self._words: queue.Queue[bool] = queue.Queue()
        self._answers: queue.Queue[BaseException | None] = queue.Queue()
        self._thread = Puppet(target=self._run, name=str(owner), daemon=True)
        self._thread.driver = self
        self.alive = True
        self.error: BaseException | None = None
        self._thread.start()
        self._hear()

    def advance(self, polls: int = 1) -> None:
        """Lets it go on to its next poll, some times; less if it ends."""
        for _ in range(polls):
            if self.alive:
                self._words.put(True)
                self._hear()

    def kill(self) -> None:
        """Kills it where it polls."""
        if self.alive:
            self._thread.statements_left = 0
            self._words.put(False)
            self._hear()

    def kill_before_statement(self, number: int, polls: int) -> None:
        """Lets it go on, and kills it before its statement `number` from now, or at a poll."""
        self._thread.statements_left = number
        self.advance(polls)
        self.kill()

    def lose_answer(self, number: int) -> None:
        """Lets it go on; its transaction `number` from now is carried out, and it hears of an error."""
        self._thread.answers_left = number
        self.advance()

    def wait(self) -> None:
        """Called by the driver's own thread: waits for the word to go on."""
        self._answers.put(None)
        if not self._words.get(timeout=PATIENCE):
            raise KilledError

    def _hear(self) -> None:
        """Waits until the driver polls or is gone; raises what it died of, unless it was killed."""
        answer = self._answers.get(timeout=PATIENCE)
        if answer is None:
            return
        self._thread.join()
        self.alive = False
        if not isinstance(answer, KilledError | _Done):
            self.error = answer
            raise answer

    def _run(self) -> None:
        url, study, wanted, root = self._where
        home = Home(root)
        order = Order(study, wanted, Places(Url(url), home, None), Console(quiet=True))
        try:
            with Database(url, clock=self._stage, waits=RetryPolicy(DATABASE_SECONDS)) as database:
                study, store = begin(database, order)
                files = RunFiles.of(home, store)
                files.take(lambda text: None)
                sweep_leftovers(files, store.trials.standings())
                Driver(
                    store=store,
                    study=study,
                    wanted=store.row.wanted,
                    executor=self.executor,
                    home=home,
                    data=None,
                    observer=Observer(),
                    limits=Limits(max_failures=None),
                    lease_seconds=LEASE_SECONDS,
                    owner=self.owner,
                ).run()
            self._answers.put(_Done())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that holds the strings
            self._answers.put(error)


def finish(drivers: Sequence[SteppedDriver], limit: int = 2000) -> None:
    """Lets drivers go on in turn until all have ended."""
    for _ in range(limit):
        living = [driver for driver in drivers if driver.alive]
        if not living:
            return
        for driver in living:
            driver.advance()
    raise AssertionError(f"still at work after {limit} turns: {[str(driver.owner) for driver in living]}")


class Stage:
    """Where stepped drivers act, and their clock.

    Attributes:
        dead: Owners whose process is gone.
        seconds: Time that has passed here.
    """

    def __init__(self) -> None:
        self.dead: set[Owner] = set()
        self.seconds = 0.0

    def monotonic(self) -> float:
        """The clock that only goes forward."""
        return self.seconds

    def now(self) -> datetime:
        """The time of day."""
        return datetime(2024, 5, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        """Lets time pass, and others move."""
        thread = threading.current_thread()
        if isinstance(thread, Puppet):
            self.seconds += seconds
            thread.driver.wait()

    def is_dead(self, owner: Owner) -> bool:
        """Whether an owner's process can be seen to be gone."""
        return owner.host == HERE and owner in self.dead


def _before_statement(*_: object) -> None:
    thread = threading.current_thread()
    if isinstance(thread, Puppet):
        thread.send()


def _is_lost() -> bool:
    thread = threading.current_thread()
    return isinstance(thread, Puppet) and thread.is_lost()


@contextmanager
def stage() -> Iterator[Stage]:
    """Tells its drivers when a statement is sent and a transaction done, and lets its owners die."""
    found = Stage()

    def is_dead(owner: Owner) -> bool:
        return found.is_dead(owner)

    with ExitStack() as stack:
        sa.event.listen(sa.Engine, "before_cursor_execute", _before_statement)
        stack.callback(sa.event.remove, sa.Engine, "before_cursor_execute", _before_statement)
        stack.enter_context(lost_answers(_is_lost))
        stack.enter_context(patch.object(Owner, "is_dead", is_dead))
        yield found
