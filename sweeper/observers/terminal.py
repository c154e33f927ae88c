"""Shows a sweep while it runs: a live view on a terminal, one plain line an event elsewhere."""

import time
from datetime import timedelta

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from model.result import EpochResult

from ..grid import Heading, fit
from ..text import NONE, brief, one_line, setting_line
from ..trial import Outcome, TrialSpec
from .observer import Observer
from .pace import pace_line
from .tally import Tally, UnderWay


def say(console: Console, text: str) -> None:
    """Prints one line as it is: no markup, no emoji codes, no line breaks of our own."""
    console.print(Text(one_line(text)), soft_wrap=True)


class PlainProgress(Observer):
    """One line an event.

    Args:
        console: Where.
        tally: Has heard everything before.
    """

    def __init__(self, console: Console, tally: Tally) -> None:
        self._console = console
        self._tally = tally

    def __enter__(self) -> "PlainProgress":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to take down."""

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Says which trial starts."""
        verb = "continues" if resumed else "starts"
        settings = " · ".join(
            filter(None, (trial.arm, setting_line(trial.params, brief), f"seed {trial.seed}"))
        )
        self._line(f"trial {trial.number} {verb}: {settings}")

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Says what the epoch scored."""
        epochs = self._tally.under_way[number].trial.config.epochs
        tasks = " ".join(f"{task} {value:.3f}" for task, value in result.dev_scores().items())
        self._line(
            f"trial {number} epoch {result.epoch}/{epochs}: {result.objective} {result.judged:.3f} ({tasks})"
        )

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Says how the trial ended."""
        how = f"{outcome.state} ({outcome.error_class}): {message}" if message else f"{outcome.state}"
        self._line(f"trial {number} {how} · {outcome.seconds:.1f} s · {self._tally.summary()}")

    def noted(self, text: str) -> None:
        """Says it."""
        self._line(text)

    def _line(self, text: str) -> None:
        say(self._console, f"{time.strftime('%H:%M:%S')} {text}")


class LiveProgress(Observer):
    """A table with one line a worker, redrawn in place; failures stay above it.

    Args:
        console: The terminal.
        tally: Has heard everything before.
    """

    def __init__(self, console: Console, tally: Tally) -> None:
        self._tally = tally
        # Which trial each worker is at; replaced, never changed: another thread draws.
        self._lines: tuple[int | None, ...] = (None,) * tally.workers
        self._tasks: list[str] = []
        self._console = console
        self._live = Live(get_renderable=self._view, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveProgress":
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Puts the trial into the line of a free worker."""
        self._tasks = list(trial.config.tasks)
        # A trial that gets the result of another needs no worker, and comes when all are busy.
        lines = [*self._lines, None]
        lines[lines.index(None)] = trial.number
        self._show(lines)

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Shows the epoch in the trial's line."""
        self._live.refresh()

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Frees the worker's line; a failure leaves a line above the table."""
        if message:
            say(self._live.console, f"trial {number} failed ({outcome.error_class}): {message}")
        self.withdrawn(number)

    def withdrawn(self, number: int) -> None:
        """Frees the worker's line."""
        self._show([None if line == number else line for line in self._lines])

    def noted(self, text: str) -> None:
        """Leaves a line above the table."""
        say(self._live.console, text)

    def _show(self, lines: list[int | None]) -> None:
        while len(lines) > self._tally.workers and lines[-1] is None:
            lines.pop()
        self._lines = tuple(lines)
        self._live.refresh()

    def _view(self) -> Group:
        headings = headings_of(self._tasks)
        now, under_way = time.monotonic(), dict(self._tally.under_way)
        rows = []
        for number in self._lines:
            running = None if number is None else under_way.get(number)
            cells = cells_of(running, self._tasks, now) if running else ["—", "idle"]
            style = "" if running else "dim"
            rows.append([Text(cell, style) for cell in cells + [""] * (len(headings) - len(cells))])
        table, _ = fit(headings, rows, self._console.width, rule=False)
        tally = self._tally
        known = (under_way[number] for number in self._lines if number in under_way)
        lines = [*filter(None, map(pace_line, known)), *tally.details(), tally.summary()]
        return Group(table, *map(Text, lines))


def headings_of(tasks: list[str]) -> list[Heading]:
    """Of the columns of `cells_of`."""
    headings = [Heading("trial", numeric=True), Heading("arm")]
    headings += [Heading(name, numeric=True) for name in ("epoch", "overall", *tasks, "time")]
    return [*headings, Heading("settings", optional=True)]


def cells_of(running: UnderWay, tasks: list[str], now: float) -> list[str]:
    """Number, arm, epoch, overall, a score per task, time, hyperparameters.

    Args:
        running: A trial under way.
        tasks: Names of the tasks.
        now: The monotonic clock, in seconds.
    """
    trial, result = running.trial, running.result
    scores = result.dev_scores() if result else {}
    if result is not None and result.overall is not None:
        scores["overall"] = result.overall
    absent = NONE if result else ""
    started = "resumed" if running.resumed else "starts"
    return [
        str(trial.number),
        one_line(trial.arm),
        f"{result.epoch}/{trial.config.epochs}" if result else started,
        *(f"{scores[name]:.3f}" if name in scores else absent for name in ("overall", *tasks)),
        str(timedelta(seconds=int(now - running.began))),
        setting_line(trial.params, brief),
    ]
