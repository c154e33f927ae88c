"""Shows a sweep while it runs: a live view on a terminal, one plain line an event elsewhere."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from model.result import EpochResult

from .run import Outcome, RunState
from .study import TrialSpec
from .table import one_line


@dataclass
class Tally:
    """What is known of a study's trials at this moment.

    Attributes:
        wanted: Trials asked for in total.
        finished: Trials with an outcome, failed ones included.
        failed: Failed trials.
        best: Number and `overall` of the best complete trial.
        workers: Trials at once, for the time left.
        durations: Seconds of the trials that have ended.
        under_way: Running trials: when each was handed out (monotonic clock), and the share that is done.
    """

    wanted: int
    finished: int
    failed: int
    best: tuple[int, float] | None
    workers: int
    durations: list[float] = field(default_factory=list)
    under_way: dict[int, tuple[float, float]] = field(default_factory=dict)

    def begin(self, number: int) -> None:
        """Counts a trial as running."""
        self.under_way[number] = (time.monotonic(), 0.0)

    def advance(self, number: int, share: float) -> None:
        """Notes the share of a running trial's epochs that is done."""
        self.under_way[number] = (self.under_way[number][0], share)

    def end(self, number: int, outcome: Outcome) -> None:
        """Counts a trial's outcome."""
        del self.under_way[number]
        self.finished += 1
        self.failed += outcome.state is RunState.FAILED
        self.durations.append(outcome.seconds)
        overall = (outcome.scores or {}).get("overall")
        if outcome.state is RunState.COMPLETE and overall is not None:
            better = self.best is None or overall > self.best[1]
            self.best = (number, overall) if better else self.best

    def seconds_left(self) -> float | None:
        """Seconds until the last trial ends, at the pace so far; None before there is a pace."""
        now = time.monotonic()
        running = list(self.under_way.values())
        if self.durations:
            each = sum(self.durations) / len(self.durations)
        else:
            paces = [(now - began) / share for began, share in running if share]
            if not paces:
                return None
            each = sum(paces) / len(paces)
        trials = self.wanted - self.finished - sum(share for _, share in running)
        return max(0.0, each * trials) / self.workers

    def standing(self) -> str:
        """How many trials are done, and the best one."""
        parts = [f"{self.finished} of {self.wanted} trials"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.best:
            parts.append(f"best overall {self.best[1]:.3f} (trial {self.best[0]})")
        return " · ".join(parts)

    def summary(self) -> str:
        """The standing, and the time left."""
        left = self.seconds_left() if self.finished < self.wanted else None
        if left is None:
            return self.standing()
        return f"{self.standing()} · about {timedelta(seconds=round(left))} left"


def describe(params: Mapping[str, object]) -> str:
    """Hyperparameters in one line, for example ``learning_rate 0.00123, dropout 0.3``."""
    return ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in params.items())


def say(console: Console, text: str) -> None:
    """Prints one line as it is: no markup, no emoji codes, no line breaks of our own."""
    console.print(Text(one_line(text)), soft_wrap=True)


class PlainProgress:
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
        self._tally.begin(trial.number)
        self._epochs[trial.number] = trial.config.epochs
        verb = "continues" if resumed else "starts"
        settings = " · ".join(filter(None, (trial.arm, describe(trial.params), f"seed {trial.seed}")))
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

    def _line(self, text: str) -> None:
        say(self._console, f"{time.strftime('%H:%M:%S')} {text}")


@dataclass(frozen=True)
class _Row:
    trial: TrialSpec
    resumed: bool
    result: EpochResult | None = None

    def cells(self, tasks: list[str]) -> list[str]:
        """The row's text: number, arm, epoch, overall, a score per task, hyperparameters."""
        result = self.result
        scores = {"overall": result.overall, **result.dev_scores()} if result else {}
        started = "resumed" if self.resumed else "starts"
        return [
            str(self.trial.number),
            one_line(self.trial.arm),
            f"{result.epoch}/{self.trial.config.epochs}" if result else started,
            *(f"{scores[name]:.3f}" if name in scores else "" for name in ("overall", *tasks)),
            one_line(describe(self.trial.params)),
        ]


class LiveProgress:
    """A table with one line a running trial, redrawn in place; failures stay above it."""

    def __init__(self, console: Console, tally: Tally) -> None:
        self._tally = tally
        # Replaced, never changed: another thread draws.
        self._rows: dict[int, _Row] = {}
        self._live = Live(get_renderable=self._view, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveProgress":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Adds the trial's line."""
        self._tally.begin(trial.number)
        self._rows = {**self._rows, trial.number: _Row(trial, resumed)}
        self._live.refresh()

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Shows the epoch in the trial's line."""
        row = self._rows[number]
        self._tally.advance(number, result.epoch / row.trial.config.epochs)
        self._rows = {**self._rows, number: replace(row, result=result)}
        self._live.refresh()

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Takes the trial's line away; a failure leaves a line above the table."""
        self._tally.end(number, outcome)
        self._rows = {other: row for other, row in self._rows.items() if other != number}
        if message:
            say(self._live.console, f"trial {number} failed ({outcome.error_class}): {message}")
        self._live.refresh()

    def _view(self) -> Group:
        rows = sorted(self._rows.items())
        tasks = list(rows[0][1].trial.config.tasks) if rows else []
        table = Table(box=None, pad_edge=False)
        table.add_column("trial", justify="right", no_wrap=True)
        table.add_column("arm", overflow="fold")
        for heading in ("epoch", "overall", *tasks):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("hyperparameters", overflow="fold")
        for _, row in rows:
            table.add_row(*(Text(cell) for cell in row.cells(tasks)))
        return Group(*([table] if rows else []), Text(self._tally.summary()))


def progress(console: Console, tally: Tally) -> PlainProgress | LiveProgress:
    """The view that fits the console."""
    return LiveProgress(console, tally) if console.is_terminal else PlainProgress(console, tally)
