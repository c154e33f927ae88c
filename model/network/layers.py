"""The layers of an encoder, from the embeddings up."""

from torch import nn
from transformers import PreTrainedModel

from ..errors import EncoderError

_DRAWN = (nn.Linear, nn.Embedding, nn.LayerNorm)


def layers_of(model: PreTrainedModel, setting: str) -> list[nn.Module]:
    """The layers of an encoder, the lowest first.

    Args:
        model: The encoder.
        setting: What asks for them, for the message.

    Raises:
        EncoderError: If it has no layers of its own each, as an ALBERT, which shares them.
    """
    stacks = (part for part in model.modules() if isinstance(part, nn.ModuleList))
    number = getattr(model.config, "num_hidden_layers", None)
    found = next((part for part in stacks if len(part) == number), None)
    # An ALBERT of two layers may have one group of two, which it goes through twice.
    shared = getattr(model.config, "num_hidden_groups", number) != number
    if found is None or shared or len({*map(id, found)}) < len(found):
        raise EncoderError(
            f"{setting}: in a {model.config.model_type} it is not known what that is: it has no ModuleList "
            "of `config.num_hidden_layers` layers of their own"
        )
    return list(found)


def embeddings_of(model: PreTrainedModel, setting: str) -> nn.Module:
    """What stands below the first layer of an encoder; arguments and errors as in `layers_of`."""
    found = getattr(model, "embeddings", None)
    if not isinstance(found, nn.Module):
        raise EncoderError(
            f"{setting}: in a {model.config.model_type} it is not known what that is: it has no module "
            "`embeddings`"
        )
    return found


def reinitialize(model: PreTrainedModel, number: int) -> None:
    """Draws the weights of the top layers anew, and those of the layer on [CLS] where there is one.

    As the encoder was drawn before its pretraining: normal with the standard deviation of its configuration,
    biases 0, norms 1 (Zhang et al., Revisiting Few-sample BERT Fine-tuning, ICLR 2021).

    Args:
        model: The encoder.
        number: How many layers.

    Raises:
        EncoderError: If it has not so many, or how weights of theirs were drawn is not known.
    """
    setting = f"encoder.reinitialize {number}"
    layers = layers_of(model, setting)
    if number > len(layers):
        raise EncoderError(f"{setting}: it has {len(layers)} layers")
    pooler = getattr(model, "pooler", None)
    for top in (*layers[-number:], *([] if pooler is None else [pooler])):
        for module in top.modules():
            kind = type(module).__name__
            if not isinstance(module, _DRAWN) and "Norm" not in kind and module._parameters:
                raise EncoderError(f"{setting}: how the weights of its {kind} are drawn is not known")
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=model.config.initializer_range)
            elif isinstance(module, nn.LayerNorm):
                nn.init.ones_(module.weight)
            if isinstance(module, nn.Linear | nn.LayerNorm) and module.bias is not None:
                nn.init.zeros_(module.bias)
