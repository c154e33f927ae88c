"""The table of what each arm cost. Pure."""

from ...text import NONE, one_line
from ..document import Cell, Column, Table
from ..results import Results
from .cells import count_cell, duration_cell, numeric


def cost_table(results: Results) -> Table | None:
    """One row an arm, and one for all: trials, epochs, time and memory, of trials with any outcome.

    None before the first epoch.
    """
    trials = results.trials
    if not trials["epochs"].any():
        return None
    groups = [(arm, trials[trials["arm"] == arm]) for arm in results.arms]
    rows = []
    for name, own in (*groups, ("all", trials)):
        seconds, epochs = float(own["seconds"].sum()), int(own["epochs"].sum())
        peak = own["peak_memory_mb"].max() if own["peak_memory_mb"].notna().any() else None
        trained = own.loc[own["seconds"] > 0, "seconds"]
        middle = float(trained.median()) if len(trained) else None
        pace = seconds / epochs if epochs else None
        rows.append(
            (
                Cell(one_line(name)),
                count_cell(len(own)),
                count_cell(epochs),
                duration_cell(seconds),
                duration_cell(middle),
                duration_cell(pace),
                Cell(NONE if peak is None else f"{peak:,.0f}", value=None if peak is None else float(peak)),
            )
        )
    columns = (
        Column("arm"),
        *numeric("trials", "epochs", "time", "median trial", "time per epoch", "peak memory, MiB"),
    )
    note = "Time is that of the trials, added up; trials side by side share the machine and slow each other."
    return Table("cost", "Cost", columns, tuple(rows if len(groups) > 1 else rows[:1]), (note,))
