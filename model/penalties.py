"""Penalties that a task can add to its loss, and what the settings know of them. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .registry import Registry

if TYPE_CHECKING:  # the command line needs the table alone, at once
    from pydantic import BaseModel
    from torch import Tensor


class Pass(NamedTuple):
    """What a pass of a batch through the network gave.

    Attributes:
        outputs: Of the task's head, ``[rows, outputs]``.
        embeddings: What the head saw, all first sentences of pairs before all second ones,
            ``[columns · rows, size]``.
    """

    outputs: "Tensor"
    embeddings: "Tensor"


@dataclass(frozen=True)
class Penalty:
    """A kind of penalty.

    Attributes:
        description: What it is, for the JSON Schema.
        value: Gives it, a scalar, from the task and a tuple of passes, both in fp32 or what is finer.
        passes: How often a batch goes through the network, each time with dropout of its own; the loss of
            the labels is the mean of theirs.
        options: Its own settings, the task's ``penalty_options``, which `value` is given by name; None where
            it has none.
        ranks: Whether it compares the rows of a batch with one another, so that no part of a batch gives it.
    """

    description: str
    value: Callable[..., Any]
    passes: int = 1
    options: "type[BaseModel] | None" = None
    ranks: bool = False


PENALTIES: Registry[Penalty] = Registry("penalty")
"""Those of own code; ours, R-Drop and SMART, are settings of the whole trial."""


def _misfit(penalty: object) -> str | None:
    if not isinstance(penalty, Penalty):
        return "must be a Penalty"
    return None if penalty.passes > 0 else f"has passes {penalty.passes}; there must be one at least"


PENALTIES.check = _misfit
