"""Trials in the driver's own process, one step at a time: for tests and debuggers."""

from collections.abc import Generator, Iterator
from typing import cast

from .protocol import Event, Failed, Finished, Job
from .trial import run_trial


class InlineExecutor:
    """Runs trials in turn, each to its next event; shares the driver's memory and dies with it.

    Args:
        workers: How many trials take turns.
    """

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._running: dict[int, Iterator[Event]] = {}

    def submit(self, job: Job) -> None:
        """Puts the trial in line."""
        self._running[job.number] = run_trial(job)

    def poll(self, timeout: float) -> list[Event]:
        """Runs every trial to its next event."""
        events = [next(trial) for trial in self._running.values()]
        for event in events:
            if isinstance(event, Finished | Failed):
                del self._running[event.number]
        return events

    def close(self) -> None:
        """Stops every trial where it stands."""
        for trial in self._running.values():
            cast("Generator[Event, None, None]", trial).close()
        self._running.clear()
