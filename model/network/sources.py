"""Where an encoder comes from: made from scratch, or loaded with its weights."""

import logging
from collections.abc import Collection

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModel, BertConfig, BertModel, PretrainedConfig, PreTrainedModel

from ..config import EncoderConfig
from ..errors import EncoderError
from ..pretrained import not_loaded, verified_minilm_folder

_log = logging.getLogger(__name__)


def tiny(config: EncoderConfig, vocabulary_size: int, pad_id: int) -> BertModel:
    """A small BERT that is trained from scratch.

    Args:
        config: Its size, dropout and longest sentence.
        vocabulary_size: Entries of the tokenizer.
        pad_id: Id of the padding token.
    """
    dropout = 0.1 if config.dropout is None else config.dropout
    return BertModel(
        BertConfig(
            vocab_size=vocabulary_size,
            hidden_size=config.hidden_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.attention_heads,
            intermediate_size=4 * config.hidden_size,
            max_position_embeddings=config.max_length,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            pad_token_id=pad_id,
        )
    )


_LATER = ("hidden_dropout", "embed_dropout", "resid_dropout", "embd_pdrop", "resid_pdrop", "attn_pdrop")
"""What versions up to 1.0.0 did not know, and left as it was published."""

_DROPOUTS = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"),
    *("embedding_dropout", "mlp_dropout", *_LATER),
)
"""What the kinds of encoders call their dropout."""


def pretrained(config: EncoderConfig, vocabulary_size: int, pad_id: int) -> PreTrainedModel:
    """An encoder with the weights that it was published with; its tokenizer is the one it was trained with.

    Args:
        config: Which one, its dropout and longest sentence.
        vocabulary_size: Not used, as what follows: both are of the weights.
        pad_id: Not used.

    Raises:
        EncoderError: If weights are missing, or are not the expected ones, or are of shorter sentences, or
            take code that comes with them, which is never run.
    """
    source = str(verified_minilm_folder()) if config.source == "minilm" else config.location
    try:
        settings = AutoConfig.from_pretrained(source, trust_remote_code=False)
        if config.dropout is not None:
            _drop(settings, config.dropout)
        model: PreTrainedModel
        model, found = AutoModel.from_pretrained(
            source,
            config=settings,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, ImportError, KeyError, TypeError, SafetensorError) as error:
        raise not_loaded("model", source, error) from error
    except RuntimeError as error:
        if "mismatched" not in str(error):  # such as memory that ran out
            raise
        raise EncoderError(
            f"encoder.name: the weights of {source!r} are of other sizes than its config.json says"
        ) from error
    _tell_untrained(config, source, found["missing_keys"])
    _check_reads_alone(model, source)
    positions = _positions(model)
    if positions is not None and config.max_length > positions:
        raise EncoderError(
            f"encoder.max_length {config.max_length} is beyond the {positions} positions of {source!r}"
        )
    return model


def _tell_untrained(config: EncoderConfig, source: str, missing: Collection[str]) -> None:
    """Warns of weights that begin at random, as they are not in the files of an encoder.

    Most are published without the layer on [CLS], which then is learned with the rest: nothing is said of it
    where it learns.
    """
    lacking = sorted(name for name in missing if not name.startswith("pooler."))
    if lacking:
        _log.warning(
            "encoder.name: %d weights are not in the files of %r and begin at random, such as %s",
            len(lacking),
            source,
            lacking[0],
        )
    stays = f"lora.rank {config.lora.rank}" if config.lora.rank else "freeze all"
    learns = not config.lora.rank and config.freeze != "all"
    if len(lacking) < len(missing) and config.pooling == "cls" and not learns:
        _log.warning(
            "encoder.name: the layer on [CLS] is not in the files of %r, and with encoder.%s it stays as it "
            "is drawn at random, though every embedding goes through it: set encoder.pooling: mean",
            source,
            stays,
        )


def _drop(settings: PretrainedConfig, dropout: float) -> None:
    """Sets all dropout of an encoder, whatever its kind calls it.

    Raises:
        EncoderError: If it has none that is known.
    """
    known = [name for name in _DROPOUTS if hasattr(settings, name)]
    if not known:
        raise EncoderError(
            f"encoder.dropout {dropout:g}: in a {settings.model_type} it is not known what that is: leave it "
            "null"
        )
    for name in known:
        setattr(settings, name, dropout)


def drops_otherwise(settings: object) -> bool:
    """Whether versions up to 1.0.0 left some dropout of an encoder as it was, with `encoder.dropout` too."""
    return any(hasattr(settings, name) for name in _LATER)


def _check_reads_alone(model: PreTrainedModel, source: str) -> None:
    """Refuses a network with a decoder that asks for a text of its own, as a T5."""
    if not model.config.is_encoder_decoder:
        return
    try:
        with torch.no_grad():
            model(input_ids=torch.tensor([[0, 1]]))
    except ValueError as error:
        raise EncoderError(
            f"encoder.name: {source!r} is a {model.config.model_type}, whose decoder asks for a text of its "
            "own: name an encoder"
        ) from error


def _positions(model: PreTrainedModel) -> int | None:
    """Tokens of the longest sequence that an encoder has positions for; None where it says no limit."""
    declared = getattr(model.config, "max_position_embeddings", -1)
    if declared is None or declared < 0:  # XLNet says -1
        return None
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    # RoBERTa and its kin count positions from behind the number of the padding token.
    return int(declared) if padding is None else int(declared) - padding - 1
