"""An executor whose trials sleep instead of training."""

import time
from collections.abc import Callable

from sweeper.executors import Event, Job
from tests.sweeper_tests.instant import InstantExecutor


class SleepingExecutor(InstantExecutor):
    """Trials that take a while and no computing.

    Args:
        seconds: How long a trial of a number takes.
        workers: Trials at once.
    """

    def __init__(self, seconds: Callable[[int], float], workers: int = 1) -> None:
        super().__init__(workers)
        self._seconds = seconds
        self._due: dict[int, tuple[float, float]] = {}

    def submit(self, job: Job) -> None:
        super().submit(job)
        # The first event, that it has started, comes at once; the others are spread evenly.
        steps = len(self._events[job.number]) - 1
        self._due[job.number] = (time.monotonic(), self._seconds(job.number) / steps)

    def poll(self, timeout: float) -> list[Event]:
        now = time.monotonic()
        first = min((due for due, _ in self._due.values()), default=now + timeout)
        time.sleep(max(0.0, min(first - now, timeout)))
        heard: list[Event] = []
        for number, (due, step) in list(self._due.items()):
            if due <= time.monotonic():
                heard.append(self._events[number].pop(0))
                self._due[number] = (due + step, step)
                if not self._events[number]:
                    del self._events[number], self._due[number]
        return heard

    def cancel(self, number: int) -> None:
        super().cancel(number)
        del self._due[number]
