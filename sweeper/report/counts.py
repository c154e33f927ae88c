"""How many of a study's trials stand where, and how many configurations were scored; counts joined. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from ..trial import RunState
from .results import Results, in_state, records

K = TypeVar("K")


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


def scored(results: Results) -> Counter[str]:
    """How many configurations of each arm were scored: to the end, or until they were stopped early."""
    states = [RunState.COMPLETE.value, RunState.PRUNED.value]
    there = records(results.trials[results.trials["state"].isin(states)])
    found = {
        (trial["arm"], json.dumps(results.params(trial), sort_keys=True, default=str)) for trial in there
    }
    return Counter(arm for arm, _ in found)


def most(counts: Iterable[Mapping[K, int]]) -> dict[K, int]:
    """The highest count of each key: trials, and arms, may differ in what they leave out."""
    found: dict[K, int] = {}
    for each in counts:
        for key, count in each.items():
            found[key] = max(count, found.get(key, 0))
    return found
