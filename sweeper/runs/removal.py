"""Removes the folders of a study: whole, or so that a second time removes the rest."""

from contextlib import suppress

from model.files import remove
from model.maker import temporary_name

from ..sharedfolder import SharedFolder
from .folder import StudyFolder
from .mark import FILE, Holder


def remove_runs(folder: StudyFolder, holder: Holder) -> str | None:
    """Removes what a home has of a study: its runs, jobs and logs for other tools.

    The folder of the runs says whose the others are, and goes last. It is first renamed, which is done at
    once, to the name of a temporary folder: what a kill leaves of one, the next driver and `sweeper clean`
    remove.

    Args:
        folder: The folder of the study's runs.
        holder: The database that had the study.

    Returns:
        Why nothing was removed, in one line; None if nothing is left.

    Raises:
        InputError: If the home that all machines share cannot be reached.
        OSError: If this user may not remove it.
    """
    other = folder.taken_from(holder)
    if other is not None:
        return f"the runs in {folder.folder} stay: {other.database} has the same study, and has them now"
    mine = folder.mark()
    if folder.shared is not None and mine is not None and mine.uuid == folder.uuid:
        SharedFolder(folder.shared).clear(last=FILE)
    if not folder.own:
        return f"{folder.folder} stays: nothing says that it is the study's" if folder.numbers() else None
    for beside in folder.beside:
        remove(beside)
    # Beside it: all runs of a home may be on another disk.
    gone = folder.folder.with_name(temporary_name(folder.name))
    with suppress(FileNotFoundError):
        folder.folder.rename(gone)
    remove(gone)
    return None
