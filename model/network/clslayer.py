"""The layer that some encoders have on the vector of [CLS], and what is behind it."""

from torch import nn
from transformers import PreTrainedModel

from ..errors import EncoderError

_BESIDE = ("pooler_activation", "activation")
"""What ALBERT and BigBird call what stands behind their `pooler`, which is a linear layer alone."""


def activation_of(model: PreTrainedModel) -> nn.Module:
    """What stands behind an encoder's `pooler` that is a linear layer alone.

    Raises:
        EncoderError: If it is not known.
    """
    for name in _BESIDE:
        found = getattr(model, name, None)
        if isinstance(found, nn.Module):
            return found
    raise EncoderError(
        f"encoder.pooling cls: in a {model.config.model_type} it is not known what stands behind its layer "
        "on [CLS]: set another pooling"
    )


def tanh_layer_of(model: PreTrainedModel) -> nn.Linear | None:
    """An encoder's linear layer on [CLS] that has tanh behind it; None where it has no layer there.

    Raises:
        EncoderError: If it has another one.
    """
    pooler = getattr(model, "pooler", None)
    if pooler is None:
        return None
    alone = isinstance(pooler, nn.Linear)
    layer = pooler if alone else getattr(pooler, "dense", None)
    activation = activation_of(model) if alone else getattr(pooler, "activation", None)
    if not isinstance(layer, nn.Linear) or not isinstance(activation, nn.Tanh):
        raise EncoderError(
            f"encoder.pooling cls: {type(pooler).__name__} is not known to be BERT's layer with tanh, and "
            "sentence-transformers has no module for another"
        )
    return layer
