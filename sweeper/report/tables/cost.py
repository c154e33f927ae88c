"""The table of what each arm cost. Pure."""

import pandas as pd

from ...text import NONE, one_line, plural
from ..document import Cell, Column, Table
from ..results import Results
from ..tracks import joint_arms
from .cells import count_cell, duration_cell, numeric, step_cell

_PAIRS = (
    "1,000 pairs: time of predicting so many dev pairs of new sentences, the median over trials. Apart, a "
    "sentence that was embedded before costs nothing more; together, each pair takes the encoder anew."
)


def cost_table(results: Results) -> Table | None:
    """One row an arm, and one for all: trials, epochs, times and memory, of trials with any outcome.

    None before the first epoch.
    """
    trials = results.trials
    if not trials["epochs"].any():
        return None
    of = dict(list(trials.groupby("arm")))
    groups = [(arm, of.get(arm, trials[:0])) for arm in results.arms]
    rows, joint = [], bool(joint_arms(results))
    for name, every in (*groups, ("all", trials)):
        own = every[every["reused_from"].isna()]
        seconds, epochs = float(own["seconds"].sum()), int(own["epochs"].sum())
        peak = own["peak_memory_mb"].max() if own["peak_memory_mb"].notna().any() else None
        trained = own.loc[own["seconds"] > 0, "seconds"]
        middle = float(trained.median()) if len(trained) else None
        timed = int(own.loc[own["seconds"].notna(), "epochs"].sum())  # of those that have ended
        pace = seconds / timed if timed else None
        rows.append(
            (
                Cell(one_line(name)),
                count_cell(len(every)),
                count_cell(epochs),
                duration_cell(seconds),
                duration_cell(middle),
                duration_cell(pace),
                duration_cell(processor_seconds(own)),
                step_cell(own["step_seconds"].median()),
                *([step_cell(own["pair_seconds"].median())] if joint else []),
                Cell(NONE if peak is None else f"{peak:,.0f}", value=None if peak is None else float(peak)),
            )
        )
    notes = (*_notes(trials), *[_PAIRS] * joint)
    columns = (
        Column("arm"),
        *numeric("trials", "epochs", "time"),
        Column("median trial", numeric=True, optional=True),
        Column("time per epoch", numeric=True, optional=True),
        *numeric("processor", "time a step", *["1,000 pairs"] * joint, "peak MiB"),
    )
    return Table("cost", "Cost", columns, tuple(rows if len(groups) > 1 else rows[:1]), notes)


def _notes(trials: pd.DataFrame) -> tuple[str, ...]:
    known = trials["side_by_side"].dropna()
    company = (
        f"{int(known.sum())} of {plural(len(known), 'trial')} ran side by side with others on one machine: "
        "their times are not what one takes alone."
        if known.any()
        else "Trials side by side share the machine and slow each other."
    )
    again = int(trials["reused_from"].notna().sum())
    reused = (
        f" {plural(again, 'trial')} had the result of an identical one and cost nothing." if again else ""
    )
    return (
        f"Time is wall time of the trials, added up. {company}{reused}",
        "Processor time, user and system, is that of all threads and attempts up to the last epoch; time a "
        "step is the median over trials.",
    )


def processor_seconds(own: pd.DataFrame) -> float | None:
    """The sum over the trials that trained; None if it is not known of all."""
    trained = own.loc[(own["epochs"] > 0) & own["reused_from"].isna(), "processor_seconds"]
    return float(trained.sum()) if len(trained) and trained.notna().all() else None
