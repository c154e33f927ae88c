"""Which view a sweep has: by where its console is shown."""

import io

import pytest
from rich.console import Console

from sweeper.observers.notebook import NotebookProgress
from sweeper.observers.tally import Tally
from sweeper.observers.terminal import LiveProgress, PlainProgress
from sweeper.observers.view import view_of


@pytest.mark.parametrize(
    ("terminal", "notebook", "quiet", "kind"),
    [
        (True, False, False, LiveProgress),
        (False, False, False, PlainProgress),
        (False, True, False, NotebookProgress),
        (False, True, True, PlainProgress),
    ],
)
def test_the_console_decides(terminal: bool, notebook: bool, quiet: bool, kind: type) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, force_jupyter=notebook, quiet=quiet)
    assert type(view_of(console, Tally(8, ("Baseline",)))) is kind
