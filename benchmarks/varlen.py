"""Encoders without padding on CUDA, as torch's attention over sentences of any length would let them be.

The product leaves padding out on CPUs alone. This is what it would gain on a CUDA device: real tokens in
one row through every layer, attention included, which drops no weights there. On a CPU, where torch has no
such attention, each sentence attends by itself, to the same numbers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import sdpa_mask

from model.network import encoder
from model.network.encoder import SentenceEncoder

NAME = "varlen"
"""Of `attention` in a model's configuration."""


class Batch(NamedTuple):
    """Where the sentences of a row stand.

    Attributes:
        edges: Where each begins, and where the last one ends, ``[sentences + 1]``.
        longest: Tokens of the longest.
    """

    edges: Tensor
    longest: int


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    batch: Batch,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention within each sentence of a row, as transformers calls it; see `model.network.cpu.packing`."""
    parts = [part[0].transpose(0, 1) for part in (query, key, value)]
    if query.device.type == "cuda":
        edges, longest = batch
        mixed = varlen_attn(*parts, edges, edges, longest, longest, scale=scaling)
        assert isinstance(mixed, Tensor)
        return mixed.unsqueeze(0), None
    lengths = batch.edges.diff().tolist()
    sentences = zip(*(part.transpose(0, 1).split(lengths, dim=1) for part in parts), strict=True)
    each = [scaled_dot_product_attention(*sentence, scale=scaling) for sentence in sentences]
    return torch.cat(each, dim=1).transpose(0, 1).unsqueeze(0), None


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, sdpa_mask)


@contextmanager
def padded() -> Iterator[None]:
    """Inside, encoders that are made compute padding on every device."""
    with patch.object(encoder, "KINDS", frozenset()):
        yield


@contextmanager
def packed() -> Iterator[None]:
    """Inside, encoders that are made compute none, on any device; their pooling is the mean."""
    with padded(), patch.object(SentenceEncoder, "forward", _embedded):
        yield


def _embedded(
    self: SentenceEncoder,
    input_ids: Tensor,
    attention_mask: Tensor,
    noise: None = None,
    *,
    token_types: None = None,
) -> Tensor:
    assert (self.pooling, noise, token_types) == ("mean", None, None)
    if self.bert.config._attn_implementation != NAME:
        self.bert.set_attn_implementation(NAME)
    index, lengths = attention_mask.flatten().nonzero().squeeze(1), attention_mask.sum(dim=1)
    edges = nn.functional.pad(lengths.cumsum(0), (1, 0)).to(torch.int32)
    states = self.bert(
        input_ids=input_ids.flatten()[index].unsqueeze(0),
        position_ids=(index % input_ids.shape[1]).unsqueeze(0),
        batch=Batch(edges, input_ids.shape[1]),
    ).last_hidden_state[0]
    summed = states.new_zeros(len(lengths), states.shape[1]).index_add(0, index // input_ids.shape[1], states)
    return summed / lengths.unsqueeze(1)
