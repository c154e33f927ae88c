"""The part of the network that belongs to one task: embeddings in, predictions out."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..heads import ACTIVATIONS, HEADS, Concatenation
from ..losses import LOSSES
from ..tasks import Task


def features(concatenation: Concatenation, embeddings: tuple[Tensor, ...]) -> Tensor:
    """What a head sees of a row: one embedding, or u and v and what is computed from them.

    Args:
        concatenation: ``uv``, ``uv_absdiff`` (u, v, |u − v|; Reimers & Gurevych 2019) or
            ``uv_absdiff_product`` (u, v, |u − v|, u * v; Cer et al. 2018).
        embeddings: One embedding ``[rows, size]`` for each sequence of a row.
    """
    if len(embeddings) == 1:
        return embeddings[0]
    u, v = embeddings
    parts = [u, v]
    if concatenation != "uv":
        parts.append((u - v).abs())
    if concatenation == "uv_absdiff_product":
        parts.append(u * v)
    return torch.cat(parts, dim=-1)


class FeatureHead(nn.Module):
    """Fully connected layers on the features of a row, each behind dropout.

    Args:
        task: Gives the concatenation, the number of hidden layers and their activation.
        size: Width of a sentence embedding, and of the hidden layers.
        dropout: Dropout before every linear layer.
    """

    def __init__(self, task: Task, size: int, dropout: float) -> None:
        super().__init__()
        self.concatenation = task.head_concatenation
        columns = {"uv": 2, "uv_absdiff": 3, "uv_absdiff_product": 4}[self.concatenation]
        width = size * (columns if task.columns == 2 else 1)
        layers: list[nn.Module] = []
        for _ in range(task.hidden_layers):
            layers += [nn.Dropout(dropout), nn.Linear(width, size), ACTIVATIONS[task.activation]()]
            width = size
        self.layers = nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(width, task.outputs))

    def forward(self, *embeddings: Tensor) -> Tensor:
        """Raw outputs ``[rows, outputs]``."""
        outputs: Tensor = self.layers(features(self.concatenation, embeddings))
        return outputs


class CosineHead(nn.Module):
    """The cosine of u and v, for cross-entropy times a learned positive scale.

    The logarithm of the scale learns at the rate of the heads, and Adam moves it by about that rate a step:
    over a few hundred steps of 1e-4 the scale stays within a few percent of 5. Raise the heads' rate where it
    is to move.

    Args:
        scaled: Whether the output is a logit, scale · cosine (cross-entropy), or the cosine itself (MSE).
    """

    def __init__(self, scaled: bool) -> None:
        super().__init__()
        # exp keeps the scale positive; it begins at 5, the range of the paper's similarity.
        self.log_scale = nn.Parameter(torch.tensor(5.0).log()) if scaled else None

    def forward(self, *embeddings: Tensor) -> Tensor:
        """Cosines, or logits, ``[rows, 1]``."""
        u, v = embeddings
        cosine = functional.cosine_similarity(u, v, dim=-1).unsqueeze(-1)
        return cosine if self.log_scale is None else cosine * self.log_scale.exp()


def cosine_head(task: Task, size: int, dropout: float) -> CosineHead:
    """The cosine head of a task; it has no layers, so no size and no dropout."""
    return CosineHead(scaled=LOSSES[task.loss].logits)


def build_head(task: Task, size: int, dropout: float, pieces: Sequence[str] = ()) -> nn.Module:
    """The head that a task declares.

    Args:
        task: The task.
        size: Width of a sentence embedding.
        dropout: Dropout before every linear layer.
        pieces: Characters of each entry of the vocabulary, for a head that sees the tokens.
    """
    declared = HEADS[task.head]
    tokens = {"pieces": pieces} if declared.tokens else {}
    head: nn.Module = declared.network(task, size, dropout, **tokens, **task.options("head"))
    return head
