"""The view of a sweep that fits where it is shown."""

from rich.console import Console

from .notebook import NotebookProgress, in_cell
from .tally import Tally
from .terminal import LiveProgress, PlainProgress


def view_of(console: Console, tally: Tally) -> PlainProgress | LiveProgress | NotebookProgress:
    """The view that fits the console; it reads the tally, which is to hear everything before it."""
    if console.is_jupyter and not console.quiet:
        return NotebookProgress(tally, in_cell())
    return LiveProgress(console, tally) if console.is_terminal else PlainProgress(console, tally)
