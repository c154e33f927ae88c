"""Deletes a study with its files: the rows first, whole or not at all, then what lies in the home."""

from ..errors import ConflictError, InputError
from ..executors.hold import Hold
from ..paths import Home
from ..runs.folder import StudyFolder
from ..runs.removal import remove_runs
from ..store.database import Database
from ..store.deletion import THEN, DeletedStudy
from ..store.identity import holder
from ..store.idle import check_idle
from ..store.study import StudyStore
from ..study.named import confirmation_name


def check_deletable(database: Database, home: Home, store: StudyStore) -> None:
    """Looks whether a study can be deleted, without changing anything.

    Args:
        database: Where it is.
        home: Where its runs are.
        store: The study.

    Raises:
        ConflictError: If a driver is at work on it, or a process of a trial still writes in its folder, or a
            study confirms it.
    """
    check_idle(store, THEN)
    confirming = database.find(confirmation_name(store.row.name))
    if confirming is not None:
        raise ConflictError(
            f"study {store.row.name!r} is confirmed by {confirming.row.name}: delete that one first, with: "
            f"sweeper delete {confirming.row.name}"
        )
    folder = StudyFolder(home, store.row)
    for number in sorted(folder.numbers()) if folder.own else ():
        _check_left(folder, number)


def _check_left(folder: StudyFolder, number: int) -> None:
    """Refuses a run in which a process is at work: its driver may be dead, and it learns of that later."""
    hold = Hold(folder.run(number))
    if not hold.file.exists():
        return
    with hold:
        if not hold.take():
            raise ConflictError(f"trial {number} is still under way ({hold.holder()}): wait for its end")


def delete_study(database: Database, home: Home, store: StudyStore) -> str | None:
    """Deletes a study; if it is cut short, `remove_files` does the rest.

    Args:
        database: Where it is.
        home: Where its runs are.
        store: The study.

    Returns:
        Which files stay, and why, in one line; None if none do.

    Raises:
        ConflictError: As in `check_deletable`.
        InputError: If its files cannot be removed; all else is done.
    """
    check_deletable(database, home, store)
    return remove_files(database, home, database.deletions.delete(store))


def remove_files(database: Database, home: Home, deleted: DeletedStudy) -> str | None:
    """Removes the files of a study that is in the database no more; as in `delete_study`."""
    left: str | None = None
    if database.deletions.is_back(deleted):
        left = f"the files of {deleted.name} stay: the same study was copied here again"
    else:
        try:
            left = remove_runs(StudyFolder(home, deleted), holder(database.access))
        except OSError as error:
            raise InputError(
                f"the files of {deleted.name} cannot be removed: {error.filename}: {error.strerror}; mend "
                f"that, and type again: sweeper delete {deleted.name}"
            ) from error
    database.deletions.finish(deleted)
    return left
