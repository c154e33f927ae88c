"""The settings of distillation. Imports no torch."""

from collections.abc import Collection, Mapping
from typing import Self

from pydantic import Field, model_validator

from ..frozen import Frozen
from ..losses import LOSSES
from ..rule import reads
from ..tasks import Task


class DistillationConfig(Frozen):
    """Learning from a teacher's predictions for the training rows, beside labels (model/distillation.py)."""

    teacher: dict[str, str] = Field(
        {},
        description="For each task that has a teacher the file of its predictions for the training rows, "
        "relative to the data folder, as `sweeper predict --hash` writes it.",
    )
    weight: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share w of the teacher in the loss of a row that it predicted: (1 - w) times that of "
        "the label, plus w times how far the network is from the teacher (Hinton et al. 2015).",
    )
    temperature: float = Field(
        2.0,
        gt=0,
        le=100,
        description="Of classes: T by which the logits of both are divided before they are compared; the "
        "divergence counts T squared times.",
    )

    @model_validator(mode="after")
    @reads("weight", "temperature")
    def _of_a_teacher(self) -> Self:
        fields = type(self).model_fields
        for name in ("weight", "temperature"):
            if getattr(self, name) != fields[name].default and not self.teacher:
                raise ValueError(f"{name} {getattr(self, name):g} is of a teacher; `teacher` names none")
        return self

    def misfit(self, tasks: Mapping[str, Task]) -> str | None:
        """Why these tasks cannot have the teachers that are named; None if they can."""
        for name in self.teacher:
            if name not in tasks:
                return f"distillation.teacher names {name!r}; the tasks are {list(tasks)}"
            if LOSSES[tasks[name].loss].ranks:
                loss = tasks[name].loss
                said = f"teaches row by row; loss {loss} compares the rows of a batch"
                return f"distillation.teacher.{name} {said}"
        return None

    def only(self, trained: Collection[str]) -> Self:
        """The same with the teachers of these tasks alone."""
        left = {name: file for name, file in self.teacher.items() if name in trained}
        return self.model_copy(update={"teacher": left})
