"""What to try next, from the evidence of a study. Pure."""

import pandas as pd

from ..study.named import is_confirmation
from ..study.space import Choice
from ..text import one_line, plural, setting
from ..trial import RunState
from .configuration import Configuration
from .results import Results, in_state
from .statistics.comparison import Comparisons
from .tracks import by_track

EDGE = 0.05
"""Part of a range, on its own scale, that counts as its end."""


def advice(results: Results, comparisons: Comparisons) -> list[str]:
    """What the trials so far suggest, one sentence each; nothing without a complete trial."""
    if not comparisons.leaders:
        return []
    tracks = by_track(results, comparisons.leaders)
    edges = [
        (f"Of the arms {track}: " if len(tracks) > 1 else "") + edge
        for track, ranked in tracks.items()
        for edge in _edges(results, ranked[0])
    ]
    found = [*edges, *_epochs(results.observations), *_failures(results.trials)]
    return [*_confirm(results, comparisons), *found]


def _confirm(results: Results, comparisons: Comparisons) -> list[str]:
    finished = len(results.trials) >= results.wanted and not (~results.trials["state"].isin(_FINAL)).any()
    if not finished or len(results.complete) < 2 or is_confirmation(results.name):
        return []
    if results.confirmation is not None:
        return []
    what = "the leaders, one an arm," if len(comparisons.leaders) > 1 else "the best configuration"
    return [f"Next: confirm {what} at fresh seeds: sweeper confirm {results.name} --seeds 5"]


_FINAL = [state.value for state in RunState if state.final]


def _edges(results: Results, best: Configuration) -> list[str]:
    """The settings of the best configuration that lie at an end of their ranges."""
    said = []
    for name, entry in results.entries(best.arm).items():
        value = best.params.get(name)
        if isinstance(entry, Choice) or value is None:
            continue
        # Of a value that has a share of the line its middle, which is not the line's end.
        low, unit, high = (entry.unit(each) for each in (entry.at(0.0), value, entry.at(1.0)))  # type: ignore[arg-type]
        unit = (unit - low) / (high - low) if high > low else 0.5
        if not EDGE < unit < 1 - EDGE:
            end = "lower" if unit <= EDGE else "upper"
            said.append(
                f"The best {one_line(name)}, {setting(value)}, lies at the {end} end of its range: widen it."
            )
    return said


def _epochs(results: pd.DataFrame) -> list[str]:
    """Whether most trials were best long before their last epoch; that it was the last is a warning."""
    known = results[results["best_epoch"].notna() & (results["epochs"] > 1)]
    early = int((known["best_epoch"] <= known["epochs"] / 2).sum())
    if len(known) and early > len(known) / 2:
        return [
            f"In {early} of {len(known)} trials the best epoch came in the first half: fewer epochs do, or "
            "more regularisation."
        ]
    return []


def _failures(trials: pd.DataFrame) -> list[str]:
    failed = in_state(trials, RunState.FAILED)
    if len(failed) < 2 or len(failed) < 0.1 * len(trials):
        return []
    kind, number = next(iter(failed["error_class"].value_counts().items()))
    return [f"{plural(len(failed), 'trial')} failed, {number} of class {kind}: see the failed trials."]
