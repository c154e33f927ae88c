"""A trial that waits for a worker, and one under way."""

from dataclasses import dataclass, field, replace

from model.result import EpochResult

from ..executors.protocol import Failed, Started
from ..trial import Outcome, RunState, TrialSpec

ALONE = 2
"""From so many drivers that died while it ran a trial is trained alone: else what runs beside a deadly one
each time, and has no epoch yet, would be taken for deadly too."""


@dataclass(frozen=True)
class Ready:
    """A trial that waits for a worker.

    Attributes:
        trial: The trial.
        halvings: How often its micro-batch has been halved.
        attempts: How often it was begun.
        kills: How often its process was killed since its latest epoch.
        deaths: How many drivers had died while it ran, since its latest epoch, when this one took it over.
        losses: How often the machine that it ran on was lost, since its latest epoch.
        displaced: Whether the machine that it ran on was lost.
        threads: CPU threads that it began with; None where it begins.
    """

    trial: TrialSpec
    halvings: int = 0
    attempts: int = 0
    kills: int = 0
    losses: int = 0
    displaced: bool = False
    threads: int | None = None
    deaths: int = 0

    @property
    def alone(self) -> bool:
        """Whether it is trained alone, until it has an epoch."""
        return self.deaths >= ALONE


@dataclass
class Attempt:
    """A trial that a worker has, and its epochs so far.

    Attributes:
        ready: The trial as it waited; what it counts is forgotten with every epoch that it trains.
        began: When it was handed out; once its process is up, since when that is so. Seconds of the monotonic
            clock.
        waiting: Whether it waits for a machine.
        best: Its best epoch so far; None before the first.
        curve: The score that judges it, by epoch, from 1.
        peak_memory_mb: Highest memory of its process in MiB; None before the first epoch.
        kept: Epochs in the checkpoint that it goes on from: they are told again, and not trained again.
        earlier_seconds: Seconds that these epochs took, in attempts before this one.
        unheard: Seconds of this attempt in which the driver did not listen.
    """

    ready: Ready
    began: float
    waiting: bool = False
    best: EpochResult | None = None
    curve: dict[int, float] = field(default_factory=dict)
    peak_memory_mb: float | None = None
    kept: int = 0
    earlier_seconds: float = 0.0
    unheard: float = 0.0

    @property
    def trial(self) -> TrialSpec:
        """The trial."""
        return self.ready.trial

    def started(self, event: Started, now: float) -> str | None:
        """Takes in that its process is up, at a moment of the monotonic clock.

        Returns:
            Where it goes on, if the machine was lost on which it ran.
        """
        self.began, self.waiting, self.kept, self.unheard = now, False, event.epochs or 0, 0.0
        self.ready = replace(self.ready, threads=event.threads, attempts=self.ready.attempts + 1)
        if not self.ready.displaced:
            return None
        whence = "from its start: no checkpoint is left"
        if event.epochs is not None:
            whence = f"from its checkpoint, epoch {event.epochs} of {self.trial.config.epochs}"
        return f"trial {event.number} goes on, on {event.machine}, {whence}"

    def evaluated(self, result: EpochResult) -> None:
        """Takes an epoch in."""
        self.best = result if result.best else self.best
        self.curve[result.epoch] = result.judged
        if result.epoch <= self.kept:
            self.earlier_seconds += result.train_seconds + result.eval_seconds
        else:
            # Not at those that are told again: a trial killed in the same epoch each time would never end.
            self.ready = replace(self.ready, kills=0, deaths=0, losses=0)
        self.peak_memory_mb = max(self.peak_memory_mb or 0.0, result.peak_memory_mb)

    def outcome(self, state: RunState, now: float, failure: Failed | None = None) -> Outcome:
        """What is recorded when the trial ends, at a moment of the monotonic clock."""
        best = self.best
        return Outcome(
            state=state,
            seconds=now - self.began,
            earlier_seconds=self.earlier_seconds,
            best_epoch=best.epoch if best else None,
            scores={best.objective: best.judged, **best.dev_scores()} if best else None,
            peak_memory_mb=self.peak_memory_mb,
            error_class=failure.error_class if failure else None,
            traceback=(failure.traceback or failure.message) if failure else None,
        )
