"""Shows a sweep while it runs: a live view on a terminal, one plain line an event elsewhere."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from model.result import EpochResult

from ..text import brief, one_line, setting_line
from ..trial import Outcome, TrialSpec
from .observer import Observer
from .tally import Tally


def say(console: Console, text: str) -> None:
    """Prints one line as it is: no markup, no emoji codes, no line breaks of our own."""
    console.print(Text(one_line(text)), soft_wrap=True)


class PlainProgress(Observer):
    """One line an event."""

    def __init__(self, console: Console, tally: Tally) -> None:
        self._console = console
        self._tally = tally
        self._epochs: dict[int, int] = {}

    def __enter__(self) -> "PlainProgress":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to take down."""

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Says which trial starts."""
        self._tally.begin(trial.number, trial.arm)
        self._epochs[trial.number] = trial.config.epochs
        verb = "continues" if resumed else "starts"
        settings = " · ".join(
            filter(None, (trial.arm, setting_line(trial.params, brief), f"seed {trial.seed}"))
        )
        self._line(f"trial {trial.number} {verb}: {settings}")

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Says what the epoch scored."""
        epochs = self._epochs[number]
        self._tally.advance(number, result.epoch / epochs)
        tasks = " ".join(f"{task} {value:.3f}" for task, value in result.dev_scores().items())
        self._line(f"trial {number} epoch {result.epoch}/{epochs}: overall {result.overall:.3f} ({tasks})")

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Says how the trial ended."""
        self._tally.end(number, outcome)
        how = f"{outcome.state} ({outcome.error_class}): {message}" if message else f"{outcome.state}"
        self._line(f"trial {number} {how} · {outcome.seconds:.1f} s · {self._tally.summary()}")

    def withdrawn(self, number: int) -> None:
        """Says nothing: what follows, or the end of the sweep, explains it."""
        self._tally.withdraw(number)

    def noted(self, text: str) -> None:
        """Says it."""
        self._line(text)

    def _line(self, text: str) -> None:
        say(self._console, f"{time.strftime('%H:%M:%S')} {text}")


@dataclass(frozen=True)
class _Row:
    trial: TrialSpec
    resumed: bool
    result: EpochResult | None = None

    def cells(self, tasks: list[str], seconds: float) -> list[str]:
        """The row's text: number, arm, epoch, overall, a score per task, time, hyperparameters."""
        result = self.result
        scores = {"overall": result.overall, **result.dev_scores()} if result else {}
        started = "resumed" if self.resumed else "starts"
        return [
            str(self.trial.number),
            one_line(self.trial.arm),
            f"{result.epoch}/{self.trial.config.epochs}" if result else started,
            *(f"{scores[name]:.3f}" if name in scores else "" for name in ("overall", *tasks)),
            str(timedelta(seconds=int(seconds))),
            setting_line(self.trial.params, brief),
        ]


class LiveProgress(Observer):
    """A table with one line a worker, redrawn in place; failures stay above it."""

    def __init__(self, console: Console, tally: Tally) -> None:
        self._tally = tally
        # What each worker is at; replaced, never changed: another thread draws.
        self._rows: tuple[_Row | None, ...] = (None,) * tally.workers
        self._tasks: list[str] = []
        self._live = Live(get_renderable=self._view, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveProgress":
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Puts the trial into the line of a free worker."""
        self._tally.begin(trial.number, trial.arm)
        self._tasks = list(trial.config.tasks)
        # A trial that gets the result of another needs no worker, and comes when all are busy.
        rows = [*self._rows, None]
        rows[rows.index(None)] = _Row(trial, resumed)
        self._show(rows)

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Shows the epoch in the trial's line."""
        rows = [
            replace(row, result=result) if row and row.trial.number == number else row for row in self._rows
        ]
        epochs = next(row.trial.config.epochs for row in rows if row and row.trial.number == number)
        self._tally.advance(number, result.epoch / epochs)
        self._show(rows)

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Frees the worker's line; a failure leaves a line above the table."""
        self._tally.end(number, outcome)
        if message:
            say(self._live.console, f"trial {number} failed ({outcome.error_class}): {message}")
        self._free(number)

    def withdrawn(self, number: int) -> None:
        """Frees the worker's line."""
        self._tally.withdraw(number)
        self._free(number)

    def noted(self, text: str) -> None:
        """Leaves a line above the table."""
        say(self._live.console, text)

    def _free(self, number: int) -> None:
        self._show([None if row and row.trial.number == number else row for row in self._rows])

    def _show(self, rows: list[_Row | None]) -> None:
        while len(rows) > self._tally.workers and rows[-1] is None:
            rows.pop()
        self._rows = tuple(rows)
        self._live.refresh()

    def _view(self) -> Group:
        table = Table(box=None, pad_edge=False)
        table.add_column("trial", justify="right", no_wrap=True)
        table.add_column("arm", overflow="fold")
        for heading in ("epoch", "overall", *self._tasks, "time"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("settings", overflow="fold", min_width=14)
        now, under_way = time.monotonic(), dict(self._tally.under_way)
        for row in self._rows:
            running = under_way.get(row.trial.number) if row else None
            if row and running:
                table.add_row(*(Text(cell) for cell in row.cells(self._tasks, now - running.began)))
            else:
                table.add_row("—", Text("idle", style="dim"))
        tally = self._tally
        return Group(table, *(Text(line) for line in tally.details()), Text(tally.summary()))


def progress(console: Console, tally: Tally) -> PlainProgress | LiveProgress:
    """The view that fits the console."""
    return LiveProgress(console, tally) if console.is_terminal else PlainProgress(console, tally)
