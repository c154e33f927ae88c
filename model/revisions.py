"""What of a trial is computed otherwise than by earlier versions, and so at which settings it is."""

from collections.abc import Mapping

from .config import TrainConfig
from .data.tokenizer import SentenceTokenizer
from .data.tokens import TaskData
from .network.layers import relative_positions_of, widening_of
from .network.multitask import MultitaskEncoder
from .network.sources import drops_otherwise
from .optim import has_wide_biases


def revised(
    config: TrainConfig, model: MultitaskEncoder, train: Mapping[str, TaskData], tokenizer: SentenceTokenizer
) -> tuple[str, ...]:
    """The parts of a trial's arithmetic that are in their second revision, by name; none of most trials.

    - ``pair_layer``: in bf16 what the layer of the pairs gives is compared in fp32.
    - ``embeddings``: what widens embeddings is frozen with them and has their rate; embeddings of relative
      positions are frozen too.
    - ``drawn``: norms of all kinds begin anew, and weights that a kind draws in a way of its own.
    - ``edges``: words at the ends of a sentence can be masked and left out, where no special token stands
      there.
    - ``biases``: those of more than one axis are not decayed.
    - ``dropout``: all of an encoder's, whatever its kind calls it.

    Args:
        config: The trial, of the tasks alone that it trains, and with the precision that it computes in.
        model: Its network.
        train: Its training rows.
        tokenizer: The encoder's.
    """
    found = {
        "pair_layer": config.pair_layer is not None and config.precision == "bf16",
        "embeddings": _has_other_embeddings(config, model),
        "drawn": model.encoder.redrawn,
        "edges": _has_other_edges(config, train, tokenizer),
        "biases": config.weight_decay > 0 and has_wide_biases(model),
        "dropout": _has_other_dropout(config, model),
    }
    return tuple(name for name, so in found.items() if so)


def _has_other_embeddings(config: TrainConfig, model: MultitaskEncoder) -> bool:
    bert, freeze = model.encoder.bert, config.encoder.freeze
    if freeze is not None:
        return freeze != "all" and bool(widening_of(bert) or relative_positions_of(bert))
    learning = any(one.requires_grad for part in widening_of(bert) for one in part.parameters())
    return config.layer_decay < 1 and learning


def _has_other_dropout(config: TrainConfig, model: MultitaskEncoder) -> bool:
    published = config.encoder.source == "hub" and config.encoder.dropout is not None
    return published and drops_otherwise(model.encoder.bert.config)


def _has_other_edges(
    config: TrainConfig, train: Mapping[str, TaskData], tokenizer: SentenceTokenizer
) -> bool:
    if not config.mask_words and not config.word_dropout:
        return False
    ends = {tokenizer.edges if part.pairs is None else part.pairs.form.ends for part in train.values()}
    return ends != {(1, 1)}
