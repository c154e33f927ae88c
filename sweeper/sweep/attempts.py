"""The trials that the workers of a driver have."""

from collections.abc import Iterator
from pathlib import Path

from model.plugins.source import PluginSource

from ..clock import Clock
from ..executors.inline import InlineExecutor
from ..executors.protocol import Executor, Noted, Progressed, Waiting
from ..observers.observer import Observer
from .attempt import Attempt, Ready
from .files import RunFiles


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
    ) -> None:
        self._executor = executor
        self._files = files
        self._data = data
        self._threads = threads
        self._plugins = plugins
        self._observer = observer
        self._clock = clock
        self._attempts: dict[int, Attempt] = {}
        self._said: set[str] = set()
        # In this process nothing is heard between two events, so that steps are passed on as they are done.
        if isinstance(executor, InlineExecutor):
            executor.progressed = self.told

    def __contains__(self, number: object) -> bool:
        return number in self._attempts

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._attempts))

    def __len__(self) -> int:
        return len(self._attempts)

    @property
    def room(self) -> bool:
        """Whether a worker waits for a trial."""
        return len(self) < self._executor.workers

    def get(self, number: int) -> Attempt | None:
        """The attempt at a trial; None if it is not under way."""
        return self._attempts.get(number)

    def start(self, ready: Ready) -> None:
        """Hands a trial to a worker."""
        trial, number = ready.trial, ready.trial.number
        self._attempts[number] = Attempt(ready, self._clock.monotonic())
        self._observer.submitted(trial, resumed=self._files.holds_checkpoints(number))
        job = self._files.job(trial, self._data, self._threads, ready.threads, self._plugins)
        self._executor.submit(job)

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
        """Attempts that have taken longer than that, not counting what one waits for a machine.

        Args:
            seconds: The limit; None where there is none.
        """
        if seconds is None:
            return []
        now = self._clock.monotonic()
        return [one for one in self._attempts.values() if not one.waiting and now - one.began > seconds]
