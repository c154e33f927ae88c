"""What `sweeper report --serve` does: its page in a browser, as the study goes on."""

from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from ..errors import InputError
from ..paths import Home, storage_url
from ..signals import exit_code, terminable
from ..url import Url
from .say import say

Serve = Annotated[
    bool,
    typer.Option("--serve", help="Show the page in a browser, new as the study goes on; write nothing."),
]

Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, metavar="PORT", help="Where --serve listens; 0: any that is free; default: 8090."
    ),
]


def serve_report(
    context: typer.Context,
    study: str | None,
    serve: bool,
    port: int | None,
    *,
    beside: Sequence[str],
    storage: Url | None,
) -> None:
    """Serves the page of a study until Ctrl-C.

    Args:
        context: What was typed.
        study: As it was typed.
        serve: Whether `--serve` was typed.
        port: Where it listens, if that was typed.
        beside: As they were typed.
        storage: The database, if it was typed.

    Raises:
        InputError: If more was typed, or the study is one that has no page, or the port cannot be had.
    """
    from ..report.live import LivePage
    from ..report.serving import PORT, serve_page

    if not serve:
        raise InputError(f"--port {port}: goes with --serve only")
    if given := _typed(context, but=("study_argument", "study_option", "serve", "port", "beside", "storage")):
        raise InputError(f"--serve shows one page and writes nothing: leave {', '.join(given)} out")
    page = LivePage(storage_url(storage), study, Home.from_environment(), beside)
    if said := page.wait_or_fail():
        say(f"Nothing to show yet: {said}", err=True)
    try:
        with terminable():
            serve_page(page, PORT if port is None else port, say)
    except KeyboardInterrupt as stop:
        # Ctrl-C is the way to end it.
        raise typer.Exit(0 if type(stop) is KeyboardInterrupt else exit_code(stop)) from None


def _typed(context: typer.Context, but: Collection[str]) -> list[str]:
    """What was typed after the command, but for some parameters by name."""
    asked = [one for one in context.command.params if one.name not in but]
    sources = {one.name: context.get_parameter_source(str(one.name)) for one in asked}
    typed = [one for one in asked if (source := sources[one.name]) and source.name == "COMMANDLINE"]
    return [one.opts[0] if one.param_type_name == "option" else "the second STUDY" for one in typed]
