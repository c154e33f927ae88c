"""What a sweep tells while it runs."""

from model.result import EpochResult
from model.steps import StepReport

from ..trial import Outcome, TrialSpec


class Observer:
    """Hears what a sweep does; this one shows nothing."""

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """A trial was handed to the executor, for the first time or to be continued."""

    def progressed(self, number: int, report: StepReport) -> None:
        """A trial has done a step of its epoch; about once a second, and not of every epoch."""

    def evaluated(self, number: int, result: EpochResult) -> None:
        """A trial has finished an epoch."""

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """A trial has its outcome; `message` says why it failed."""

    def withdrawn(self, number: int) -> None:
        """A trial is no longer under way here, and has no outcome yet."""

    def noted(self, text: str) -> None:
        """Something that the user should know."""
