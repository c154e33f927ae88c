"""What the user says of the columns of trials that were made elsewhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import InputError
from ...study.foreign import MAXIMIZE, MINIMIZE, ForeignOrigin
from ...trial import RunState

STATES = {
    RunState.COMPLETE: ("complete", "completed", "finished", "done", "ok"),
    RunState.PRUNED: ("pruned", "killed"),
    RunState.FAILED: ("failed", "fail", "crashed", "error", "preempted"),
    RunState.RUNNING: ("running", "preempting"),
    RunState.QUEUED: ("queued", "waiting", "scheduled", "pending"),
}
"""What the tools call the states of a trial, whatever the case of the letters."""


@dataclass(frozen=True)
class Declared:
    """Which columns are what.

    Attributes:
        maximize: Objectives of which more is better.
        minimize: Objectives of which less is better; they come after the others.
        parameters: Columns that hold parameters, each with the name that it gets: that of a setting, where it
            is one.
        state: The column that says how a trial ended; None for none: one that has all values is complete.
        label: The column that says what a trial is called; None: it is called by its row.

    Raises:
        InputError: If there is no objective or one is named twice, or two parameters have one name here.
    """

    maximize: Sequence[str] = ()
    minimize: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    state: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if not self.objectives:
            raise InputError("name at least one objective, with --maximize COLUMN or --minimize COLUMN")
        twice = next((name for name, count in Counter(self.objectives).items() if count > 1), None)
        if twice is not None:
            raise InputError(f"objective {twice!r} is named twice")
        check_called(list(self.parameters.values()))

    @property
    def objectives(self) -> tuple[str, ...]:
        """All objectives."""
        return (*self.maximize, *self.minimize)

    def origin(self, kind: str, place: str, study: str | None = None) -> ForeignOrigin:
        """Where the trials were made.

        Args:
            kind: What wrote them.
            place: The database or file.
            study: What they are called there.
        """
        directions = [MAXIMIZE] * len(self.maximize) + [MINIMIZE] * len(self.minimize)
        return ForeignOrigin(
            kind=kind, place=place, study=study, objectives=self.objectives, directions=tuple(directions)
        )


def check_called(names: Sequence[str]) -> None:
    """Looks whether all parameters have a name of their own.

    Args:
        names: What each of them is called here.

    Raises:
        InputError: If two have one.
    """
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"two parameters cannot both be called {twice!r}")


def read_state(text: str) -> RunState | None:
    """The state that a word names; None if it names none."""
    word = text.strip().lower()
    return next((state for state, words in STATES.items() if word in words), None)
