"""What a study takes over from earlier ones: the configurations that did best there are its first."""

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from model.frozen import Frozen

from .fields import distinct
from .problem import FieldError
from .settings import field_path
from .space import Space, Value

Params = dict[str, Value]


class WarmStart(Frozen):
    """Earlier studies whose best configurations are tried before any other."""

    studies: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(distinct)] = Field(
        min_length=1,
        description="Studies of the same database, each STUDY or STUDY@WORKLOAD; imported ones too.",
    )
    top: int = Field(3, ge=1, description="How many of their configurations: the best of each in turn.")
    configurations: tuple[Params, ...] | None = Field(
        None, description="In records alone: what was found when the study began."
    )


def taken_over(
    ranked: Sequence[Sequence[Mapping[str, Any]]], space: Mapping[str, Space], top: int
) -> list[Params]:
    """The first configurations of a study, from those of earlier ones.

    Of each the values are kept that the study's own space has; the others are drawn.

    Args:
        ranked: Values of the configurations of each earlier study, by the keys of its own space, the best
            first.
        space: The study's space.
        top: How many.

    Returns:
        The best of each study, then the second of each, and so on; each once.
    """
    found: list[Params] = []
    for params in chain.from_iterable(zip_longest(*ranked, fillvalue={})):
        fitting = _fitting(params, space)
        if fitting and fitting not in found:
            found.append(fitting)
    return found[:top]


def _fitting(params: Mapping[str, Any], space: Mapping[str, Space]) -> Params:
    values = {field_path(key): value for key, value in params.items()}
    fitting: Params = {}
    for key, entry in space.items():
        try:
            fitting[key] = entry.read(values[field_path(key)])
        except (KeyError, FieldError):
            continue
    return fitting
