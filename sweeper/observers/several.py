"""A view and logs that hear the same."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial

from model.result import EpochResult

from ..paths import Home
from ..text import one_line
from ..trial import Outcome, TrialSpec
from .log import Log
from .observer import Observer
from .tools import Tool


@contextmanager
def logged(tools: Collection[Tool], study: str, home: Home, view: Observer) -> Iterator[Observer]:
    """The view, joined by the logs of these tools until the sweep ends.

    Args:
        tools: Which logs.
        study: ``<study>@<workload>``.
        home: Under which they are written, unless the tool was told of another place.
        view: What the user sees; hears first, and hears of a log that fails.
    """
    several = Several(view)
    for tool in dict.fromkeys(tools):
        several.join(tool, partial(_opened, tool, study, home))
    try:
        yield several
    finally:
        several.close()


class Several(Observer):
    """Passes everything on. A log that fails is dropped: no sweep ends for it.

    Args:
        view: What the user sees.
    """

    def __init__(self, view: Observer) -> None:
        self._view = view
        self._logs: dict[str, Log] = {}

    def join(self, name: str, opened: Callable[[], Log]) -> None:
        """Adds a log."""
        self._attempt(name, lambda: self._logs.update({name: opened()}))

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Passes it on."""
        self._view.submitted(trial, resumed)
        self._tell(lambda log: log.submitted(trial, resumed))

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Passes it on."""
        self._view.evaluated(number, result)
        self._tell(lambda log: log.evaluated(number, result))

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Passes it on."""
        self._view.ended(number, outcome, message)
        self._tell(lambda log: log.ended(number, outcome, message))

    def withdrawn(self, number: int) -> None:
        """Passes it on."""
        self._view.withdrawn(number)
        self._tell(lambda log: log.withdrawn(number))

    def noted(self, text: str) -> None:
        """Tells the view: no log has a place for it."""
        self._view.noted(text)

    def close(self) -> None:
        """Ends the logs."""
        self._tell(lambda log: log.close())

    def _tell(self, call: Callable[[Log], None]) -> None:
        for name, log in list(self._logs.items()):
            self._attempt(name, partial(call, log))

    def _attempt(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever a log dies of, the trials go on
            self._logs.pop(name, None)
            reason = one_line(f"{type(error).__name__}: {error}")
            self._view.noted(f"log {name} ends here, the sweep goes on: {reason}")


def _opened(tool: Tool, study: str, home: Home) -> Log:
    if tool is Tool.TENSORBOARD:
        from .tensorboard import TensorBoardLog

        return TensorBoardLog(home.root / "tensorboard" / study)
    from .mlflow import MlflowLog

    return MlflowLog(home, study)
