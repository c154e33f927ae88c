"""The command line: its commands, the options of all of them, and how it ends."""

import gc
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from model.errors import ModelError

from ..errors import SweeperError
from ..executors import lastresort
from ..signals import exit_code
from ..url import scrubbed
from ..version import __version__
from .archive import archive
from .argv import hide_secrets
from .best import best
from .clean import clean
from .command import add
from .confirm import confirm
from .dashboard import dashboard
from .db import databases
from .delete import delete
from .diff import diff
from .ensemble import ensemble
from .export import export
from .imports import imports
from .list import list_studies
from .new import beginnings
from .note import note
from .predict import predict
from .rename import rename
from .replay import replay
from .report import report
from .retry import retry
from .run import resume, run
from .say import say
from .schema import schema
from .show import show
from .status import status
from .streams import unfailing
from .validate import validate

DEBUG = "--debug"

# In the order of the help, under its headings.
GROUPS: dict[str, dict[str, Callable[..., None]]] = {
    "Train": {"run": run, "resume": resume, "retry": retry, "confirm": confirm, "replay": replay},
    "Look": {
        "report": report,
        "status": status,
        "list": list_studies,
        "show": show,
        "diff": diff,
        "dashboard": dashboard,
    },
    "Use what was trained": {"best": best, "predict": predict, "ensemble": ensemble, "export": export},
    "A study as a whole": {"note": note, "rename": rename, "archive": archive, "delete": delete},
    "Files and databases": {"validate": validate, "schema": schema, "clean": clean},
}

TRAINING = {"run", "resume", "confirm"}

app = typer.Typer(
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
    help="Runs, resumes and reports hyperparameter sweeps of a multitask sentence encoder.\n\n"
    "Begin with `sweeper run --study quickstart --trials 8`, then `sweeper report`.\n\n"
    "Results are kept under SWEEPER_HOME (default `.sweeper/`); data files are read from SWEEPER_DATA.\n\n"
    "Exit codes: 0 done, 1 some trials failed, 2 bad input, 130 interrupted, 143 terminated, 129 hung up.",
)


def say_version(wanted: bool) -> None:
    """Says which version this is, and ends."""
    if wanted:
        typer.echo(f"sweeper {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=say_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Show the traceback of an error; before or after the command.")
    ] = False,
) -> None:
    """Options of every command."""

    # `main` has taken --debug out of the arguments, wherever it stood; it is declared here for the help.


def _stoppable(command: Callable[..., None]) -> Callable[..., None]:
    """Makes a command that a signal stops end with the exit code of that signal, not always of Ctrl-C."""

    @wraps(command)
    def stopped(**given: Any) -> None:
        try:
            command(**given)
        except KeyboardInterrupt as stop:
            raise typer.Exit(exit_code(stop)) from None

    return stopped


for _group, _commands in GROUPS.items():
    for _name, _command in _commands.items():
        add(app, _name, _stoppable(_command), _group)


app.add_typer(databases, name="db", rich_help_panel=_group)
app.add_typer(beginnings, name="new", rich_help_panel=_group)
app.add_typer(imports, name="import", rich_help_panel=_group)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and exits; an error that the user can mend is one line and exit code 2.

    Args:
        arguments: What follows the name of the program; by default that of this process.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if arguments is None:
        hide_secrets()
        # What a command imports and reads stays: looking for garbage took a tenth of a report's time.
        gc.set_threshold(50_000, 20, 20)
        if DEBUG in given:
            os.environ[lastresort.DEBUG] = "1"
        lastresort.install()
    if DEBUG not in given and not sys.warnoptions:
        # Warnings of libraries name code that the user did not write. What matters of it, we say ourselves.
        warnings.showwarning = _unsaid
    with unfailing() as streams, _warnings():
        code = _exit_code([argument for argument in given if argument != DEBUG], DEBUG in given)
        if (lost := streams.lost()) is not None:
            say(f"Error: {lost}", err=True)
            # What a sweep did stands in the database; another command had nothing to do but to say it.
            command = next((word for word in given if not word.startswith("-")), None)
            code = code or (0 if command in TRAINING else 2)
    sys.exit(code)


@contextmanager
def _warnings() -> Iterator[None]:
    """Prints, while it lasts, what sweeper's own logger warns of, in a line each."""
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: say(record.getMessage(), err=True)  # type: ignore[method-assign]
    logger = logging.getLogger("sweeper")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _unsaid(*warning: object, **where: object) -> None:
    """Stands in for `warnings.showwarning`, and shows nothing."""


def _exit_code(arguments: list[str], debug: bool) -> int:
    try:
        return _command_code(arguments, debug)
    except KeyboardInterrupt as stop:
        return exit_code(stop)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - Rust's panics are no Exception
        met = error.__cause__ if isinstance(error, typer.Abort) and error.__cause__ else error
        return _explain(met, lastresort.one_line_of(met), debug)


@cache
def _whole() -> TyperGroup:
    """All commands with their options, made once, however many a process types."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101 - tells the type
    return group


def _command_code(arguments: list[str], debug: bool) -> int:
    try:
        # What a command returns is None; the code of a typer.Exit is returned as well.
        return _whole()(arguments or ["--help"], prog_name="sweeper", standalone_mode=False) or 0
    except typer.TyperException as error:
        return _explain(error, _in_our_words(error), debug)
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        return _explain(error, f"{error.strerror or error}{named}", debug)
    except (SweeperError, ModelError) as error:
        return _explain(error, str(error), debug)


def _in_our_words(error: typer.TyperException) -> str:
    """What was typed wrong; of a value that is no number, without the words of pydantic."""
    from pydantic import ValidationError

    from ..study.problem import as_yaml, first_problem

    if isinstance(error, typer.BadParameter) and isinstance(error.__cause__, ValidationError):
        problem = first_problem(error.__cause__, lambda path: ())
        typed = as_yaml(problem.value)
        error.message = problem.reason if typed in problem.reason else f"{typed}: {problem.reason}"
    return error.format_message()


def _explain(error: BaseException, message: str, debug: bool) -> int:
    if debug:
        say(scrubbed("".join(traceback.format_exception(error))), err=True)
    say(f"Error: {scrubbed(message)}", err=True)
    return 2
