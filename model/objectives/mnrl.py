"""Multiple negatives ranking: of all second sentences of a batch, an anchor's own should be the nearest.

Source: Henderson et al. 2017, Efficient Natural Language Response Suggestion for Smart Reply, section 4.4
(arXiv 1705.00652); with labelled negatives and scaled cosines as in sentence-transformers'
``MultipleNegativesRankingLoss``.
"""

import torch
from torch import Tensor
from torch.nn import functional


def mnrl(first: Tensor, second: Tensor, positive: Tensor, texts: Tensor, scale: float) -> Tensor:
    """Cross-entropy of each positive pair's own second sentence among those of the batch.

    Anchors are the first sentences of positive pairs. Candidates are the second sentences of all pairs: the
    anchor's own, those of other positive pairs, and those of negative pairs, which are hard negatives. No
    negative of an anchor is a text that the batch knows to say the same: the anchor's own, or one that
    stands in a positive pair behind the same first text.

    Args:
        first: Embeddings of the first sentences, ``[rows, size]``.
        second: Of the second ones, same shape.
        positive: Which pairs are positive, bool, ``[rows]``.
        texts: Number of each sentence's text, equal for equal texts; all first sentences before all second
            ones, ``[2 · rows]``.
        scale: Factor of the cosines.

    Returns:
        The mean over the anchors, ``[]``; without any it is 0, and so is its gradient.
    """
    anchors = functional.normalize(first[positive], dim=-1)
    scores = scale * anchors @ functional.normalize(second, dim=-1).t()
    first_texts, second_texts = texts.chunk(2)
    anchor_texts = first_texts[positive]
    behind_equal = (anchor_texts[:, None] == anchor_texts).float()
    equal_seconds = (second_texts[positive][:, None] == second_texts).float()
    same = (behind_equal @ equal_seconds > 0) | (anchor_texts[:, None] == second_texts)
    own = positive.nonzero().squeeze(1)
    same[torch.arange(len(own), device=own.device), own] = False
    scores = scores.masked_fill(same, -torch.inf)
    return functional.cross_entropy(scores, own, reduction="sum") / max(1, len(own))
