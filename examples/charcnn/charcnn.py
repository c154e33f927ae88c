"""A head that reads characters beside the embedding, focal loss, and a metric that forgives a near miss."""

import numpy as np
import torch
from pydantic import BaseModel, Field
from torch import nn
from torch.nn import functional

from model.heads import HEADS, Head
from model.losses import LOSSES, Loss
from model.metrics import METRICS
from model.metrics.own import OwnMetric


class Options(BaseModel):
    channels: int = Field(32, ge=1, description="Filters, and the size of what they give for a text.")
    width: int = Field(5, ge=1, description="Characters that a filter sees.")


class CharacterHead(nn.Module):
    """The strongest answer of each filter to a text's characters (Kim et al. 2016), and the embedding."""

    def __init__(self, task, size, dropout, *, pieces, channels, width):
        super().__init__()
        known = {character: number for number, character in enumerate(sorted(set("".join(pieces))), 1)}
        longest = max(map(len, pieces))
        spelled = [[known[c] for c in piece] + [0] * (longest - len(piece)) for piece in pieces]
        self.register_buffer("spelled", torch.tensor(spelled), persistent=False)
        self.embed = nn.Embedding(len(known) + 1, 16, padding_idx=0)
        self.filters = nn.Conv1d(16, channels, width, padding=width // 2)
        self.answer = nn.Sequential(nn.Dropout(dropout), nn.Linear(size + channels, task.outputs))

    def forward(self, embedding, *, tokens):
        characters = self.embed(self.spelled[tokens[0]].flatten(1))
        found = self.filters(characters.transpose(1, 2)).relu().amax(dim=-1)
        return self.answer(torch.cat([embedding, found], dim=-1))


class FocalOptions(BaseModel):
    gamma: float = Field(2.0, ge=0, description="How little a row counts that is right already; 0: loss ce.")


def focal(logits, targets, gamma):
    """Focal loss (Lin et al. 2017): cross-entropy times (1 - p) ** gamma."""
    loss = functional.cross_entropy(logits, targets, reduction="none")
    return ((1 - (-loss).exp()) ** gamma * loss).mean()


class WithinOne(OwnMetric):
    description, labels = "share of rows at most one class off", "classes"

    def score(self, predictions, labels):
        return float(np.mean(np.abs(predictions - labels) <= 1))


HEADS.add("charcnn", Head("characters and embedding", CharacterHead, tokens=True, options=Options))
LOSSES.add("focal", Loss("focal loss (classes only)", classes=focal, options=FocalOptions))
METRICS.add("within_one", WithinOne())
