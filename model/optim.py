"""The optimizer and the course of its learning rate."""

from collections.abc import Iterator

from torch import nn
from torch.optim import Optimizer

from .config import TrainConfig
from .config.optim import OPTIMIZERS, SCHEDULES
from .network.encoder import SentenceEncoder
from .network.layers import embeddings_of, layers_of


def build_optimizer(encoder: nn.Module, above: nn.Module, config: TrainConfig) -> Optimizer:
    """The configured optimizer over what learns; biases and normalisation weights are not decayed.

    AdamW decouples the weight decay (Loshchilov & Hutter 2019), Adam adds it to the gradient, SGD has
    momentum 0.9. Adam and AdamW correct the bias of their moments and run fused.

    Args:
        encoder: The shared network.
        above: What begins untrained above it: the heads of all tasks, and what else learns at their rate. It
            may hold parts of the encoder.
        config: Names the optimizer, its weight decay, the scale of the heads' learning rate and that of each
            layer's.

    Returns:
        An optimizer without a learning rate: `set_learning_rate` comes before every step.

    Raises:
        EncoderError: If the rate falls from layer to layer, and what its layers are is not known.
    """
    biases = {id(one) for part in (encoder, above) for one in _biases(part)}
    groups = [
        {
            "params": [
                p for p in part if p.requires_grad and (p.ndim >= 2 and id(p) not in biases) == decayed
            ],
            "scale": scale,
        }
        | {"weight_decay": config.weight_decay if decayed else 0.0}
        for part, scale in (
            *_rated(encoder, above, config.layer_decay),
            (list(above.parameters()), config.head_learning_rate_scale),
        )
        for decayed in (True, False)
    ]
    optimizer: Optimizer = OPTIMIZERS[config.optimizer](groups, config.learning_rate)
    return optimizer


def _biases(network: nn.Module) -> Iterator[nn.Parameter]:
    for name, parameter in network.named_parameters():
        if name.rpartition(".")[2] == "bias":
            yield parameter


def has_wide_biases(network: nn.Module) -> bool:
    """Whether biases of more than one axis learn, as a ConvBERT's: earlier versions decayed them."""
    return any(bias.requires_grad and bias.ndim >= 2 for bias in _biases(network))


def _rated(encoder: nn.Module, above: nn.Module, decay: float) -> list[tuple[list[nn.Parameter], float]]:
    """The encoder's parameters in parts, each with the share of the learning rate that it has.

    What all layers share, as embeddings of relative positions, has the whole rate. Without what stands above:
    the encoder's mixture of layers learns at the heads' rate.
    """
    placed = {id(parameter) for parameter in above.parameters()}
    if decay == 1:
        return [([p for p in encoder.parameters() if id(p) not in placed], 1.0)]
    assert isinstance(encoder, SentenceEncoder)  # noqa: S101 - tells the type
    setting = f"layer_decay {decay:g}"
    layers = layers_of(encoder.bert, setting)
    parts = [
        (list(part.parameters()), decay ** (len(layers) - number))
        for number, part in enumerate([nn.ModuleList(embeddings_of(encoder.bert, setting)), *layers])
    ]
    placed |= {id(parameter) for part, _ in parts for parameter in part}
    return [*parts, ([p for p in encoder.parameters() if id(p) not in placed], 1.0)]


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Sets the rate of the encoder, and of the heads at their scale."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]


def learning_rate(config: TrainConfig, step: int, total: int) -> float:
    """Learning rate of a step: a linear rise over the warm-up, then the schedule.

    Args:
        config: Peak rate, warm-up share and schedule.
        step: Number of the step, from 0.
        total: Steps of the whole trial.

    Returns:
        The rate; `linear` and `cosine` would reach 0 at step `total`.
    """
    rising = round(config.warmup * total)
    if step < rising:
        return config.learning_rate * (step + 1) / rising
    done = (step - rising) / max(1, total - rising)
    return config.learning_rate * SCHEDULES[config.schedule](done)
