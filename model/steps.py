"""How far a trial is within an epoch: told about once a second, and kept nowhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass

TELL_SECONDS = 1.0
"""How long nothing is told after the beginning of an epoch, or after a step that was told."""


@dataclass(frozen=True)
class StepReport:
    """A step that a trial has done.

    Attributes:
        step: Its number, from 1: of ours within its epoch; of an own trainer as that counts.
        loss: What was minimised in it: of ours the sum over its tasks and parts, with weights and penalties.
        rate: Its learning rate.
        steps: Steps of an epoch; None where that is not known.
        seconds_left: Until the last step of the epoch is done, at the pace of this one; what follows, its
            evaluation, is not in it. None where it is not known.
        memory_mb: Most memory that the trial has taken so far, in MiB, as in its results; None where it is
            not known.
    """

    step: int
    loss: float
    rate: float
    steps: int | None = None
    seconds_left: float | None = None
    memory_mb: float | None = None


class StepTeller:
    """Tells of a step about once a second. It draws no random number, and asks nothing of a device.

    Args:
        hear: Hears of a step.
        steps: Steps of an epoch.
        memory: Most memory taken so far, in MiB; asked when a step is told.
        clock: Seconds since some moment.
    """

    def __init__(
        self,
        hear: Callable[[StepReport], object],
        steps: int,
        memory: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hear, self._steps, self._memory, self._clock = hear, steps, memory, clock
        self._done, self._began, self._told = 0, 0.0, 0.0

    def begin_epoch(self, done: int) -> None:
        """Begins an epoch of which so many steps are done already."""
        self._done, self._began = done, self._clock()
        self._told = self._began

    def after_step(self, step: int, loss: float, rate: float) -> None:
        """Tells of a step, by its number in the epoch, if it is time to."""
        now = self._clock()
        if now - self._told < TELL_SECONDS:
            return
        self._told = now
        left = (self._steps - step) * (now - self._began) / (step - self._done)
        self._hear(StepReport(step, loss, rate, self._steps, left, self._memory()))
