"""The shared network: token ids in, one embedding a sentence out."""

from typing import Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.utils import logging as transformers_logging

from ..config import EncoderConfig
from ..encoders import ENCODERS
from ..errors import EncoderError
from ..plugins.ownencoder import identity_of
from .clslayer import activation_of
from .cpu.dropout import replace_dropout
from .cpu.linear import replace_linear
from .cpu.packed import KINDS, PackedModel
from .layermix import LayerMix
from .layers import embeddings_of, layers_of, reinitialize, relative_positions_of
from .lora import adapt
from .ownnetwork import check_network, check_noise, states_of

transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]


transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class SentenceEncoder(nn.Module):
    """A BERT-like encoder and its pooling.

    Args:
        config: The encoder's settings.
        vocabulary_size: Entries of the tokenizer; the tiny encoder's embedding table has this many rows.
        pad_id: Id of the padding token.

    Attributes:
        bert: The encoder, whatever its kind: checkpoints hold its weights under this name.
        pooling: How token vectors become an embedding.
        embedding_size: Width of an embedding.
        mix: The learned mixture of all layers; None where the last one counts alone.
        identity: What tells one that is own code from others of the same weights; None of ours.
        redrawn: Whether weights were drawn anew as earlier versions did not (`reinitialize`).

    Raises:
        EncoderError: If pretrained weights are missing, or are not the expected ones; if it has not what a
            setting is about; or if the package of its adapters is not installed.
    """

    def __init__(self, config: EncoderConfig, vocabulary_size: int, pad_id: int) -> None:
        super().__init__()
        self.pooling = config.pooling
        self.bert = _made(config, vocabulary_size, pad_id)
        self.identity = identity_of(config)
        self._own = None if _is_of_transformers(self.bert) else config.source
        if self.pooling != "cls" and getattr(self.bert, "pooler", None) is not None:
            # Its weights would never receive a gradient, and would still be decayed, copied and saved.
            setattr(self.bert, "pooler", None)  # noqa: B010 - not every model declares a pooler
        self.redrawn = bool(config.reinitialize) and reinitialize(self.bert, config.reinitialize)
        self.embedding_size = int(self.bert.config.hidden_size)
        self._learns = config.freeze != "all"
        _freeze(self.bert, config.freeze)
        if config.lora.rank:
            adapt(self.bert, config.lora)
        self.mix = _layer_mix(self.bert) if config.layer_pooling == "weighted" else None
        replace_dropout(self.bert)
        replace_linear(self.bert)
        self._has_types = getattr(self.bert.config, "type_vocab_size", 0) > 1
        self._packed = PackedModel(self.bert) if _is_packable(self.bert) else None

    def train(self, mode: bool = True) -> Self:
        """Begins or ends training; what is frozen as a whole stays as in evaluation."""
        return super().train(mode and self._learns)

    @property
    def word_embedding_size(self) -> int:
        """Width of a word embedding, which a factorised encoder makes narrower than its hidden states."""
        table = self.bert.get_input_embeddings().weight
        assert isinstance(table, Tensor)  # noqa: S101 - tells the type
        return table.shape[1]

    def revision(self, device: torch.device) -> int:
        """Revision of the arithmetic: 2 where padding is left out, and earlier versions computed it."""
        packed = self._packed is not None and device.type == "cpu"
        return 2 if packed and self.bert.config.model_type != "bert" else 1

    def padded_kind(self, device: torch.device) -> str | None:
        """The encoder's `model_type`, where its padding is computed though other kinds leave theirs out.

        That is on a CPU, of an encoder of `transformers` that is none of `KINDS`; None elsewhere.
        """
        known = self._packed is None and _is_of_transformers(self.bert)
        return str(self.bert.config.model_type) if known and device.type == "cpu" else None

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        noise: Tensor | None = None,
        *,
        token_types: Tensor | None = None,
    ) -> Tensor:
        """Embeds sentences, or pairs of them in one sequence.

        Args:
            input_ids: Token ids, ``[sentences, length]``.
            attention_mask: 1 for tokens and 0 for padding, same shape.
            noise: Added to the word embeddings, ``[sentences, length, word_embedding_size]``.
            token_types: Of pairs in one sequence, same shape as `input_ids`; left out of encoders that have
                none. None: all are 0.

        Returns:
            Embeddings, ``[sentences, embedding_size]``. `cls` is BERT's pooled [CLS] (a dense layer and
            tanh) where the model has a pooler and the plain [CLS] vector elsewhere; `mean` and `max` leave
            out padding. Token vectors are those of the last layer, or of all in the learned mixture.

        Raises:
            EncoderError: If they are to be mixed, and are not as many as its layers say.
        """
        inputs = self._inputs(input_ids, noise, token_types)
        # Measured on CPUs: there the linear layers cost as much for padding as for tokens.
        if self._packed is not None and input_ids.device.type == "cpu":
            states = self._packed.states(inputs, attention_mask, self.mix)
            pooled = self._behind_cls(states)
        else:
            if self._packed is not None:
                self._packed.leave()
            if self.mix is None:
                output = self.bert(**inputs, attention_mask=attention_mask)
                if self._own is None:
                    states = output.last_hidden_state
                else:
                    states = states_of(output, attention_mask, self.embedding_size, self._own)
                pooled = getattr(output, "pooler_output", None)
            else:
                output = self.bert(**inputs, attention_mask=attention_mask, output_hidden_states=True)
                states = self.mix(output.hidden_states)
                pooled = self._behind_cls(states)
        # What autocast left in bf16 is pooled and handed on in single precision.
        states = states.to(torch.promote_types(states.dtype, torch.float32))
        if self.pooling == "cls":
            return states[:, 0] if pooled is None else pooled.to(states.dtype)
        mask = attention_mask.unsqueeze(-1)
        if self.pooling == "mean":
            return (states * mask).sum(dim=1) / mask.sum(dim=1)
        return states.masked_fill(mask == 0, torch.finfo(states.dtype).min).amax(dim=1)

    def _inputs(
        self, input_ids: Tensor, noise: Tensor | None, token_types: Tensor | None
    ) -> dict[str, Tensor]:
        """What the encoder is called with, beside the mask; shapes as in `forward`."""
        inputs = {"input_ids": input_ids}
        if noise is not None:
            if self._own is not None:
                check_noise(self.bert, self._own)
            inputs = {"inputs_embeds": self.bert.get_input_embeddings()(input_ids) + noise}
        if token_types is not None and self._has_types:
            inputs["token_type_ids"] = token_types
        return inputs

    def _behind_cls(self, states: Tensor) -> Tensor | None:
        """What the layer on [CLS] gives, ``[sentences, size]``; None where there is none.

        Raises:
            EncoderError: As in `activation_of`.
        """
        pooler = getattr(self.bert, "pooler", None)
        if not isinstance(pooler, nn.Linear):
            return None if pooler is None else pooler(states)
        activated: Tensor = activation_of(self.bert)(pooler(states[:, 0]))
        return activated


