"""Finds studies and trials in a database by what the user calls them."""

from ..errors import InputError
from ..trial import TrialRow
from .database import Database
from .study import StudyStore


def find_study(database: Database, name: str | None, workload: str | None = None) -> StudyStore:
    """A study of the database.

    Args:
        database: The database.
        name: ``study@workload``, or ``study`` if it ran on one workload only; None for the latest study.
        workload: Name of the workload, where `name` does not say it.

    Raises:
        InputError: If there is none of that name, or more than one.
    """
    studies = database.studies()
    if not studies:
        raise InputError("there is no study yet; begin one with: sweeper run --study quickstart --trials 8")
    if name is None:
        return studies[-1]
    base, _, on = name.partition("@")
    if workload is not None and on not in ("", workload):
        raise InputError(f"--workload {workload} contradicts {name!r}: leave one of them out")
    of_that_name = [one for one in studies if one.row.name.partition("@")[0] == base]
    on = on or workload or ""
    found = [one for one in of_that_name if on in ("", one.row.name.partition("@")[2])]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.row.name for one in of_that_name or studies)
    if found:
        raise InputError(f"study {name!r} ran on several workloads; name one of: {known}")
    raise InputError(f"study {f'{base}@{on}' if on else base!r} has never run; those that have: {known}")


def find_trial(store: StudyStore, number: int) -> TrialRow:
    """One trial of a study.

    Raises:
        InputError: If the study has no trial of that number.
    """
    row = store.trials.row(number)
    if row is None:
        numbers = [one.number for one in store.trials.rows()]
        known = f"its trials are {numbers[0]} to {numbers[-1]}" if numbers else "it has none yet"
        raise InputError(f"study {store.row.name!r} has no trial {number}; {known}")
    return row
