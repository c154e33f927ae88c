"""Shows a sweep while it runs: a live view on a terminal, one plain line an event elsewhere."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from model.result import EpochResult

from .run import Outcome, RunState
from .study import TrialSpec


@dataclass
class Tally:
    """What is known of a study's trials at this moment.

    Attributes:
        wanted: Trials asked for in total.
        finished: Trials with an outcome, failed ones included.
        failed: Failed trials.
        best: Number and `overall` of the best complete trial.
        workers: Trials at once, for the time left.
        durations: Seconds of the trials that ended in this run.
    """

    wanted: int
    finished: int
    failed: int
    best: tuple[int, float] | None
    workers: int
    durations: list[float] = field(default_factory=list)

    def end(self, number: int, outcome: Outcome) -> None:
        """Counts a trial's outcome."""
        self.finished += 1
        self.failed += outcome.state is RunState.FAILED
        self.durations.append(outcome.seconds)
        overall = (outcome.scores or {}).get("overall")
        if outcome.state is RunState.COMPLETE and overall is not None:
            better = self.best is None or overall > self.best[1]
            self.best = (number, overall) if better else self.best

    def summary(self) -> str:
        """One line: how many are done, the best one, the time left."""
        parts = [f"{self.finished} of {self.wanted} trials"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.best:
            parts.append(f"best overall {self.best[1]:.3f} (trial {self.best[0]})")
        if self.durations and self.finished < self.wanted:
            each = sum(self.durations) / len(self.durations)
            left = each * (self.wanted - self.finished) / self.workers
            parts.append(f"about {timedelta(seconds=round(left))} left")
        return " · ".join(parts)


def describe(params: Mapping[str, object]) -> str:
    """Hyperparameters in one line, for example ``learning_rate 0.00123, dropout 0.3``."""
    return ", ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in params.items())


def describe_scores(result: EpochResult) -> str:
    """An epoch's dev scores in one line."""
    tasks = " ".join(f"{task} {value:.3f}" for task, value in result.dev_scores().items())
    return f"overall {result.overall:.3f} ({tasks})"


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
        self._epochs[trial.number] = trial.config.epochs
        verb = "continues" if resumed else "starts"
        self._line(f"trial {trial.number} {verb}: {trial.arm} · {describe(trial.params)} · seed {trial.seed}")

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Says what the epoch scored."""
        self._line(f"trial {number} epoch {result.epoch}/{self._epochs[number]}: {describe_scores(result)}")

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Says how the trial ended."""
        self._tally.end(number, outcome)
        how = f"{outcome.state}" if not message else f"{outcome.state} ({outcome.error_class}): {message}"
        self._line(f"trial {number} {how} · {outcome.seconds:.1f} s · {self._tally.summary()}")

    def _line(self, text: str) -> None:
        self._console.print(
            f"{time.strftime('%H:%M:%S')} {text}", markup=False, highlight=False, soft_wrap=True
        )


@dataclass
class _Row:
    trial: TrialSpec
    resumed: bool
    result: EpochResult | None = None


class LiveProgress:
    """A table with one line a running trial, redrawn in place; failures stay above it."""

    def __init__(self, console: Console, tally: Tally) -> None:
        self._tally = tally
        self._rows: dict[int, _Row] = {}
        self._live = Live(self._view(), console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveProgress":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Adds the trial's line."""
        self._rows[trial.number] = _Row(trial, resumed)
        self._live.update(self._view())

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Shows the epoch in the trial's line."""
        self._rows[number].result = result
        self._live.update(self._view())

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Takes the trial's line away; a failure leaves a line above the table."""
        self._tally.end(number, outcome)
        del self._rows[number]
        if message:
            self._live.console.print(Text(f"trial {number} failed ({outcome.error_class}): {message}"))
        self._live.update(self._view())

    def _view(self) -> Group:
        table = Table(box=None, pad_edge=False)
        for heading in ("trial", "arm", "epoch", "scores", "hyperparameters"):
            table.add_column(heading)
        for number, row in sorted(self._rows.items()):
            epoch = row.result.epoch if row.result else 0
            scores = describe_scores(row.result) if row.result else ("continuing" if row.resumed else "")
            cells = (str(number), row.trial.arm, f"{epoch}/{row.trial.config.epochs}", scores)
            table.add_row(*(Text(cell) for cell in (*cells, describe(row.trial.params))))
        return Group(table, Text(self._tally.summary()))


def progress(console: Console, tally: Tally) -> PlainProgress | LiveProgress:
    """The view that fits the console."""
    return LiveProgress(console, tally) if console.is_terminal else PlainProgress(console, tally)
