"""The losses that a task can declare, and what the settings know of them. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .registry import Deferred, Registry

if TYPE_CHECKING:  # the command line needs the table alone, at once
    from pydantic import BaseModel


@dataclass(frozen=True)
class Loss:
    """A kind of loss.

    Attributes:
        description: What it is, for the JSON Schema.
        similarity: The mean loss of outputs ``[rows]`` for targets on 0-1, ``[rows]``; None if it is for
            classes only.
        classes: The mean loss of logits ``[rows, classes]`` for class numbers ``[rows]``; None if it is for
            a range only.
        settings: Settings of the task that `classes` takes by name.
        logits: Whether the outputs of a similarity are logits, and their sigmoid is the prediction on 0-1;
            else they are that prediction.
        ranks: Whether it compares the rows of a batch with one another; the outputs of a similarity are then
            cosines of which the order alone is learned, and -1 to 1 is put on the range.
        squared: Whether it is a squared error: half of it is a normal distribution's negative log likelihood.
        of_range: What it is for a similarity, where that has another name.
        options: Its own settings, the task's ``loss_options``, which `similarity` and `classes` are given by
            name; None where it has none.
    """

    description: str
    similarity: Callable[..., Any] | None = None
    classes: Callable[..., Any] | None = None
    settings: tuple[str, ...] = ()
    logits: bool = False
    ranks: bool = False
    squared: bool = False
    of_range: str | None = None
    options: "type[BaseModel] | None" = None


LOSSES = Registry(
    "loss",
    {
        "ce": Loss(
            "cross-entropy",
            similarity=Deferred("torch.nn.functional:binary_cross_entropy_with_logits"),
            classes=Deferred("torch.nn.functional:cross_entropy"),
            settings=("label_smoothing",),
            logits=True,
            of_range="binary cross-entropy with logits",
        ),
        "mse": Loss(
            "mean squared error (range only)",
            similarity=Deferred("torch.nn.functional:mse_loss"),
            squared=True,
            of_range="mean squared error",
        ),
        "ordinal": Loss(
            "cross-entropy against soft labels that fall off with the distance from the class (classes only)",
            classes=Deferred("model.objectives.ordinal:ordinal"),
            settings=("sharpness",),
        ),
        "cosent": Loss(
            "CoSENT, of the order of a batch's cosines (range and head cosine only)",
            similarity=Deferred("model.objectives.cosent:cosent"),
            ranks=True,
            of_range="CoSENT, of the order of a batch's cosines",
        ),
    },
)
