"""A loss for classes that are in order: to be off by one class costs less than to be off by two."""

import torch
from torch import Tensor
from torch.nn import functional


def ordinal(logits: Tensor, targets: Tensor, *, sharpness: float | None = None) -> Tensor:
    """Mean cross-entropy against soft labels that fall off with the distance from the class.

    The label of class y gives class k the probability softmax over k of -sharpness · (k - y)² (SORD: Díaz &
    Marathe, Soft Labels for Ordinal Regression, CVPR 2019, with the squared distance).

    Args:
        logits: ``[rows, classes]``.
        targets: Class numbers, ``[rows]``.
        sharpness: At 1 the middle of five classes keeps .56 and each neighbour has .21; larger ones come
            nearer to plain cross-entropy. None: 1.
    """
    numbers = torch.arange(logits.shape[-1], device=logits.device)
    distances = (numbers - targets.unsqueeze(-1)).square().to(logits.dtype)
    labels = (distances * -(1.0 if sharpness is None else sharpness)).softmax(dim=-1)
    return functional.cross_entropy(logits, labels)
