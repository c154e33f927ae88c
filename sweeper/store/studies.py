"""Finds studies and trials in a database by what the user calls them."""

from ..errors import InputError
from ..trial import StudyRow, TrialRow
from .database import Database
from .trials import Archive


def find_sweep(database: Database, name: str | None, workload: str | None = None) -> StudyRow:
    """A study of the database.

    Args:
        database: The database.
        name: ``study@workload``, or ``study`` if it ran on one workload only; None for the latest study.
        workload: Name of the workload, where `name` does not say it.

    Raises:
        InputError: If there is none of that name, or more than one.
    """
    rows = database.sweeps()
    if not rows:
        raise InputError("there is no study yet; begin one with: sweeper run --study quickstart --trials 8")
    if name is None:
        return rows[-1]
    base, _, on = name.partition("@")
    if workload is not None and on not in ("", workload):
        raise InputError(f"--workload {workload} contradicts {name!r}: leave one of them out")
    of_that_name = [row for row in rows if row.name.partition("@")[0] == base]
    on = on or workload or ""
    found = [row for row in of_that_name if on in ("", row.name.partition("@")[2])]
    if len(found) == 1:
        return found[0]
    known = ", ".join(row.name for row in of_that_name or rows)
    if found:
        raise InputError(f"study {name!r} ran on several workloads; name one of: {known}")
    raise InputError(f"study {f'{base}@{on}' if on else base!r} has never run; those that have: {known}")


def find_trial(database: Archive, sweep: StudyRow, number: int) -> TrialRow:
    """One trial of a study.

    Raises:
        InputError: If the study has no trial of that number.
    """
    run = database.run(sweep.name, number)
    if run is None:
        numbers = [run.number for run in database.runs(sweep.name)]
        known = f"its trials are {numbers[0]} to {numbers[-1]}" if numbers else "it has none yet"
        raise InputError(f"study {sweep.name!r} has no trial {number}; {known}")
    return run
