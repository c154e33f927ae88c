"""The losses that a task can declare, and what the settings know of them. Imports no torch."""

from dataclasses import dataclass

from .registry import Deferred, Registry


@dataclass(frozen=True)
class Loss:
    """A kind of loss.

    Attributes:
        description: What it is, for the JSON Schema.
        similarity: The mean loss of outputs ``[rows]`` for targets on 0-1, ``[rows]``.
        classes: The mean loss of logits ``[rows, classes]`` for class numbers ``[rows]``; None if it is for
            a range only.
        logits: Whether the outputs of a similarity are logits, and their sigmoid is the prediction on 0-1;
            else they are that prediction.
        of_range: What it is for a similarity, where that has another name.
    """

    description: str
    similarity: Deferred
    classes: Deferred | None = None
    logits: bool = False
    of_range: str | None = None


LOSSES = Registry(
    "loss",
    {
        "ce": Loss(
            "cross-entropy",
            similarity=Deferred("torch.nn.functional:binary_cross_entropy_with_logits"),
            classes=Deferred("torch.nn.functional:cross_entropy"),
            logits=True,
            of_range="binary cross-entropy with logits",
        ),
        "mse": Loss(
            "mean squared error (range only)",
            similarity=Deferred("torch.nn.functional:mse_loss"),
            of_range="mean squared error",
        ),
    },
)