def _made(config: EncoderConfig, vocabulary_size: int, pad_id: int) -> PreTrainedModel:
    """The encoder that the settings name, checked to be one: own code may give anything."""
    options = config.options()
    return check_network(
        ENCODERS[config.source].network(config, vocabulary_size, pad_id, **options), config.source
    )


def _layer_mix(model: PreTrainedModel) -> LayerMix:
    layers = getattr(model.config, "num_hidden_layers", None)
    if not isinstance(layers, int):
        raise EncoderError(
            f"encoder.layer_pooling weighted: a {model.config.model_type} says no num_hidden_layers"
        )
    return LayerMix(layers)


def _is_packable(model: PreTrainedModel) -> bool:
    return model.config.model_type in KINDS and _is_of_transformers(model)


def _is_of_transformers(model: PreTrainedModel) -> bool:
    """Whether its arithmetic is known: own code may have derived its own from one of theirs."""
    return type(model).__module__.startswith("transformers.")


def _freeze(model: PreTrainedModel, what: str | int | None) -> None:
    """Lets parts of an encoder learn no more.

    Embeddings of relative positions are embeddings, and the lowest layers would not stay as they are without
    them.

    Raises:
        EncoderError: If it has no such parts, or what they are is not known.
    """
    if what is None:
        return
    parts: list[nn.Module] = [model]
    if what != "all":
        setting = f"encoder.freeze {what}"
        layers = layers_of(model, setting) if isinstance(what, int) else []
        if isinstance(what, int) and what >= len(layers):
            raise EncoderError(f"{setting}: it has {len(layers)} layers; write all to freeze it")
        frozen = layers[:what] if isinstance(what, int) else []
        parts = [*embeddings_of(model, setting), *relative_positions_of(model), *frozen]
    for part in parts:
        part.requires_grad_(requires_grad=False)
