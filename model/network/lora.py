"""Low-rank adapters beside an encoder's weights, by `peft`.

Source: Hu et al. 2022, LoRA: Low-Rank Adaptation of Large Language Models (arXiv 2106.09685); on all linear
layers of a layer, as Dettmers et al. 2023 (arXiv 2305.14314) found it necessary.
"""

from torch import nn
from transformers import PreTrainedModel

from ..config.lora import LoraConfig
from ..errors import EncoderError
from ..extras import check_peft
from .layers import layers_of


def adapt(model: PreTrainedModel, config: LoraConfig) -> None:
    """Puts an adapter beside each linear layer of an encoder's layers; these alone learn from then on.

    An adapted layer computes W x + b + (alpha / rank) · B A x. A is drawn from torch's generator, B begins at
    0: the encoder computes at first what it did.

    Args:
        model: The encoder.
        config: Rank, alpha and dropout.

    Raises:
        EncoderError: If `peft` is not installed, or the encoder has no layers of its own each, as an ALBERT,
            or none that are linear, as a GPT-2.
    """
    check_peft(config.rank)
    import peft  # takes a third of a second, and most trials have no adapters

    inside = {
        id(part) for layer in layers_of(model, f"encoder.lora.rank {config.rank}") for part in layer.modules()
    }
    names = [
        name for name, part in model.named_modules() if isinstance(part, nn.Linear) and id(part) in inside
    ]
    if not names:
        raise EncoderError(
            f"encoder.lora.rank {config.rank}: the layers of a {model.config.model_type} have no linear layer"
        )
    settings = peft.LoraConfig(
        r=config.rank,
        lora_alpha=config.rank if config.alpha is None else config.alpha,
        lora_dropout=config.dropout,
        target_modules=names,
    )
    peft.inject_adapter_in_model(settings, model)


def merge(model: PreTrainedModel) -> None:
    """Adds each adapter to the weights beside it, and takes it out: an ordinary encoder is left.

    Args:
        model: What `adapt` changed.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = [(name, part) for name, part in model.named_modules() if isinstance(part, BaseTunerLayer)]
    for name, part in adapted:
        part.merge()
        model.set_submodule(name, part.get_base_layer())
    del model.peft_config
