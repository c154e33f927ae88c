"""Finds studies and trials in a database by what the user calls them."""

from collections.abc import Sequence

from ..errors import InputError, NoSuchStudyError
from ..paths import user_path
from ..study.named import (
    Asked,
    confirmation_name,
    is_file,
    name_in_file,
    split_name,
    workload_name,
)
from ..text import nearest
from ..trial import RunState, TrialRow
from .database import Database
from .study import StudyStore

MOST_LISTED = 12
"""Studies that a message lists; of more the latest."""


def find_study(
    database: Database, name: str | None, workload: str | None = None, *, foreign: bool = False
) -> StudyStore:
    """A study of the database.

    Args:
        database: The database.
        name: ``study@workload``, ``study`` if it ran on one workload only, or the path of a study file, for
            the study of the name and workload in it; None for the latest study, by the activity of its
            trials. One that confirms another, is archived or was imported is never the latest.
        workload: Name or file of the workload, where `name` does not say it.
        foreign: Whether it may be one that was imported.

    Raises:
        NoSuchStudyError: If there is none of that name.
        InputError: If there is more than one, or it was imported and may not be.
    """
    studies = database.studies()
    if not studies and database.access.damages.some:
        raise InputError("no study here can be read")
    if not studies:
        raise NoSuchStudyError(
            "there is no study yet; begin one with: sweeper run --study quickstart --trials 8"
        )
    asked = _asked(name, workload, studies)
    found = [one for one in studies if asked.matches(one.row.name)]
    if name is None and found:
        return _latest(found, studies)
    if len(found) == 1:
        return _checked(found[0], foreign)
    if found:
        raise InputError(f"study {name!r} ran on several workloads; name one of: {_listed(found)}")
    if asked.study is None:
        raise NoSuchStudyError(
            f"no study has run on {asked.workload!r}; those that have run: {_listed(studies)}"
        )
    for one in studies:
        if one.row.folder and one.row.folder != one.row.name and asked.matches(one.row.folder):
            raise InputError(
                f"study {asked.written} is called {one.row.name} now; see: sweeper show {one.row.name}"
            )
    names = [one.row.name for one in studies]
    near = nearest(asked.study, {name.partition("@")[0] for name in names} - {asked.study})
    of_that_name = [one for one in studies if one.row.name.partition("@")[0] == asked.study]
    hint = f"{near} Those" if "did you mean" in near and not of_that_name else "; those"
    raise NoSuchStudyError(
        f"study {asked.written} has never run{hint} that have: {_listed(of_that_name or studies)}"
    )


def renamed(database: Database, name: str) -> str | None:
    """What the study is called now that once began as ``<study>@<workload>``; None if there is none."""
    began = (one.row for one in database.studies() if name == one.row.folder != one.row.name)
    return next((row.name for row in began), None)


def _latest(found: Sequence[StudyStore], studies: Sequence[StudyStore]) -> StudyStore:
    """The study that is meant where none is named: the latest that ran here and is not archived.

    Raises:
        InputError: If there is none.
    """
    confirming = {confirmation_name(one.row.name) for one in studies}
    meant = [one for one in found if one.row.name not in confirming and one.row.origin is None]
    listed = [one for one in meant if one.row.archived is None]
    if not listed:
        what = "is archived" if meant else "was imported"
        raise InputError(f"every study here {what}: name one of: {_listed(found)}")
    return listed[-1]


def _checked(store: StudyStore, foreign: bool) -> StudyStore:
    if store.row.origin is None or foreign:
        return store
    raise InputError(
        f"study {store.row.name!r} was imported, and no trial of it was made here: `list`, `show`, `status`, "
        "`report`, `export`, `note`, `rename`, `archive`, `delete`, `db copy` and `warm_start` take it, and "
        "nothing else"
    )


def _asked(name: str | None, workload: str | None, studies: Sequence[StudyStore]) -> Asked:
    on = None if workload is None else workload_name(workload)
    if name is None:
        return Asked(None, on)
    if not is_file(name):
        return split_name(name, on)
    # A name may end as a file does.
    if not any(name in (one.row.name, one.row.name.partition("@")[0]) for one in studies):
        return name_in_file(name, on)
    if user_path(name).exists():
        raise InputError(
            f"{name!r} is a study that has run, and a file: write {name}@WORKLOAD for the study, "
            f"./{name} for that of the file"
        )
    return split_name(name, on)


def _listed(studies: Sequence[StudyStore]) -> str:
    """Studies with how far each is, the latest last."""
    more = len(studies) - MOST_LISTED
    shown = [f"{one.row.name} ({_standing(one)})" for one in studies[-MOST_LISTED:]]
    return ", ".join([*([f"{more} older ones (see: sweeper list)"] if more > 0 else []), *shown])


def _standing(store: StudyStore) -> str:
    if store.row.origin is not None:
        return f"{store.row.wanted} imported trials"
    done = sum(trial.state.final for trial in store.trials.standings())
    return f"{done} of {store.row.wanted} trials"


def find_trained(store: StudyStore, number: int) -> TrialRow:
    """One trial that has a best epoch, and so weights to predict with.

    Raises:
        InputError: If the study has no trial of that number, or that one has none.
    """
    row = find_trial(store, number)
    if row.best_epoch is None or row.state not in (RunState.COMPLETE, RunState.PRUNED):
        raise InputError(f"trial {number} of study {store.row.name!r} is {row.state}: it has no best epoch")
    return row


def find_made(store: StudyStore, row: TrialRow) -> TrialRow:
    """The trial that was trained for a trial's result: another one where the result was reused.

    Raises:
        InputError: If the study has that one no more.
    """
    return row if row.reused_from is None else find_trial(store, row.reused_from)


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
