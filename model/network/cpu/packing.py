"""Padding leaves the linear layers: real tokens go through them in one row, and are spread for attention."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from .dropout import dropout as sparing_dropout

ATTENTION = "packed"
"""Name of `packed_attention` in a model's configuration."""


class Packing:
    """Where the real tokens of a batch stand.

    Args:
        attention_mask: 1 for tokens and 0 for padding, ``[sentences, length]``; on the CPU, as the number of
            tokens is read from it.

    Attributes:
        length: Tokens of the longest sentence.
        positions: Place of each token in its sentence, ``[1, tokens]``.
        hidden: 0 for tokens and -inf for padding, as attention adds it, ``[sentences, 1, 1, length]``.
    """

    def __init__(self, attention_mask: Tensor) -> None:
        self._shape, self.length = attention_mask.shape, attention_mask.shape[1]
        self._index = attention_mask.flatten().nonzero().squeeze(1)
        self._whole = len(self._index) == attention_mask.numel()
        self._of_heads: dict[int, Tensor] = {}
        self.positions = (self._index % attention_mask.shape[1]).unsqueeze(0)
        self.hidden = torch.zeros(attention_mask.shape).masked_fill_(attention_mask == 0, -torch.inf)[
            :, None, None, :
        ]

    def pack(self, values: Tensor) -> Tensor:
        """Leaves out what belongs to padding: ``[sentences, length, …]`` to ``[1, tokens, …]``."""
        if self._whole:
            return values.reshape(1, -1, *values.shape[2:])
        packed: Tensor = _Pack.apply(  # type: ignore[no-untyped-call]
            values.reshape(self._shape.numel(), -1), self._index
        )
        return packed.view(1, -1, *values.shape[2:])

    def spread(self, values: Tensor) -> Tensor:
        """Puts zeros in the place of padding: ``[1, tokens, …]`` to ``[sentences, length, …]``."""
        if self._whole:
            return values.reshape(*self._shape, *values.shape[2:])
        spread: Tensor = _Spread.apply(  # type: ignore[no-untyped-call]
            values.reshape(len(self._index), -1), self._index, self._shape.numel()
        )
        return spread.view(*self._shape, *values.shape[2:])

    def by_head(self, values: Tensor) -> Tensor:
        """Spreads each head: ``[1, heads, tokens, size]`` to ``[sentences, heads, length, size]``.

        The products of attention want a head's rows together; they are put there at once.
        """
        heads, size = values.shape[1], values.shape[3]
        values = values.transpose(1, 2)
        if self._whole:
            return values.reshape(*self._shape, heads, size).transpose(1, 2)
        index = self._rows(heads)
        spread: Tensor = _Spread.apply(  # type: ignore[no-untyped-call]
            values.reshape(len(index), size), index, self._shape.numel() * heads
        )
        return spread.view(self._shape[0], heads, self.length, size)

    def from_heads(self, values: Tensor) -> Tensor:
        """Leaves out padding: ``[sentences, heads, length, size]`` to ``[1, tokens, heads, size]``."""
        heads, size = values.shape[1], values.shape[3]
        if self._whole:
            return values.transpose(1, 2).reshape(1, -1, heads, size)
        packed: Tensor = _Pack.apply(  # type: ignore[no-untyped-call]
            values.reshape(-1, size), self._rows(heads)
        )
        return packed.view(1, -1, heads, size)

    def _rows(self, heads: int) -> Tensor:
        """Where each head of each token stands among all rows of `by_head`, ``[tokens * heads]``."""
        if heads not in self._of_heads:
            places = self.positions.squeeze(0)
            first = (self._index - places) * heads + places
            self._of_heads[heads] = (first[:, None] + torch.arange(heads) * self.length).flatten()
        return self._of_heads[heads]


# Autograd's own backward of index_select adds row by row, as rows may repeat; here none does.
class _Pack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, values: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.rows = len(values)  # type: ignore[attr-defined]
        return values.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,), (index,) = gradients, ctx.saved_tensors
        return _scattered(gradient, index, ctx.rows), None


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, values: Tensor, index: Tensor, rows: int) -> Tensor:
        ctx.save_for_backward(index)
        return _scattered(values, index, rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,), (index,) = gradients, ctx.saved_tensors
        return gradient.index_select(0, index), None, None


def _scattered(values: Tensor, index: Tensor, rows: int) -> Tensor:
    return values.new_zeros(rows, values.shape[1]).index_copy_(0, index, values)


def packed_attention(  # noqa: PLR0917 - as transformers calls it
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    packing: Packing | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention within each sentence of a packed batch, as transformers calls it.

    Args:
        module: The layer.
        query: ``[1, heads, tokens, size]``, like `key` and `value`.
        key: Keys.
        value: Values.
        attention_mask: Of a batch that is not packed.
        dropout: Probability of dropping a weight.
        scaling: Factor of the scores; None: one over the root of the size.
        packing: Of the batch; None: it is not packed.
        others: What transformers passes on besides.

    Returns:
        ``[1, tokens, heads, size]``, and no weights.
    """
    if packing is None:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
    query, key, value = (packing.by_head(part) for part in (query, key, value))
    # Measured: torch's fused attention takes longer over sentences than the products and the softmax do.
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    # In bf16 the products alone: what is hidden is added, and the softmax taken, in single precision.
    hidden = packing.hidden.to(torch.promote_types(query.dtype, torch.float32))
    scores = (query * scale) @ key.transpose(2, 3) + hidden
    weights = scores.softmax(dim=-1).to(value.dtype)
    mixed = (sparing_dropout(weights, dropout) if dropout else weights) @ value
    return packing.from_heads(mixed), None


AttentionInterface.register(ATTENTION, packed_attention)


AttentionMaskInterface.register(ATTENTION, sdpa_mask)
