"""The layers of an encoder, from the embeddings up."""

from collections.abc import Iterable

import torch
from torch import nn
from transformers import PreTrainedModel

from ..errors import EncoderError

_DRAWN = (nn.Linear, nn.Embedding, nn.LayerNorm)

_WIDENING = ("embeddings_project", "encoder.embedding_hidden_mapping_in")
"""What makes embeddings as wide as the layers, where it stands beside the module `embeddings`."""

_RELATIVE = ("encoder.relative_attention_bias", "encoder.rel_embeddings")
"""Embeddings of how far two tokens are apart: MPNet's, DeBERTa's."""


def layers_of(model: PreTrainedModel, setting: str) -> list[nn.Module]:
    """The layers of an encoder, the lowest first.

    Args:
        model: The encoder.
        setting: What asks for them, for the message.

    Raises:
        EncoderError: If it has no layers of its own each, as an ALBERT, which shares them; or if those of a
            decoder stand behind them, as a BART's.
    """
    if getattr(model.config, "is_encoder_decoder", False):
        raise EncoderError(
            f"{setting}: a {model.config.model_type} has a decoder behind its encoder, and it is the "
            "decoder's output that is embedded: name an encoder"
        )
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


def embeddings_of(model: PreTrainedModel, setting: str) -> list[nn.Module]:
    """What stands below the first layer of an encoder; arguments and errors as in `layers_of`.

    That is its module `embeddings`, and what makes these as wide as the layers: ELECTRA's authors give both
    one learning rate (`_get_layer_lrs` of google-research/electra).
    """
    found = getattr(model, "embeddings", None)
    if not isinstance(found, nn.Module):
        raise EncoderError(
            f"{setting}: in a {model.config.model_type} it is not known what that is: it has no module "
            "`embeddings`"
        )
    return [found, *widening_of(model)]


def widening_of(model: PreTrainedModel) -> list[nn.Module]:
    """What makes embeddings as wide as the layers outside the module `embeddings`; none of most encoders."""
    return _parts(model, _WIDENING)


def relative_positions_of(model: PreTrainedModel) -> list[nn.Module]:
    """Embeddings of relative positions, which all layers of an encoder share; none of most encoders."""
    found = _parts(model, _RELATIVE)
    # DeBERTa has a norm on them; in others a norm of that name stands behind the last layer.
    return found and found + _parts(model, ("encoder.LayerNorm",))


def _parts(model: PreTrainedModel, names: Iterable[str]) -> list[nn.Module]:
    known = dict(model.named_modules())
    return [known[name] for name in names if name in known]


def reinitialize(model: PreTrainedModel, number: int) -> bool:
    """Draws the weights of the top layers anew, and those of the layer on [CLS] where there is one.

    As the encoder was drawn before its pretraining: normal with the standard deviation of its configuration,
    biases 0, norms 1 (Zhang et al., Revisiting Few-sample BERT Fine-tuning, ICLR 2021); and whatever its kind
    draws in a way of its own, as `transformers` draws it: ModernBERT's, Gemma's norms that begin at 0.

    Args:
        model: The encoder.
        number: How many layers.

    Returns:
        Whether anything was drawn in a way of its kind, as earlier versions did not.

    Raises:
        EncoderError: If it has not so many, or how weights of theirs were drawn is not known.
    """
    setting = f"encoder.reinitialize {number}"
    layers = layers_of(model, setting)
    if number > len(layers):
        raise EncoderError(f"{setting}: it has {len(layers)} layers")
    pooler = getattr(model, "pooler", None)
    tops = [*layers[-number:], *([] if pooler is None else [pooler])]
    for top in tops:
        for module in top.modules():
            kind = type(module).__name__
            known = {"weight", "bias"} if "Norm" in kind else set()
            if not isinstance(module, _DRAWN) and module._parameters.keys() - known:
                raise EncoderError(f"{setting}: how the weights of its {kind} are drawn is not known")
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=model.config.initializer_range)
            elif isinstance(module, nn.LayerNorm):
                nn.init.ones_(module.weight)
            if isinstance(module, nn.Linear | nn.LayerNorm) and module.bias is not None:
                nn.init.zeros_(module.bias)
    drawn = [_draw_as_its_kind(model, top) for top in tops]
    return any(drawn)


@torch.no_grad()
def _draw_as_its_kind(model: PreTrainedModel, top: nn.Module) -> bool:
    """Draws what is no layer of torch's as the encoder's own kind does; whether that changed anything."""
    parameters = [*top.parameters()]
    before = [parameter.clone() for parameter in parameters]
    for parameter in parameters:
        # By this mark `transformers` leaves alone what was loaded.
        vars(parameter).pop("_is_hf_initialized", None)
    for module in reversed([*top.modules()]):  # what holds others comes after them
        if isinstance(module, _DRAWN):
            continue
        for name, parameter in module.named_parameters(recurse=False):
            # A norm's: all others were refused. Its kind may say otherwise in the next line.
            parameter.fill_(0.0 if name == "bias" else 1.0)
        model._init_weights(module)  # type: ignore[no-untyped-call]
    return any(not torch.equal(one, other) for one, other in zip(before, parameters, strict=True))
