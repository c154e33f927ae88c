"""The settings of distillation. Imports no torch."""

from typing import Self

from pydantic import Field, model_validator

from ..frozen import Frozen
from ..rule import reads


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
