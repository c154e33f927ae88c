"""Small encoders of each kind, and a batch for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel

from model.network.encoder import SentenceEncoder

VOCABULARY, LENGTH, PAD = 300, 12, 1
SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
    "pad_token_id": PAD,
}
OTHERS = {
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48},
    "electra": {"embedding_size": 16},
    "albert": {"embedding_size": 16, "num_hidden_groups": 1},
}


def written(kind: str, folder: Path) -> Path:
    """A small encoder of a kind, with random weights."""
    torch.manual_seed(3)
    named = {"hidden_size"} if kind == "distilbert" else set()
    given = {name: value for name, value in SMALL.items() if name not in named} | OTHERS.get(kind, {})
    model = AutoModel.from_config(AutoConfig.for_model(kind, **given))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)  # biases too, and clear differences by distance
    model.save_pretrained(folder)
    return folder


def batch() -> tuple[Tensor, Tensor]:
    """Token ids and mask of nine sentences of several lengths."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(3, LENGTH + 1, (9,), generator=generator)
    mask = (torch.arange(LENGTH) < lengths[:, None]).long()
    ids = torch.randint(2, VOCABULARY, mask.shape, generator=generator)
    return ids.masked_fill(mask == 0, PAD), mask


def assert_checkpointing_changes_no_gradient(make: Callable[[], SentenceEncoder]) -> None:
    """Trains an encoder on a batch with and without activation checkpointing.

    Args:
        make: Makes it, always with the same weights and without dropout.
    """
    found = []
    for checkpointing in (False, True):
        made = make().train()
        if checkpointing:
            made.bert.activation_checkpointing_enable()
        made(*batch()).square().sum().backward()
        found.append({name: p.grad for name, p in made.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys() != set()
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], msg=name)
