"""The settings of averaged weights. Imports no torch."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ..frozen import Frozen
from ..rule import reads


class AverageConfig(Frozen):
    """Weights averaged over the steps, and scored in the place of the network's (model/averaging.py)."""

    name: Literal["none", "ema", "swa"] = Field(
        "none",
        description="Which weights are scored and kept: none: those that training has come to. ema: an "
        "exponential moving average over the steps. swa: the mean over the steps from `start` on (Izmailov "
        "et al. 2018; as published with `schedule: constant`).",
    )
    decay: float = Field(
        0.999,
        gt=0,
        lt=1,
        description="ema: what of the average is kept at a step; (1 + n) / (10 + n) at step n while that is "
        "less, so that the first weights are soon forgotten.",
    )
    start: float = Field(
        0.75, ge=0, lt=1, description="swa: share of all steps after which the mean begins; before, as none."
    )

    @model_validator(mode="after")
    @reads("name", "decay", "start")
    def _of_its_kind(self) -> Self:
        fields = type(self).model_fields
        for option, name in (("decay", "ema"), ("start", "swa")):
            value = getattr(self, option)
            if value != fields[option].default and self.name != name:
                raise ValueError(f"{option} {value:g} is for name {name}; it is {self.name}")
        return self
