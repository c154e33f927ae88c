"""A loss of the order of a batch's similarities, not of their values."""

import torch
from torch import Tensor

SCALE = 20.0
"""Factor of the differences of cosines, as published."""


def cosent(cosines: Tensor, targets: Tensor) -> Tensor:
    """log(1 + Σ exp(20 · (cos_j - cos_i))) over all pairs of rows of which i has the higher score.

    CoSENT (Su Jianlin 2022, kexue.fm/archives/8847): every row of a batch is compared with every other, and
    the one with the higher score should have the higher cosine. A batch without two scores gives 0.

    Args:
        cosines: Of the embeddings of each row's sentences, ``[rows]``.
        targets: Scores on 0-1, of which the order counts, ``[rows]``.
    """
    apart = SCALE * (cosines.unsqueeze(0) - cosines.unsqueeze(1))
    counted = targets.unsqueeze(1) > targets.unsqueeze(0)
    return torch.cat([apart.new_zeros(1), apart[counted]]).logsumexp(dim=0)
