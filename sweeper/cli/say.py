"""What the command line says: no text from a study or a database commands a terminal."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import typer

from ..text import shown


def say(text: str, err: bool = False) -> None:
    """Prints a line or several.

    Args:
        text: What to say; control characters in it are spelt.
        err: Whether on standard error.
    """
    typer.echo(shown(text), err=err)


def say_json(content: Any) -> None:
    """Prints JSON, in which all but ASCII is written by its number."""
    typer.echo(json.dumps(content, indent=1, allow_nan=False))


def saying(quiet: bool, err: bool = False) -> Callable[[str], None]:
    """A function that prints what nobody asked for, and that prints nothing with `--quiet`.

    Args:
        quiet: Whether `--quiet` was typed.
        err: Whether it prints on standard error.
    """
    return (lambda text: None) if quiet else partial(say, err=err)
