"""An executor whose trials sleep instead of training."""

from collections.abc import Callable

from sweeper.clock import Clock, SystemClock
from sweeper.executors.protocol import Event, Job
from tests.sweeper_tests.instant import InstantExecutor


class SleepingExecutor(InstantExecutor):
    """Trials that take a while and no computing.

    Args:
        seconds: How long a trial of a number takes.
        workers: Trials at once.
        clock: The time.
    """

    def __init__(
        self,
        seconds: Callable[[int], float],
        workers: int = 1,
        clock: Clock = SystemClock(),  # noqa: B008 - it has no state
    ) -> None:
        super().__init__(workers)
        self._clock = clock
        self._seconds = seconds
        self._due: dict[int, tuple[float, float]] = {}

    def submit(self, job: Job) -> None:
        super().submit(job)
        # The first event, that it has started, comes at once; the others are spread evenly.
        steps = len(self._events[job.number]) - 1
        self._due[job.number] = (self._clock.monotonic(), self._seconds(job.number) / steps)

    def poll(self, timeout: float) -> list[Event]:
        now = self._clock.monotonic()
        first = min((due for due, _ in self._due.values()), default=now + timeout)
        self._clock.sleep(max(0.0, min(first - now, timeout)))
        heard: list[Event] = []
        for number, (due, step) in list(self._due.items()):
            if due <= self._clock.monotonic():
                heard.append(self._events[number].pop(0))
                self._due[number] = (due + step, step)
                if not self._events[number]:
                    del self._events[number], self._due[number]
        return heard

    def cancel(self, number: int) -> None:
        super().cancel(number)
        del self._due[number]
