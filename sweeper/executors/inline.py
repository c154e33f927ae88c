"""Trials in the driver's own process, one after the other: for tests and debuggers."""

from collections.abc import Callable, Generator

from .process import run_trial
from .protocol import Event, Failed, Finished, Job, Progressed, Stopped


class InlineExecutor:
    """Runs trials in the order in which they came; shares the driver's memory and dies with it.

    Never two at once: they would draw from the same random state, and their numbers would not repeat.

    Args:
        workers: How many trials may wait their turn.

    Attributes:
        progressed: Hears of steps while `poll` is at an epoch: as events they would only arrive after it. To
            be set before a trial is submitted.
    """

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._waiting: dict[int, Generator[Event, None, None]] = {}
        self._stopping = False
        self.progressed: Callable[[Progressed], object] = lambda event: None

    def submit(self, job: Job) -> None:
        """Puts the trial in line."""
        self._waiting[job.number] = run_trial(job, lambda: self._stopping, self.progressed)

    def poll(self, timeout: float) -> list[Event]:
        """Runs the first trial in line to its next event, however long that takes."""
        if not self._waiting:
            return []
        number, trial = next(iter(self._waiting.items()))
        event = next(trial)
        if isinstance(event, Finished | Failed | Stopped):
            del self._waiting[number]
        return [event]

    def cancel(self, number: int) -> None:
        """Ends a trial where it stands."""
        if trial := self._waiting.pop(number, None):
            trial.close()

    def stop(self) -> None:
        """Lets the trial under way stop after its step, and those in line at once."""
        self._stopping = True

    def close(self) -> None:
        """Ends the trials where they stand."""
        for trial in self._waiting.values():
            trial.close()
        self._waiting.clear()
