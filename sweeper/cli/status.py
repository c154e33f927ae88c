"""The command that says how far a study is."""

from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..paths import Home, storage_url
from .command import StudyName
from .options import AsJson, Storage
from .say import say, say_json
from .streams import is_heard


def status(
    *,
    study: StudyName = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again every two seconds, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Says how far a study has come, which trials are unfinished or failed, and what its runs take on disk.

    Of a study that was imported it says so, and what it has.

    Example: `sweeper status sbert-grid --watch`
    """
    from ..show.standing import status_json
    from ..show.status import overview
    from ..show.status import watch as watch_overview
    from ..show.study import imported_json, imported_overview
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study, foreign=True)
        imported = store.row.origin is not None
        if as_json:
            if watch:
                raise InputError("--json says it once: leave --watch out")
            say_json(imported_json(store) if imported else status_json(store))
        elif imported:
            say("\n".join(imported_overview(store)))
        elif watch:
            with suppress(KeyboardInterrupt):
                watch_overview(lambda: overview(store.fresh()) if is_heard() else None, Console())
        else:
            say("\n".join(overview(store, Home.from_environment())))
