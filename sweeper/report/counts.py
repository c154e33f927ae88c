"""How many of a study's trials stand where. Pure."""

from dataclasses import dataclass

import pandas as pd

from ..trial import RunState
from .results import in_state


@dataclass(frozen=True)
class Counts:
    """How many of the wanted trials stand where."""

    wanted: int
    complete: int
    pruned: int
    failed: int
    running: int
    queued: int

    @property
    def finished(self) -> int:
        """Trials with an outcome, failures included."""
        return self.complete + self.pruned + self.failed

    @property
    def missing(self) -> int:
        """Trials without an outcome, those not yet begun included."""
        return max(self.wanted - self.finished, self.running + self.queued)


def count_trials(trials: pd.DataFrame, wanted: int) -> Counts:
    """How many trials stand where."""
    by_state = {state.value: len(in_state(trials, state)) for state in RunState}
    return Counts(wanted=wanted, **by_state)
