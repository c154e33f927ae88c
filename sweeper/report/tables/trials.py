"""The table of all trials. Pure."""

import pandas as pd

from ...text import NONE, one_line, score
from ..document import Cell, Column, Table
from ..results import Results, best_trial, records
from ..tracks import tracks_note, tracks_of
from .cells import count_cell, duration_cell, numeric, remarks, setting_cell, trial_cell


def trials_table(results: Results) -> Table:
    """Every trial: its state, seed, scores, time and setting."""
    complete = results.whole.complete
    found = (best_trial(complete[complete["arm"].isin(track.arms)]) for track in tracks_of(results))
    numbers = [one["number"] for one in found if one is not None]
    rows = []
    for trial in records(results.trials.sort_values("number")):
        chosen = results.params(trial)
        undefined = results.undefined(trial["arm"])
        epoch, best = trial["best_epoch"], trial["number"] in numbers
        rows.append(
            (
                trial_cell(trial["number"]),
                Cell(one_line(trial["arm"])),
                Cell(str(trial["state"])),
                count_cell(trial["seed"]),
                *(
                    Cell(NONE)
                    if name in undefined or pd.isna(trial[name])
                    else Cell(score(trial[name]), value=trial[name], bold=best and name == "overall")
                    for name in results.scores
                    if name in trial
                ),
                Cell(NONE) if pd.isna(epoch) else count_cell(epoch),
                duration_cell(trial["seconds"]),
                *(setting_cell(chosen, name) for name in results.space),
            )
        )
    columns = (
        *numeric("trial"),
        Column("arm"),
        Column("state"),
        *numeric("seed", *results.scores, "best epoch", "time"),
        *(Column(name) for name in results.space),
    )
    return Table("trials", "All trials", columns, tuple(rows), (*tracks_note(results), *remarks(results)))
