"""The samplers that a study may name, and what a study file must know of each. Imports no Optuna."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from model.frozen import Frozen
from model.registry import OneOf, Registry

from .problem import FieldError


@dataclass(frozen=True)
class Sampler:
    """What sets a sampler apart.

    Attributes:
        draws: The function that draws a configuration, or ``module:function``, which is imported only when a
            study is searched, as it takes Optuna. It is given a `sweeper.search.draw.Request` and returns a
            value for each key of the space; those that do not apply are left out of it.
        learns: Whether it follows the results of earlier configurations.
        cells: Whether it goes through the cells of the space, each once, and draws nothing.
        objectives: How many objectives it can be given: one alone, several alone, or any number.
        ranges_only: Whether it searches no choices.
        priors: Whether it begins at the `prior` of a range, and near it.
        sequence: Whether it goes through one sequence, so that a draw that is of no use leads to the values
            that the configuration after it would have.
    """

    draws: "str | Callable[..., dict[str, Any]]" = ""
    learns: bool = True
    cells: bool = False
    objectives: Literal["one", "several", "any"] = "one"
    ranges_only: bool = False
    priors: bool = True
    sequence: bool = False


_IN = "sweeper.search.samplers"

SAMPLERS: Registry[Sampler] = Registry(
    "sampler",
    {
        "tpe": Sampler(f"{_IN}.tpe:draw", objectives="any"),
        "random": Sampler(f"{_IN}.uniform:draw", learns=False, objectives="any"),
        "grid": Sampler(cells=True, learns=False, priors=False),
        "qmc": Sampler(f"{_IN}.sobol:draw", learns=False, objectives="any", priors=False, sequence=True),
        "cma-es": Sampler(f"{_IN}.cma_es:draw", ranges_only=True),
        "gp": Sampler(f"{_IN}.gaussian:draw"),
        "nsga2": Sampler(f"{_IN}.nsga2:draw", objectives="several"),
    },
)


class SamplerSpec(Frozen):
    """How new trials are proposed."""

    name: Annotated[str, OneOf(SAMPLERS)] = Field(
        "tpe",
        description="Learning from finished trials: tpe; gp (Gaussian process); cma-es (ranges only); nsga2 "
        "(several objectives). Blindly: random; qmc (evenly spread); grid (every combination once).",
    )
    seed: int = Field(11711, ge=0, lt=2**32, description="Seed of the proposals, not of the training.")
    startup: int = Field(
        5,
        ge=2,
        description="Configurations of an arm drawn blindly before its results count; nsga2's generation.",
    )
    peers: Literal["arm", "study"] = Field(
        "arm",
        description="Whose results a configuration follows, where the sampler learns: those of its arm, so "
        "that every arm is searched by itself, or those of all of the study, which then get the same ones.",
    )

    @model_validator(mode="after")
    def _learns_together(self) -> Self:
        if self.peers == "study" and not self.method.learns:
            reason = f"goes with samplers that learn: {self.name} gives all arms the same anyway"
            raise FieldError(("peers",), reason, self.peers)
        return self

    @property
    def method(self) -> Sampler:
        """The sampler of that name."""
        return SAMPLERS[self.name]
