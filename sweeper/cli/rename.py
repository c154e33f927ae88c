"""The command that gives a study another name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConflictError, InputError, SweeperError
from ..paths import check_name, check_study, storage_url
from .command import StudyThere
from .options import Storage, file_path
from .say import say

if TYPE_CHECKING:
    from ..store.database import Database
    from ..store.study import StudyStore


def rename(
    *,
    study: StudyThere,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it shall be called; its workload stays.")],
    folder: Annotated[Path, file_path("FOLDER", "Folder of the reports.")] = Path("reports"),
    storage: Storage = None,
) -> None:
    """Gives a study another name, with its confirmation, in Optuna's tables too; its report moves along.

    It keeps its UUID, and its runs stay where they are, so that drivers at work on it go on. The study file
    is yours: write the new name there.

    Example: `sweeper rename sbert-grid grid-of-may`
    """
    from ..report.files import move_report
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study, foreign=True)
        before, after = store.row.name, _new_name(database, store, name)
        # The report first: whatever is cut short in between, the same command does the rest.
        moved = move_report(folder, before, after, store.row.uuid)
        try:
            store.life.rename(after)
        except SweeperError:
            move_report(folder, after, before, store.row.uuid)
            raise
        row = store.fresh().row
    say(f"{before} is called {after} from now on")
    if moved is not None:
        say(f"Its report: {moved}, with the old name in it until it is made again")
    if row.origin is None:
        said = f"Its runs stay in the folder {row.folder}"
        say(f"{said}; in its study file write `name: {after.partition('@')[0]}`, or it begins a study anew")


def _new_name(database: "Database", store: "StudyStore", name: str) -> str:
    """What a study shall be called, ``<study>@<workload>``.

    Raises:
        InputError: If it cannot be called so.
        ConflictError: If another study is.
    """
    from ..study.named import confirmation_name, is_confirmation, split_name

    before = store.row.name
    workload = before.partition("@")[2]
    asked = split_name(name)
    if asked.workload not in (None, workload):
        raise InputError(
            f"name {name!r}: the workload of a study stays, here {workload}: write its name alone"
        )
    base = check_name(str(asked.study), "study")
    after = f"{base}@{workload}"
    if is_confirmation(after):
        raise InputError(f"{name!r} would be the name of a study that confirms another one")
    for one in database.studies():
        if confirmation_name(one.row.name) == before:
            raise InputError(f"{before} confirms {one.row.name}, and is renamed with that one")
        if one.row.name == after:
            has = (
                f"study {before!r} is called so already" if after == before else f"there is a study {after!r}"
            )
            raise ConflictError(f"{has}; nothing was renamed")
    check_study(confirmation_name(after))
    return after
