"""Drivers that advance one poll at a time and can be killed anywhere, several of them in one process.

Each runs the real ``Driver`` in a thread of its own, which waits wherever it polls its executor or sleeps
until it is told to go on; never two of them move at once. A kill is an exception that nothing catches, raised
where the driver waits or is about to begin a transaction: what is committed stays, and nothing more is
written. Time stands still but for sleep, and for what the test lets pass.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa

from sweeper.executors import Event, Failed, Job
from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.study.study import Study
from sweeper.sweep.driver import Driver
from sweeper.sweep.stopping import Limits
from sweeper.trial import ErrorClass
from tests.sweeper_tests.instant import InstantExecutor

PATIENCE = 60.0
"""Seconds after which a driver that neither polls nor ends counts as hung."""

HERE, ELSEWHERE = Owner.this_process().host, "no-such-host"

LEASE_SECONDS = 20.0


class KilledError(BaseException):
    """The driver's process is gone."""


class _Done(Exception):  # noqa: N818
    """The driver has nothing left to do."""


class _Puppet(threading.Thread):
    """A thread that is one driver's process."""

    driver: "SteppedDriver"
    transactions_left: int | None = None

    def begin(self) -> None:
        """Called before each transaction of this process."""
        if self.transactions_left is None:
            return
        if self.transactions_left == 0:
            raise KilledError
        self.transactions_left -= 1


class SteppedExecutor(InstantExecutor):
    """Instant trials that wait for the word at each poll.

    Args:
        workers: Trials at once.
        may_go_on: Returns when the driver may go on, or raises.
        fails: Whether a job ends with the failure `nan` after its first epoch, whoever runs it.
    """

    def __init__(self, workers: int, may_go_on: Callable[[], None], fails: Callable[[Job], bool]) -> None:
        super().__init__(workers)
        self._may_go_on = may_go_on
        self._fails_always = fails
        self.next_failure: ErrorClass | None = None

    def submit(self, job: Job) -> None:
        self._fails = frozenset({job.number}) if self._fails_always(job) else frozenset()
        super().submit(job)

    def poll(self, timeout: float) -> list[Event]:
        self._may_go_on()
        if self.next_failure is not None and self._events:
            number = next(iter(self._events))
            del self._events[number]
            failed = Failed(number, self.next_failure, "made to fail", "")
            self.next_failure = None
            return [failed]
        return super().poll(timeout)


class SteppedDriver:
    """A driver under control.

    Args:
        url: Of the database.
        study: What it runs.
        wanted: Trials in total.
        home: Folder of the runs.
        owner: Who it is.
        stage: Where it acts.
        workers: Trials at once.
        fails: See `SteppedExecutor`.
    """

    def __init__(  # noqa: PLR0917 - what a driver needs, and who it is
        self,
        url: str,
        study: Study,
        wanted: int,
        home: Path,
        owner: Owner,
        stage: "Stage",
        workers: int = 1,
        fails: Callable[[Job], bool] = lambda job: False,
    ) -> None:
        self.owner = owner
        self.executor = SteppedExecutor(workers, self.wait, fails)
        self._where = url, study, wanted, home
        self._stage = stage
        self._words: queue.Queue[bool] = queue.Queue()
        self._answers: queue.Queue[BaseException | None] = queue.Queue()
        self._thread = _Puppet(target=self._run, name=str(owner), daemon=True)
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
            self._thread.transactions_left = 0
            self._words.put(False)
            self._hear()

    def kill_before_transaction(self, number: int, polls: int) -> None:
        """Lets it go on, and kills it before its transaction `number` from now, or at a poll."""
        self._thread.transactions_left = number
        self.advance(polls)
        self.kill()

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
        url, study, wanted, home = self._where
        try:
            with Database(url, clock=self._stage) as database:
                Driver(
                    store=database.study(study.name),
                    study=study,
                    wanted=wanted,
                    executor=self.executor,
                    home=Home(home),
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
        if isinstance(thread, _Puppet):
            self.seconds += seconds
            thread.driver.wait()

    def is_dead(self, owner: Owner) -> bool:
        """Whether an owner's process can be seen to be gone."""
        return owner.host == HERE and owner in self.dead


def _before_transaction(_connection: sa.Connection) -> None:
    thread = threading.current_thread()
    if isinstance(thread, _Puppet):
        thread.begin()


@contextmanager
def stage() -> Iterator[Stage]:
    """Tells its drivers when a transaction begins, and lets its owners die."""
    found = Stage()

    def is_dead(owner: Owner) -> bool:
        return found.is_dead(owner)

    with ExitStack() as stack:
        sa.event.listen(sa.Engine, "begin", _before_transaction)
        stack.callback(sa.event.remove, sa.Engine, "begin", _before_transaction)
        stack.enter_context(patch.object(Owner, "is_dead", is_dead))
        yield found
