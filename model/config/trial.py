"""What the settings of a trial are to sweeps and reports where another trainer than ours trains it."""

import hashlib
from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import to_json

from ..frozen import Frozen
from ..overall import Overall
from ..rule import reads
from ..tasks import Task
from .canonical import canonical


class TrialConfig(Frozen):
    """Base of the settings of own trainers: a subclass adds its own fields.

    Of a task such a trainer heeds what it likes; rows, labels and metric are read as they are for ours.
    """

    trainer: str = Field("", description="In records alone: the trainer, as the study file names it.")
    tasks: dict[str, Task] = Field(min_length=1, description="The tasks, by short name, in report order.")
    overall: Overall = Overall()
    epochs: int = Field(1, ge=1, description="Evaluations of a trial.")
    train_sample: int = Field(
        500, ge=1, description="Training rows of each task, always the same, that are scored at every epoch."
    )
    score_test: bool = Field(
        False, description="Score the tasks' test rows too, at each best epoch; set by `sweeper confirm`."
    )
    threads: int | None = Field(
        None, ge=1, description="CPU threads of a trial; null: `resources.cpus`, else its share of the cores."
    )
    seed: int = Field(11711, ge=0, lt=2**32, description="Seed of all that is random.")

    @model_validator(mode="after")
    @reads("overall.formula", "tasks.*.metric")
    def _overall_of_tasks(self) -> Self:
        if misfit := self.overall.misfit(self.tasks):
            raise ValueError(misfit)
        return self

    @property
    def trained(self) -> dict[str, Task]:
        """The tasks that are trained and scored: all."""
        return self.tasks

    @property
    def objective(self) -> str:
        """The score that judges the trial."""
        return "overall"

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal configurations, equal fingerprint, with their code or not."""
        own: dict[str, Any] = self.model_dump(mode="json", exclude={*TrialConfig.model_fields})
        # As of ours: what later versions add to these, and leave at its default, is not told.
        shared = TrialConfig.model_construct(
            **{name: getattr(self, name) for name in TrialConfig.model_fields}
        )
        told = canonical(shared) | dict(sorted(own.items()))
        return hashlib.sha256(to_json(told, inf_nan_mode="null")).hexdigest()


class RecordedConfig(TrialConfig):
    """A configuration as a record has it, whose trainer need not be loaded."""

    model_config = ConfigDict(extra="allow")
