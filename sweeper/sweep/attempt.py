"""A trial under way."""

import time
from dataclasses import dataclass, field

from model.result import EpochResult

from ..executors import Failed
from ..trial import Outcome, RunState, TrialSpec


@dataclass
class Attempt:
    """A trial that a worker has, and its epochs so far.

    Attributes:
        trial: The trial.
        began: When it was handed out, then when its process was up, on the monotonic clock: in between it may
            wait for a machine.
        halvings: How often its micro-batch has been halved.
        kills: How often its process was killed since its latest epoch.
        displaced: Whether the machine that it ran on was lost.
        best: Its best epoch.
        curve: `overall` by epoch.
        peak_memory_mb: Highest memory of its process in MiB.
    """

    trial: TrialSpec
    began: float
    halvings: int = 0
    kills: int = 0
    displaced: bool = False
    best: EpochResult | None = None
    curve: dict[int, float] = field(default_factory=dict)
    peak_memory_mb: float | None = None

    def outcome(self, state: RunState, failure: Failed | None = None) -> Outcome:
        """What is recorded when the trial ends."""
        best = self.best
        return Outcome(
            state=state,
            seconds=time.monotonic() - self.began,
            best_epoch=best.epoch if best else None,
            scores={"overall": best.overall, **best.dev_scores()} if best else None,
            peak_memory_mb=self.peak_memory_mb,
            error_class=failure.error_class if failure else None,
            traceback=(failure.traceback or failure.message) if failure else None,
        )
