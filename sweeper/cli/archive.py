"""The command that puts a study away."""

from typing import Annotated

import typer

from ..paths import storage_url
from .command import StudyThere
from .options import Storage
from .say import say


def archive(
    *,
    study: StudyThere,
    undo: Annotated[bool, typer.Option("--undo", help="Take it out of the archive again.")] = False,
    storage: Storage = None,
) -> None:
    """Puts a study away, with its confirmation: `list` and commands without STUDY leave it out.

    Nothing else changes: whoever names it finds it, and a driver at work on it goes on.

    Example: `sweeper archive sbert-grid`
    """
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study, foreign=True)
        store.life.archive(not undo)
    name, there = store.row.name, store.row.archived is not None
    if there != undo:
        say(f"{name}: is {'archived already' if there else 'not archived'}")
    elif undo:
        say(f"{name}: is listed again")
    else:
        say(f"{name}: archived; back again with: sweeper archive {name} --undo")
