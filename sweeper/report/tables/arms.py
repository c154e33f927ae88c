"""The table of arms: how many trials, the best one, the mean. Pure."""

from ...text import NONE, one_line, setting_line
from ...trial import RunState
from ..document import Cell, Column, Table
from ..results import Results, best_per_arm, in_state, mean_and_deviation, params
from .cells import count_cell, highest, numeric, plus_minus, remarks, score_cells, trial_cell


def arms_table(results: Results) -> Table:
    """One row an arm: its trials, its best one with scores and setting, the mean over its trials."""
    best = best_per_arm(results)
    top = highest(list(best.values()), results.scores)
    rows = []
    for arm in results.arms:
        own = results.trials[results.trials["arm"] == arm]
        complete = in_state(own, RunState.COMPLETE)
        mean, deviation = mean_and_deviation(complete["overall"])
        trial = best.get(arm)
        rows.append(
            (
                Cell(one_line(arm)),
                count_cell(len(complete)),
                count_cell(len(in_state(own, RunState.FAILED))),
                *score_cells(results.scores, trial, top, [trial["number"]] if trial else []),
                Cell(plus_minus(mean, deviation), value=mean),
                Cell(NONE if trial is None else setting_line(params(trial)) or "defaults"),
                Cell(NONE) if trial is None else trial_cell(trial["number"]),
            )
        )
    columns = (
        Column("arm"),
        *numeric("complete", "failed", *results.scores, "mean ± sd"),
        Column("setting of the best", optional=True),
        *numeric("trial"),
    )
    best_of = "Scores are those of the arm's best trial; mean ± sd is over all its complete trials."
    return Table("arms", "Arms", columns, tuple(rows), (best_of, *remarks(results)))
