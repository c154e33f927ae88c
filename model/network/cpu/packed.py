"""Encoders whose padding can be left out, by what `transformers` calls their kind."""

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor
from transformers import PreTrainedModel

from .packing import ATTENTION, Packing

_FROM_0 = ("bert", "electra", "distilbert", "albert")
_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "mpnet")
"""Kinds whose positions begin behind the number of the padding token."""

KINDS = frozenset({*_FROM_0, *_AFTER_PADDING})


class PackedModel:
    """Sends batches through an encoder without their padding.

    Args:
        model: The encoder, of one of `KINDS`. It is changed; its weights and their names stay.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._first = 0 if model.config.model_type in _FROM_0 else int(model.config.pad_token_id) + 1
        self._batch = None
        if model.config.model_type == "mpnet":
            from .mpnet import take_packed  # the class is imported where it is used alone

            self._batch = take_packed(model)
        else:
            model.set_attn_implementation(ATTENTION)

    def states(
        self,
        inputs: Mapping[str, Tensor],
        attention_mask: Tensor,
        mix: Callable[[Sequence[Tensor]], Tensor] | None = None,
    ) -> Tensor:
        """Token vectors, ``[sentences, length, size]``, 0 at padding.

        Args:
            inputs: Token ids, or their embeddings.
            attention_mask: 1 for tokens and 0 for padding, ``[sentences, length]``.
            mix: Makes one of the hidden states of the embeddings and all layers, each ``[1, tokens, size]``;
                None: those of the last layer are given.
        """
        packing = Packing(attention_mask)
        packed = {name: packing.pack(values) for name, values in inputs.items()}
        positions = packing.positions + self._first
        wanted = {} if mix is None else {"output_hidden_states": True}
        if self._batch is not None:
            self._batch.packing = packing
            output = self._model(**packed, position_ids=positions, **wanted)
        else:
            # Any other attention ignores the packing, and would let the sentences of a batch see each other.
            chosen = self._model.config._attn_implementation
            assert chosen == ATTENTION, f"attention {chosen!r} does not know packed batches"  # noqa: S101
            output = self._model(**packed, position_ids=positions, packing=packing, **wanted)
        return packing.spread(output.last_hidden_state if mix is None else mix(output.hidden_states))

    def leave(self) -> None:
        """The next batch goes through it with its padding."""
        if self._batch is not None:
            self._batch.packing = None
