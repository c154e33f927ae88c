"""The settings of averaged weights. Imports no torch."""

from typing import Literal

from pydantic import Field

from ..frozen import Frozen


class AverageConfig(Frozen):
    """Weights averaged over the steps, and scored in the place of the network's (model/averaging.py)."""

    name: Literal["none", "ema", "swa"] = Field(
        "none",
        description="Which weights are scored and kept: none: those that training has come to. ema: an "
        "exponential moving average over the steps. swa: the mean over the steps from `start` on (Izmailov "
        "et al. 2018).",
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
