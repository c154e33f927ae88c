"""Shows a sweep in a notebook while it runs: a bar and a table in one cell's output, redrawn in place."""

import time
from collections.abc import Callable
from html import escape
from typing import Any

from model.result import EpochResult
from model.steps import StepReport

from ..text import one_line
from ..trial import Outcome, TrialSpec
from .observer import Observer
from .pace import pace_line
from .tally import Tally
from .terminal import cells_of, headings_of

NOTES = 5
"""Failures and remarks that stand beneath the table; of more the latest."""


class NotebookProgress(Observer):
    """A bar of the trials that are done, a line for each under way, and what was noted.

    Args:
        tally: Has heard everything before.
        shown: Puts HTML into the output of the cell in place of what it was given before.
    """

    def __init__(self, tally: Tally, shown: Callable[[str], None]) -> None:
        self._tally = tally
        self._shown = shown
        self._tasks: list[str] = []
        self._notes: list[str] = []

    def __enter__(self) -> "NotebookProgress":
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Adds its line."""
        self._tasks = list(trial.config.tasks)
        self._draw()

    def progressed(self, number: int, report: StepReport) -> None:
        """Shows how far its epoch is."""
        self._draw()

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Shows the epoch in its line."""
        self._draw()

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Takes its line away; a failure leaves a note."""
        if message:
            self.noted(f"trial {number} failed ({outcome.error_class}): {message}")
        self._draw()

    def withdrawn(self, number: int) -> None:
        """Takes its line away."""
        self._draw()

    def noted(self, text: str) -> None:
        """Leaves a note."""
        self._notes.append(one_line(text))
        self._draw()

    def _draw(self) -> None:
        tally, now = self._tally, time.monotonic()
        head = "".join(f"<th>{escape(one.text)}</th>" for one in headings_of(self._tasks))
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells_of(each, self._tasks, now))}</tr>"
            for each in dict(tally.under_way).values()
        )
        paces = filter(None, map(pace_line, dict(tally.under_way).values()))
        lines = [*paces, tally.summary(), *tally.details(), *self._notes[-NOTES:]]
        self._shown(
            f'<progress value="{tally.finished}" max="{max(tally.wanted, 1)}"></progress>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<p>{'<br>'.join(escape(one_line(line)) for line in lines)}</p>"
        )


def in_cell() -> Callable[[str], None]:
    """Puts HTML into the output of the cell that runs, in place of what it was given before."""
    from IPython import display

    handle: Any = display.display(display.HTML(""), display_id=True)  # type: ignore[no-untyped-call]
    return lambda text: handle.update(display.HTML(text))  # type: ignore[no-untyped-call]
