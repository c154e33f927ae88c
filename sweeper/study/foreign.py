"""A study whose trials were not made by sweeper: to compare with or begin from, never ranked as own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import Field

from model.frozen import Frozen

from ..errors import InputError
from ..trial import RunState
from .space import Value

WORKLOAD = "imported"
"""What stands in the place of a workload in the name of such a study: whoever prints it says so."""

NOTICE = (
    "Imported: no trial here was made by sweeper. Data, splits, seeds and selection are those of whoever "
    "made them, and no number here is to be ranked with one of sweeper's own."
)
"""What is said wherever its trials are shown."""

MAXIMIZE: Literal["maximize"] = "maximize"

MINIMIZE: Literal["minimize"] = "minimize"


class ForeignOrigin(Frozen):
    """Where the trials of a study were made, if not by sweeper, and what they were for."""

    kind: str = Field(description="What wrote them: Optuna, CSV, MLflow, Weights & Biases.")
    place: str = Field(description="The database or file, without secrets.")
    study: str | None = Field(None, description="What they are called there: a study, an experiment.")
    objectives: tuple[str, ...] = Field(min_length=1, description="What was measured.")
    directions: tuple[Literal["maximize", "minimize"], ...] = Field(
        min_length=1, description="For each of them, whether more is better."
    )

    def words(self) -> str:
        """All of it in a few words, without the objectives."""
        called = "" if self.study is None else f" {self.study!r} of"
        return f"imported from {self.kind},{called} {self.place}"


@dataclass(frozen=True)
class ForeignTrial:
    """A trial that sweeper did not make.

    Attributes:
        number: Its place among those that were imported, from 0; in an Optuna study its number there.
        label: What it is called where it was made.
        state: How it ended, or that it had not.
        params: Its parameters by the names of settings, or by those that they have there.
        values: What was measured, by objective; of a complete trial all of them.
        started: When it began, UTC, where that is known.
        finished: When it ended, UTC, where that is known.
    """

    number: int
    label: str
    state: RunState
    params: Mapping[str, Value]
    values: Mapping[str, float] = field(default_factory=dict)
    started: datetime | None = None
    finished: datetime | None = None


@dataclass(frozen=True)
class ForeignStudy:
    """A study that sweeper did not make.

    Attributes:
        origin: Where it was made.
        trials: Its trials, by number.

    Raises:
        InputError: If the objectives and their directions do not go together, a complete trial lacks a value,
            or two trials have one number.
    """

    origin: ForeignOrigin
    trials: Sequence[ForeignTrial]

    def __post_init__(self) -> None:
        objectives, directions = self.origin.objectives, self.origin.directions
        if len(objectives) != len(directions) or len(set(objectives)) < len(objectives):
            raise InputError(f"objectives {', '.join(objectives)}: each once, and with its direction")
        for trial in self.trials:
            missing = [name for name in objectives if name not in trial.values]
            if trial.state is RunState.COMPLETE and missing:
                raise InputError(f"trial {trial.label}: is complete and has no {missing[0]}")
        if len({trial.number for trial in self.trials}) < len(self.trials):
            raise InputError("two trials have one number")

    @property
    def complete(self) -> list[ForeignTrial]:
        """The trials that are complete."""
        return [trial for trial in self.trials if trial.state is RunState.COMPLETE]

    def ranked(self) -> list[ForeignTrial]:
        """The complete trials, the best first, by the objectives in their order and by their directions."""
        signs = [-1 if direction == MAXIMIZE else 1 for direction in self.origin.directions]

        def place(trial: ForeignTrial) -> list[float]:
            return [
                sign * trial.values[name] for name, sign in zip(self.origin.objectives, signs, strict=True)
            ]

        return sorted(self.complete, key=place)
