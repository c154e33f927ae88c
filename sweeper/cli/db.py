"""The commands about databases as such: copying studies from one to another."""

from typing import Annotated

import typer

from ..text import plural
from ..url import Url
from .command import STUDY_RUN, Which, add
from .say import say

databases = typer.Typer(help="Moves studies between databases.")


@databases.callback()
def group() -> None:
    """Moves studies between databases."""


def copy(
    *,
    source: Annotated[
        Url, typer.Argument(parser=Url, metavar="SRC", help="URL of the database that has the studies.")
    ],
    destination: Annotated[
        Url,
        typer.Argument(
            parser=Url, metavar="DST", help="URL of the one that shall have them; made if need be."
        ),
    ],
    study: Annotated[str | None, Which(f"{STUDY_RUN}; default: all of them.")] = None,
) -> None:
    """Copies studies whole, from SQLite to PostgreSQL, back, or to another of its kind.

    Nothing is written unless all of it is. The runs' files stay under SWEEPER_HOME, where `sweeper resume
    --storage DST` finds them.

    Example: `sweeper db copy sqlite:///.sweeper/studies.db postgresql://lab@db.lan/sweeps`
    """
    from ..store.copying import copy as copy_studies
    from ..store.database import Database
    from ..store.engine import check_url
    from ..store.studies import find_study

    with Database(source, must_exist=True) as database:
        stores = database.studies() if study is None else []
        names = [store.row.name for store in stores or [find_study(database, study, foreign=True)]]
    trials = copy_studies(source, destination, names)
    copied = f"Copied {', '.join(names)}: {plural(trials, 'trial')}"
    say(f"{copied}; now with: --storage {check_url(destination)}")


add(databases, "copy", copy)
