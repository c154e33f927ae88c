"""What stopping trials early may have cost, by what complete trials gained after the same epoch. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from model.result import JUDGES

from ...trial import RunState
from ..results import Results, in_state

SAME = 1e-9
"""A gain this close to the one needed is as large."""


@dataclass(frozen=True)
class StoppedTrial:
    """A trial that was stopped early, among the complete trials of its arm.

    Attributes:
        number: Its number.
        arm: Its arm.
        epoch: Its last epoch, from 1.
        needed: What its best `overall` would have had to gain to reach the highest of a complete trial of its
            arm at its seed; below 0 if it was higher.
        largest: The most that the best `overall` of a complete trial of its arm, at any seed, rose after that
            epoch.
    """

    number: int
    arm: str
    epoch: int
    needed: float
    largest: float

    @property
    def could(self) -> bool:
        """Whether it would have become the best with the largest gain that was seen."""
        return self.needed <= self.largest + SAME


def stopped_early(results: Results) -> list[StoppedTrial]:
    """The trials that were stopped early, by number.

    Those without an epoch are left out, and those of an arm and seed without a complete trial. The gains are
    of trials that were let go on: what did badly at first and rises late was stopped too, and is not among
    them, so that the largest gain is no bound.
    """
    pruned = in_state(results.trials, RunState.PRUNED)
    if pruned.empty or results.complete.empty:
        return []
    curves = _best_so_far(results)
    last = curves.groupby("number").last()
    complete = results.complete.set_index("number")[["arm", "seed"]].join(last["best"], how="inner")
    highest: dict[tuple[str, int], float] = {}
    for _, arm, seed, best in complete.itertuples(name=None):
        highest[arm, seed] = max(best, highest.get((arm, seed), best))
    gains = {epoch: _gains(complete, curves, epoch) for epoch in last["epoch"].unique()}
    return list(_judged(pruned.set_index("number")[["arm", "seed"]].join(last, how="inner"), highest, gains))


def _judged(
    pruned: pd.DataFrame, highest: dict[tuple[str, int], float], gains: dict[int, dict[str, float]]
) -> Iterator[StoppedTrial]:
    for number, arm, seed, epoch, best in pruned.itertuples(name=None):
        if (arm, seed) in highest and arm in gains[epoch]:
            yield StoppedTrial(number, arm, epoch, highest[arm, seed] - best, gains[epoch][arm])


def _best_so_far(results: Results) -> pd.DataFrame:
    """number, epoch, best: the highest `overall` of each trial up to each of its epochs, in order."""
    epochs = results.epochs
    overall = epochs[(epochs["split"] == "dev") & epochs["metric"].isin(JUDGES)].dropna(subset="value")
    overall = overall.sort_values(["number", "epoch"])
    return overall[["number", "epoch"]].assign(best=overall.groupby("number")["value"].cummax())


def _gains(complete: pd.DataFrame, curves: pd.DataFrame, epoch: int) -> dict[str, float]:
    """The most that a complete trial of each arm rose after an epoch."""
    then = curves[curves["epoch"] <= epoch].groupby("number")["best"].last()
    gained = complete.assign(gain=complete["best"] - then).dropna(subset="gain")
    return {str(arm): float(gain) for arm, gain in gained.groupby("arm")["gain"].max().items()}
