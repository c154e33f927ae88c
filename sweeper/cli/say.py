"""What the command line says: no text from a study or a database commands a terminal."""

import typer

from ..text import shown


def say(text: str, err: bool = False) -> None:
    """Prints a line or several.

    Args:
        text: What to say; control characters in it are spelt.
        err: Whether on standard error.
    """
    typer.echo(shown(text), err=err)
