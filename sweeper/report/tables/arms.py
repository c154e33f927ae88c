"""The table of arms: how many trials, the best configuration, the mean. Pure."""

from collections import Counter

import pandas as pd

from ...text import NONE, one_line, setting_line
from ...trial import RunState
from ..document import Cell, Column, Table
from ..results import Results, mean_and_deviation
from ..statistics.comparison import Comparisons
from ..tracks import tracks_note
from .cells import (
    best_of_tracks,
    count_cell,
    numeric,
    plus_minus,
    remarks,
    score_cells,
    track_cells,
    track_columns,
)
from .ties import Ties


def arms_table(results: Results, compared: Comparisons) -> Table:
    """One row an arm: its trials, its best configuration with scores and setting, the mean over all."""
    best = {one.arm: one for one in compared.leaders}
    ties, tops = Ties(compared), best_of_tracks(results, list(best.values()))
    rows = []
    every = dict(list(results.whole.observations.groupby("arm")["overall"]))
    ended = Counter(zip(results.trials["arm"], results.trials["state"], strict=True))
    for arm in results.arms:
        mean, deviation = mean_and_deviation(every.get(arm, pd.Series(dtype=float)))
        one = best.get(arm)
        scores, numbers = (one.scores, one.numbers) if one else (None, ())
        rows.append(
            (
                Cell(one_line(arm)),
                *track_cells(results, arm),
                count_cell(ended[arm, RunState.COMPLETE.value]),
                count_cell(ended[arm, RunState.FAILED.value]),
                *ties.mark(
                    arm, score_cells(results, scores, tops.get(arm, {}), numbers, results.undefined(arm))
                ),
                count_cell(len(one.numbers) if one else 0),
                Cell(plus_minus(mean, deviation), value=mean),
                Cell(NONE if one is None else setting_line(one.params) or "defaults"),
                Cell(", ".join(map(str, one.numbers)), trials=one.numbers) if one else Cell(NONE),
            )
        )
    columns = (
        Column("arm"),
        *track_columns(results),
        *numeric("complete", "failed", *results.scores, "seeds", "mean ± sd"),
        Column("setting of the best", optional=True),
        Column("trials", optional=True),
    )
    best_of = (
        "Scores are those of the arm's best configuration, as means over its seeds; mean ± sd is over all "
        "configurations and seeds of the arm, each once."
    )
    notes = (best_of, *ties.notes, *tracks_note(results), *remarks(results))
    return Table("arms", "Arms", columns, tuple(rows), notes, ties=ties.known)
