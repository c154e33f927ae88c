"""The command that opens Optuna's dashboard."""

from typing import Annotated

import typer

from ..paths import storage_url
from ..signals import exit_code, terminable
from .options import Storage
from .say import say


def dashboard(
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Where it listens; 0: any that is free.")
    ] = 8080,
    storage: Storage = None,
) -> None:
    """Opens Optuna's dashboard on all studies, on this machine only, until Ctrl-C. It changes nothing.

    Example: `sweeper dashboard --port 8081`
    """
    from ..show.dashboard import check_installed, serve
    from ..store.database import Database

    check_installed()
    url = storage_url(storage)
    Database(url, must_exist=True).close()
    try:
        with terminable():
            serve(url, port, say)
    except KeyboardInterrupt as stop:
        # Ctrl-C is the way to end it.
        raise typer.Exit(0 if type(stop) is KeyboardInterrupt else exit_code(stop)) from None
