"""The trials that the workers of a driver have."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from model.plugins.source import PluginSource

from ..clock import Clock
from ..executors.inline import InlineExecutor
from ..executors.protocol import Event, Executor, Noted, Progressed, Waiting
from ..observers.observer import Observer
from .attempt import Attempt, Ready
from .files import RunFiles
from .recovery import after_deaths

DEAF_SECONDS = 5.0
"""From how long on time without a poll counts as time in which nobody listened: a driver may wait for its
database for half an hour, or be stopped, and its trials with it."""


class Attempts:
    """The trials under way, by number, while others of them end.

    Args:
        executor: Where they run.
        files: The folders of their runs.
        data: Folder of the user's data files, if there is one.
        threads: CPU threads of a trial whose configuration does not say.
        plugins: Own code of the study.
        observer: Hears that one is handed out or given back, and what is said of one.
        clock: The driver's.
        between: Called between the steps of a trial in this process.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        files: RunFiles,
        data: Path | None,
        threads: int,
        plugins: tuple[PluginSource, ...],
        observer: Observer,
        clock: Clock,
        between: Callable[[], object] = lambda: None,
    ) -> None:
        self._executor = executor
        self._files = files
        self._data = data
        self._threads = threads
        self._plugins = plugins
        self._observer = observer
        self._clock = clock
        self._attempts: dict[int, Attempt] = {}
        self._given_up: list[Event] = []
        self._said: set[str] = set()
        self._between = between
        self._listened = clock.monotonic()
        # In this process nothing is heard between two events, so that steps are passed on as they are done.
        if isinstance(executor, InlineExecutor):
            executor.progressed = self._progressed

    def __contains__(self, number: object) -> bool:
        return number in self._attempts

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._attempts))

    def __len__(self) -> int:
        return len(self._attempts)

    @property
    def room(self) -> bool:
        """Whether a worker waits for a trial, and none that is under way is to be alone."""
        alone = any(attempt.ready.alone for attempt in self._attempts.values())
        return not alone and len(self) < self._executor.workers

    def get(self, number: int) -> Attempt | None:
        """The attempt at a trial; None if it is not under way."""
        return self._attempts.get(number)

    def start(self, ready: Ready) -> None:
        """Hands a trial to a worker; one on which too many drivers have died is heard of as failed."""
        trial, number = ready.trial, ready.trial.number
        self._attempts[number] = Attempt(ready, self._clock.monotonic())
        self._observer.submitted(trial, resumed=self._files.holds_checkpoints(number))
        if failed := after_deaths(ready):
            self._given_up.append(failed)
            return
        job = self._files.job(trial, self._data, self._threads, ready.threads, self._plugins)
        self._executor.submit(job)

    def hear(self, seconds: float) -> list[Event]:
        """What has happened; waits up to that long for a first event."""
        if self._given_up:
            given_up, self._given_up = self._given_up, []
            return given_up
        self._leave_out(self._listened)
        until = self._clock.monotonic() + seconds
        events = self._executor.poll(seconds)
        if not isinstance(self._executor, InlineExecutor):  # whose trial takes the time of a poll
            self._leave_out(until)
        self._listened = self._clock.monotonic()
        return events

    def end(self, number: int) -> None:
        """Forgets a trial that has its outcome."""
        del self._attempts[number]

    def withdraw(self, number: int) -> None:
        """Forgets a trial that ends here without an outcome, and tells the observer."""
        self.end(number)
        self._observer.withdrawn(number)

    def take_back(self, number: int) -> None:
        """Ends a trial at once where it runs, and forgets it."""
        self._executor.cancel(number)
        self.withdraw(number)

    def lose(self, number: int) -> None:
        """Forgets a trial that another driver has taken."""
        self.withdraw(number)
        self._observer.noted(f"trial {number} was taken over by another driver")

    def keep(self, mine: Collection[int]) -> None:
        """Ends the trials that another driver has taken over."""
        for number in self:
            if number not in mine:
                self._executor.cancel(number)
                self.lose(number)

    def told(self, event: Noted | Progressed | Waiting) -> None:
        """Takes in that a trial waits; what else a worker says that nobody records, the observer hears."""
        if isinstance(event, Waiting):
            self._attempts[event.number].waiting = True
            return
        if isinstance(event, Progressed):
            self._observer.progressed(event.number, event.report)
            return
        if event.once and event.text in self._said:
            return
        self._said.add(event.text)
        self._observer.noted(f"trial {event.number}: {event.text}")

    def overdue(self, seconds: float | None) -> list[Attempt]:
        """Attempts that had taken longer than that, and were not done, when last they were listened to.

        What one waits until it can start does not count, and no time in which nobody listened.

        Args:
            seconds: The limit; None where there is none.
        """
        if seconds is None:
            return []
        under_way = (one for one in self._attempts.values() if not one.waiting)
        return [one for one in under_way if self._listened - one.began - one.unheard > seconds]

    def _leave_out(self, since: float) -> None:
        """Counts the time from a moment on for no attempt, if it is long."""
        now = self._clock.monotonic()
        if now - since > DEAF_SECONDS:
            for one in self._attempts.values():
                one.unheard += now - max(one.began, since)

    def _progressed(self, event: Progressed) -> None:
        self.told(event)
        self._between()
