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

    Example: `sweeper status sbert-grid --watch`
    """
    from ..show.standing import status_json
    from ..show.status import overview
    from ..show.status import watch as watch_overview
    from ..store.database import Database
    from ..store.studies import find_study

    with Database(storage_url(storage), must_exist=True) as database:
        store = find_study(database, study)
        if as_json:
            if watch:
                raise InputError("--json says it once: leave --watch out")
            say_json(status_json(store))
        elif watch:
            with suppress(KeyboardInterrupt):
                watch_overview(lambda: overview(store.fresh()) if is_heard() else None, Console())
        else:
            say("\n".join(overview(store, Home.from_environment())))
