"""The part of the network that belongs to one task: embeddings in, predictions out."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .tasks import Task


class LinearHead(nn.Module):
    """One linear layer on the embedding, or on (u, v): the paper's baseline."""

    def __init__(self, columns: int, size: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(columns * size, outputs)

    def forward(self, *embeddings: Tensor) -> Tensor:
        """Raw outputs ``[rows, outputs]``."""
        result: Tensor = self.output(self.dropout(torch.cat(embeddings, dim=-1)))
        return result


class MlpHead(nn.Module):
    """Two hidden fully connected layers with dropout and ReLU: the paper's SST head."""

    def __init__(self, columns: int, size: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(columns * size, size),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(size, size),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(size, outputs),
        )

    def forward(self, *embeddings: Tensor) -> Tensor:
        """Raw outputs ``[rows, outputs]``."""
        result: Tensor = self.layers(torch.cat(embeddings, dim=-1))
        return result


class SbertHead(nn.Module):
    """W(u, v, |u − v|): the classification objective of Sentence-BERT (Reimers & Gurevych 2019)."""

    def __init__(self, size: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(3 * size, outputs)

    def forward(self, *embeddings: Tensor) -> Tensor:
        """Raw outputs ``[rows, outputs]``."""
        u, v = embeddings
        result: Tensor = self.output(self.dropout(torch.cat((u, v, (u - v).abs()), dim=-1)))
        return result


class CosineHead(nn.Module):
    """The cosine of u and v, for cross-entropy times a learned positive scale.

    Args:
        scaled: Whether the output is a logit, scale · cosine (cross-entropy), or the cosine itself (MSE).
    """

    def __init__(self, scaled: bool) -> None:
        super().__init__()
        # exp keeps the scale positive; exp(log 5) is the range of the paper's similarity.
        self.log_scale = nn.Parameter(torch.tensor(5.0).log()) if scaled else None

    def forward(self, *embeddings: Tensor) -> Tensor:
        """Cosines, or logits, ``[rows, 1]``."""
        u, v = embeddings
        cosine = functional.cosine_similarity(u, v, dim=-1).unsqueeze(-1)
        return cosine if self.log_scale is None else cosine * self.log_scale.exp()


def build_head(task: Task, size: int, dropout: float) -> nn.Module:
    """The head that a task declares.

    Args:
        task: The task.
        size: Width of a sentence embedding.
        dropout: Dropout before every linear layer.
    """
    columns = len(task.text)
    match task.head:
        case "linear":
            return LinearHead(columns, size, task.outputs, dropout)
        case "mlp":
            return MlpHead(columns, size, task.outputs, dropout)
        case "sbert":
            return SbertHead(size, task.outputs, dropout)
        case "cosine":
            return CosineHead(scaled=task.loss == "ce")
