"""How far a study has come: counts, the best trial of each arm, failures by class, the time left."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from model.result import TRAINED, EpochResult, judged
from model.steps import StepReport

from ..text import one_line
from ..trial import ErrorClass, Outcome, RunState, Standing, TrialSpec
from .observer import Observer


@dataclass(frozen=True)
class UnderWay:
    """A trial under way.

    Attributes:
        trial: What was handed out.
        resumed: Whether it was to be continued.
        began: When it was handed out, by the monotonic clock in seconds.
        result: Its newest epoch; None before the first.
        report: The newest step of the epoch after that; None before one is told.
    """

    trial: TrialSpec
    resumed: bool
    began: float
    result: EpochResult | None = None
    report: StepReport | None = None

    @property
    def share(self) -> float:
        """The share of its epochs that is done, with the steps of the one under way."""
        epochs = float(self.result.epoch) if self.result else 0.0
        if self.report is not None and self.report.steps:
            epochs += self.report.step / self.report.steps
        return epochs / self.trial.config.epochs


@dataclass
class Tally(Observer):
    """What is known of a study's trials at this moment; hears what changes it.

    Attributes:
        wanted: Trials asked for in total.
        arms: Names of the arms, in the order of the study.
        workers: Trials at once, for the time left.
        finished: Trials with an outcome, pruned and failed ones included.
        pruned: Pruned trials.
        failures: Number of failed trials by class.
        bests: Number and `overall` of the best complete trial, by arm; absent where there is none.
        partial: Arms that do not train all tasks: their best is by the mean of those that they train.
        durations: Seconds of the trials that have ended, but for those that took another's result, in none.
        under_way: Running trials, by number.
    """

    wanted: int
    arms: tuple[str, ...]
    workers: int = 1
    finished: int = 0
    pruned: int = 0
    failures: Counter[ErrorClass] = field(default_factory=Counter)
    bests: dict[str, tuple[int, float]] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)
    durations: list[float] = field(default_factory=list)
    under_way: dict[int, UnderWay] = field(default_factory=dict)

    @classmethod
    def of(cls, wanted: int, arms: Iterable[str], standings: Iterable[Standing], workers: int = 1) -> "Tally":
        """The tally of recorded trials; none of them counts as under way."""
        count = cls(wanted, tuple(arms), workers)
        for trial in standings:
            if trial.state.final:
                count._count(trial.number, trial.arm, trial.state, trial.error_class, trial.scores)
                count.durations += [trial.seconds] if trial.seconds else []
        return count

    @property
    def failed(self) -> int:
        """Number of failed trials."""
        return self.failures.total()

    @property
    def best(self) -> tuple[int, float] | None:
        """Number and `overall` of the best complete trial that has one, the first among equals."""
        whole = (best for arm, best in self.bests.items() if arm not in self.partial)
        return max(whole, key=_rank, default=None)

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Counts the trial as running."""
        self.under_way[trial.number] = UnderWay(trial, resumed, time.monotonic())

    def progressed(self, number: int, report: StepReport) -> None:
        """Notes how far its epoch is."""
        self.under_way[number] = replace(self.under_way[number], report=report)

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Notes how far the trial is."""
        self.under_way[number] = replace(self.under_way[number], result=result, report=None)

    def withdrawn(self, number: int) -> None:
        """Counts the trial as not running any more."""
        del self.under_way[number]

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Counts the trial's outcome."""
        arm = self.under_way.pop(number).trial.arm
        self._count(number, arm, outcome.state, outcome.error_class, outcome.scores)
        self.durations += [outcome.seconds] if outcome.seconds else []

    def _count(
        self,
        number: int,
        arm: str,
        state: RunState,
        error_class: ErrorClass | None,
        scores: Mapping[str, float] | None,
    ) -> None:
        self.finished += 1
        self.pruned += state is RunState.PRUNED
        if error_class is not None:
            self.failures[error_class] += 1
        if state is RunState.COMPLETE and scores is not None:
            if "overall" not in scores:
                self.partial.add(arm)
            found = number, judged(scores)
            self.bests[arm] = max(self.bests.get(arm, found), found, key=_rank)

    def seconds_left(self) -> float | None:
        """Seconds until the last trial ends, at the pace so far; None before there is a pace."""
        now = time.monotonic()
        running = list(self.under_way.values())
        if self.durations:
            each = sum(self.durations) / len(self.durations)
        else:
            paces = [(now - trial.began) / trial.share for trial in running if trial.share]
            if not paces:
                return None
            each = sum(paces) / len(paces)
        trials = self.wanted - self.finished - sum(trial.share for trial in running)
        return max(0.0, each * trials) / self.workers

    def standing(self) -> str:
        """How many trials are done, and the best one."""
        parts = [f"{self.finished} of {self.wanted} trials"]
        if self.pruned:
            parts.append(f"{self.pruned} pruned")
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

    def details(self) -> list[str]:
        """The best trial of each arm, where there are several, and the failures by class."""
        lines = []
        if len(self.arms) > 1 and self.bests:
            shown = (f"{one_line(arm)} {self._best_of(arm)}" for arm in self.arms)
            lines.append("best by arm: " + " · ".join(shown))
        if self.failures:
            shown = (f"{self.failures[kind]} {kind}" for kind in ErrorClass if self.failures[kind])
            lines.append("failed: " + " · ".join(shown))
        return lines

    def _best_of(self, arm: str) -> str:
        if arm not in self.bests:
            return "none yet"
        number, score = self.bests[arm]
        return f"{score:.3f} (trial {number}{f', {TRAINED} alone' * (arm in self.partial)})"


def _rank(best: tuple[int, float]) -> tuple[float, int]:
    number, score = best
    return score, -number
