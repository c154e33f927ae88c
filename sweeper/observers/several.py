"""A sweep's own observers, and logs, that hear the same."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial

from model.result import EpochResult
from model.steps import StepReport

from ..paths import Home
from ..text import one_line
from ..trial import Outcome, TrialSpec
from ..url import scrubbed
from .log import Log
from .observer import Observer
from .tools import TOOLS


@contextmanager
def logged(tools: Collection[str], study: str, home: Home, *observers: Observer) -> Iterator[Observer]:
    """The observers, joined by the logs of these tools until the sweep ends.

    Args:
        tools: Which logs.
        study: ``<study>@<workload>``.
        home: Under which they are written, unless the tool was told of another place.
        observers: Hear first, in this order, and hear of a log that fails.
    """
    several = Several(*observers)
    for name in dict.fromkeys(tools):
        several.join(name, partial(TOOLS[name].opened, home, study))
    try:
        yield several
    finally:
        several.close()


class Several(Observer):
    """Passes everything on. A log that fails is dropped: no sweep ends for it.

    Args:
        observers: The sweep's own, in the order in which they hear: what counts before what shows the counts.
    """

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers
        self._logs: dict[str, Log] = {}

    def join(self, name: str, opened: Callable[[], Log]) -> None:
        """Adds a log."""
        self._attempt(name, lambda: self._logs.update({name: opened()}))

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Passes it on."""
        self._tell(lambda one: one.submitted(trial, resumed))

    def progressed(self, number: int, report: StepReport) -> None:
        """Tells all but the logs, which have no place for it."""
        for observer in self._observers:
            observer.progressed(number, report)

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Passes it on."""
        self._tell(lambda one: one.evaluated(number, result))

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Passes it on."""
        self._tell(lambda one: one.ended(number, outcome, message))

    def withdrawn(self, number: int) -> None:
        """Passes it on."""
        self._tell(lambda one: one.withdrawn(number))

    def noted(self, text: str) -> None:
        """Tells all but the logs, which have no place for it."""
        for observer in self._observers:
            observer.noted(text)

    def close(self) -> None:
        """Ends the logs."""
        for name, log in list(self._logs.items()):
            self._attempt(name, log.close)

    def _tell(self, call: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            call(observer)
        for name, log in list(self._logs.items()):
            self._attempt(name, partial(call, log))

    def _attempt(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever a log dies of, the trials go on
            self._logs.pop(name, None)
            reason = one_line(scrubbed(f"{type(error).__name__}: {error}"))
            self.noted(f"log {name} ends here, the sweep goes on: {reason}")
