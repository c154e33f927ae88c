"""The command that writes a line into the history of a study."""

from typing import Annotated

import typer

from ..errors import InputError
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
        names = [one.row.name for one in database.studies()]
        if study is None and text in (*names, *(name.partition("@")[0] for name in names)):
            raise InputError(
                f"note {text!r}: is the name of a study: write what is to be remembered after it"
            )
        store = find_study(database, study, foreign=True)
        store.events.note(text)
    say(f"{store.row.name}: noted")
