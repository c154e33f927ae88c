"""Trials in the driver's own process, one after the other: for tests and debuggers."""

from collections.abc import Generator, Iterator
from typing import cast

from .protocol import Event, Failed, Finished, Job
from .trial import run_trial


class InlineExecutor:
    """Runs trials in the order in which they came; shares the driver's memory and dies with it.

    Never two at once: they would draw from the same random state, and their numbers would not repeat.

    Args:
        workers: How many trials may wait their turn.
    """

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._waiting: dict[int, Iterator[Event]] = {}

    def submit(self, job: Job) -> None:
        """Puts the trial in line."""
        self._waiting[job.number] = run_trial(job)

    def poll(self, timeout: float) -> list[Event]:
        """Runs the first trial in line to its next event."""
        if not self._waiting:
            return []
        number, trial = next(iter(self._waiting.items()))
        event = next(trial)
        if isinstance(event, Finished | Failed):
            del self._waiting[number]
        return [event]

    def close(self) -> None:
        """Stops the trials where they stand."""
        for trial in self._waiting.values():
            cast("Generator[Event, None, None]", trial).close()
        self._waiting.clear()
