"""A clock that runs while a driver works and jumps while it waits, for one driver or many."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush, heappushpop
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from sweeper.store.owners import Owner

BEGUN = datetime(2024, 5, 1, tzinfo=UTC)


class _Machine(threading.Thread):
    """What one driver runs on: its own time, and its own process as others see it."""

    def __init__(self, clock: "VirtualClock", number: int, work: Callable[[], None]) -> None:
        super().__init__(name=f"driver-{number}", daemon=True)
        self.owner = Owner(f"machine-{number}", 1, "0")
        self.gate = threading.Semaphore(0)
        self.seconds = 0.0
        self.resumed = 0.0
        self.writing = False
        self._clock = clock
        self._work = work

    def run(self) -> None:
        self.gate.acquire()
        self.resumed = self._clock.timer()
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised where the simulation was started
            self._clock.failed(error)
        else:
            self._clock.ended(self)


class VirtualClock:
    """Time as each of some drivers sees it.

    Every driver is a thread with a time of its own: while it works, real seconds pass there; where it would
    wait, its time jumps. Only one moves at once, always the one whose time is the earliest, so that drivers
    cost each other nothing but what they do to the database: one that writes to SQLite holds it, and the next
    begins its transaction when that one has ended.

    Args:
        timer: What a driver works: by the wall clock, or its thread's processor time (`time.thread_time`),
            in which neither other programs of the machine count nor its disk.

    Attributes:
        working: Real seconds in which drivers worked, in all.
        held: Seconds in which one of them held the database.
        latest: When the last one that ended had ended.
    """

    def __init__(self, timer: Callable[[], float] = time.perf_counter) -> None:
        self.timer = timer
        self.working = 0.0
        self.held = 0.0
        self.latest = 0.0
        self._free = 0.0  # when the latest transaction ended
        self._waiting: list[tuple[float, str, _Machine]] = []
        self._over = threading.Semaphore(0)
        self._error: BaseException | None = None
        self._left = 0

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        """Starts a driver for each of some functions at time 0; returns when all have ended."""
        self._left = len(works)
        for number, work in enumerate(works):
            machine = _Machine(self, number, work)
            machine.start()
            heappush(self._waiting, (0.0, machine.name, machine))
        with self._transactions_in_turn():
            heappop(self._waiting)[2].gate.release()
            self._over.acquire()
        if self._error is not None:
            raise self._error

    def monotonic(self) -> float:
        """Seconds since the beginning, for the driver that asks."""
        here = _here()
        return here.seconds + self.timer() - here.resumed

    def now(self) -> datetime:
        """The time of day."""
        return BEGUN + timedelta(seconds=self.monotonic())

    def owner(self) -> Owner:
        """The driver that asks, as others see it."""
        return _here().owner

    def sleep(self, seconds: float) -> None:
        """Lets so much time pass."""
        self.wait_until(self.monotonic() + seconds)

    def wait_until(self, moment: float) -> None:
        """Lets the time pass up to a moment; until then others move."""
        here = _here()
        self.working += self.timer() - here.resumed
        moment = max(moment, self.monotonic())
        if self._waiting and self._waiting[0][0] < moment:
            heappushpop(self._waiting, (moment, here.name, here))[2].gate.release()
            here.gate.acquire()
        here.seconds, here.resumed = moment, self.timer()

    def ended(self, machine: _Machine) -> None:
        """Called by a driver that has nothing left to do."""
        self.working += self.timer() - machine.resumed
        self.latest = max(self.latest, self.monotonic())
        self._left -= 1
        (heappop(self._waiting)[2].gate if self._left else self._over).release()

    def failed(self, error: BaseException) -> None:
        """Called by a driver that raised; the simulation is over."""
        self._error = error
        self._over.release()

    def _begin(self, connection: sa.Connection) -> None:
        if connection.dialect.name != "sqlite" or "sweeper_reading" in connection.get_execution_options():
            return
        self.wait_until(self.monotonic())
        while self._free > self.monotonic():
            self.wait_until(self._free)
        _here().writing = True
        self.held -= self.monotonic()

    def _ending(self, real: Callable[..., None]) -> Callable[..., None]:
        def ending(dialect: DefaultDialect, connection: object) -> None:
            real(dialect, connection)
            here = _here()
            if here.writing:
                here.writing = False
                self._free = self.monotonic()
                self.held += self._free

        return ending

    @contextmanager
    def _transactions_in_turn(self) -> Iterator[None]:
        with ExitStack() as stack:
            sa.event.listen(sa.Engine, "begin", self._begin, insert=True)
            stack.callback(sa.event.remove, sa.Engine, "begin", self._begin)
            for name in ("do_commit", "do_rollback"):
                ending = self._ending(getattr(DefaultDialect, name))
                stack.enter_context(patch.object(DefaultDialect, name, ending))
            yield


def _here() -> _Machine:
    machine = threading.current_thread()
    assert isinstance(machine, _Machine)
    return machine
