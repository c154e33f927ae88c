"""The command that writes a line into the history of a study."""

from typing import Annotated

import typer

from ..paths import storage_url
from .command import StudyName
from .options import Storage
from .say import say


def note(
    *,
    study: StudyName = None,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be remembered.")],
    storage: Storage = None,
) -> None:
    """Writes a note into the history of a study, which `sweeper show STUDY` prints.

    Example: `sweeper note sbert-grid "seeds 1 to 3 ran on the old server"`
    """
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study, foreign=True)
        store.events.note(text)
    say(f"{store.row.name}: noted")
