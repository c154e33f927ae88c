"""The command that deletes a study."""

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from ..paths import Home, storage_url, user_path
from ..study.named import is_file, name_in_file
from ..text import plural
from .command import StudyThere
from .options import Storage
from .say import say

if TYPE_CHECKING:
    from ..store.study import StudyStore


def delete(
    *,
    study: StudyThere,
    yes: Annotated[bool, typer.Option("--yes", help="Delete it without asking.")] = False,
    storage: Storage = None,
) -> None:
    """Deletes a study: its trials, their files, what Optuna's tables have of it. Asks first.

    A study on which a driver is at work stays. Reports stay too. If it is cut short, the same command does
    the rest.

    Example: `sweeper delete quickstart@demo`
    """
    from ..store.database import Database
    from ..store.studies import find_study
    from ..sweep.deletion import check_deletable, delete_study, remove_files

    home = Home.from_environment()
    with Database(storage_url(storage), must_exist=True) as database:
        asked = _name(study)
        rest = database.deletions.unfinished(asked)
        for deleted in rest:
            left = remove_files(database, home, deleted)
            say(left or f"Deleted the files of {deleted.name}, which was deleted before")
        if rest and not any(_is_called(asked, one.row.name) for one in database.studies()):
            return
        store = find_study(database, study, foreign=True)
        check_deletable(database, home, store)
        trials, files = _words(store, home)
        if not yes and not _agreed(trials + files):
            say("Nothing was deleted.")
            return
        left = delete_study(database, home, store)
    say(f"Deleted {trials}{files if left is None else ''}")
    if left is not None:
        say(left, err=True)


def _name(study: str) -> str:
    """The name of a study that was asked for by its name or by its file."""
    if not (is_file(study) and user_path(study).is_file()):
        return study
    named = name_in_file(study)
    return f"{named.study}@{named.workload}"


def _is_called(asked: str, name: str) -> bool:
    return asked in (name, name.partition("@")[0])


def _words(store: "StudyStore", home: Home) -> tuple[str, str]:
    """A study with its trials, and what it has on the disk; nothing of an imported one."""
    from ..runs.folder import StudyFolder
    from ..show.disk import in_bytes, size_of

    if store.row.origin is not None:
        return f"{store.row.name}: {plural(store.row.wanted, 'imported trial')}", ""
    folder = StudyFolder(home, store.row).folder
    count = plural(len(store.trials.standings()), "trial")
    return f"{store.row.name}: {count}", f", and {in_bytes(size_of(folder))} in {folder}"


def _agreed(said: str) -> bool:
    """Asks.

    Raises:
        InputError: If nobody is there to answer.
    """
    say(f"This deletes {said}")
    try:
        return input("Delete it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise InputError("nobody answered, and nothing was deleted: answer y, or give --yes") from None
