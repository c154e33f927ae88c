"""The heads that a task can declare, and what the settings know of them. Imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .registry import Deferred, Registry

if TYPE_CHECKING:  # the command line needs the table alone, at once
    from pydantic import BaseModel

Concatenation = Literal["uv", "uv_absdiff", "uv_absdiff_product"]
"""What a head sees of a pair: u and v, and |u - v|, and u * v."""


@dataclass(frozen=True)
class Head:
    """A kind of head.

    Attributes:
        description: What it computes, for the JSON Schema.
        network: Makes its module from the task, the width of an embedding and the dropout; the module takes
            one embedding ``[rows, size]`` for each sequence of a row and gives raw outputs
            ``[rows, outputs]``.
        pairs_only: Whether it compares two sentences.
        range_only: Whether it gives a similarity.
        layers: Hidden layers where the task names no number; None where it has none.
        concatenation: What it sees of a pair where the task does not say; None where that is not for the
            task to say.
        nonnegative: Whether an output below 0 that is no logit counts as 0 in a prediction.
        tokens: Whether it sees the tokens too: `network` is then given the characters of each entry of the
            vocabulary, as ``pieces`` (none of special tokens), and its module, as ``tokens``, one array of
            token ids ``[rows, length]`` for each sequence of a row, with padding.
        options: Its own settings, the task's ``head_options``, which `network` is given by name; None where
            it has none.
    """

    description: str
    network: Callable[..., Any]
    pairs_only: bool = False
    range_only: bool = False
    layers: int | None = None
    concatenation: Concatenation | None = None
    nonnegative: bool = False
    tokens: bool = False
    options: "type[BaseModel] | None" = None


_FEATURES = Deferred("model.network.heads:FeatureHead")
_COSINE = Deferred("model.network.heads:cosine_head")

HEADS = Registry(
    "head",
    {
        "linear": Head("one layer on the embedding, or on (u, v)", _FEATURES),
        "mlp": Head("two hidden layers with dropout and ReLU", _FEATURES, layers=2),
        "sbert": Head("W(u, v, |u-v|)", _FEATURES, pairs_only=True, layers=0, concatenation="uv_absdiff"),
        "cosine": Head(
            "cosine similarity of u and v", _COSINE, pairs_only=True, range_only=True, nonnegative=True
        ),
    },
)

ACTIVATIONS = Registry(
    "activation",
    {"relu": Deferred("torch.nn:ReLU"), "gelu": Deferred("torch.nn:GELU"), "tanh": Deferred("torch.nn:Tanh")},
)


def heads_with(trait: Callable[[Head], bool]) -> str:
    """The heads that have a trait: ``head sbert``, or ``heads mlp and sbert``."""
    names = [name for name, head in HEADS.items() if trait(head)]
    return f"head{'s' if len(names) > 1 else ''} {' and '.join(names)}"
