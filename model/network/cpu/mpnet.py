"""MPNet's attention over packed batches: beside its scores stands a bias by the distance of two tokens."""

import math
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder, MPNetSelfAttention

from .packing import Packing


class Batch:
    """What the layers of a network share of the batch that goes through it.

    Attributes:
        packing: Where its tokens stand; None of a batch that is not packed.
    """

    packing: Packing | None = None


class PackedAttention(MPNetSelfAttention):
    """Attention within each sentence of a packed batch; MPNet's own where a batch is not packed."""

    batch: Batch

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        position_bias: Tensor | None = None,
        *others: Any,
        **named: Any,
    ) -> tuple[Tensor, ...]:
        """As of MPNet's; of a packed batch the bias is ``[1, heads, length, length]`` of its sentences."""
        packing = self.batch.packing
        if packing is None or position_bias is None:
            inputs = (hidden_states, attention_mask, position_bias, *others)
            own: tuple[Tensor, ...] = super().forward(*inputs, **named)  # type: ignore[no-untyped-call]
            return own
        size = self.attention_head_size
        query, key, value = (
            packing.by_head(layer(hidden_states).unflatten(-1, (-1, size)).transpose(1, 2))
            for layer in (self.q, self.k, self.v)
        )
        scores = (query / math.sqrt(size)) @ key.transpose(2, 3)
        weights = (scores + (position_bias + packing.hidden.to(query.dtype))).softmax(dim=-1)
        mixed = self.dropout(weights) @ value
        return (self.o(packing.from_heads(mixed).flatten(2)),)


class PackedEncoder(MPNetEncoder):
    """Computes the bias of distances for the sentences of a packed batch, not for all its tokens together."""

    batch: Batch

    def compute_position_bias(
        self, x: Tensor, position_ids: Tensor | None = None, num_buckets: int = 32
    ) -> Tensor:
        """As of MPNet's, ``[1, heads, length, length]`` where the batch is packed."""
        packing = self.batch.packing
        if packing is not None:
            x = torch.empty(1, packing.length, 0)
        bias: Tensor = super().compute_position_bias(  # type: ignore[no-untyped-call]
            x, position_ids, num_buckets
        )
        return bias


def take_packed(model: PreTrainedModel) -> Batch:
    """Lets an MPNet take packed batches; its weights and their names stay.

    Returns:
        Where it looks up the packing of the batch that goes through it.
    """
    batch = Batch()
    parts = {MPNetSelfAttention: PackedAttention, MPNetEncoder: PackedEncoder}
    for module in model.modules():
        if type(module) in parts:
            module.__class__ = parts[type(module)]
            module.batch = batch  # type: ignore[assignment]
    return batch
