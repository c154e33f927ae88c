"""The table of failed trials. Pure."""

from ...text import NONE, last_line, one_line, setting_line
from ...trial import RunState
from ..document import Cell, Column, Table
from ..results import Results, in_state, records
from .cells import count_cell, numeric, trial_cell


def failures_table(results: Results) -> Table | None:
    """One row a failed trial: its class and the last line of its traceback; None where none failed."""
    failed = in_state(results.trials, RunState.FAILED)
    if failed.empty:
        return None
    rows = [
        (
            trial_cell(trial["number"]),
            Cell(one_line(trial["arm"])),
            Cell(str(trial["error_class"])),
            count_cell(trial["attempts"]),
            Cell(one_line(last_line(trial["traceback"])) or NONE),
            Cell(setting_line(results.params(trial)) or "defaults"),
        )
        for trial in records(failed)
    ]
    columns = (*numeric("trial"), Column("arm"), Column("class"), *numeric("attempts"))
    columns += (Column("error"), Column("setting"))
    # Of several studies the trials are numbered through, which no command knows.
    notes = () if results.studies else (f"The whole traceback of a trial: sweeper show {results.name} TRIAL",)
    return Table("failures", "Failed trials", columns, tuple(rows), notes)
