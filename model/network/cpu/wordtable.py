"""The gradient of the word embeddings: only the rows of a step's words, made dense once a step."""

import torch
from torch import Tensor, nn


class WordTable:
    """Keeps the gradient of a table of word embeddings sparse until the optimizer wants it.

    A step touches a few thousand of a vocabulary's rows, and half of a small encoder's parameters are that
    table: on a CPU a dense gradient for each task's backward pass costs as much memory traffic as a layer.
    Clipping and the optimizer still see the whole dense gradient, so that a step computes what it would.

    Args:
        table: The embeddings; on a device other than a CPU they stay as they are.
        device: Where the network trains.
    """

    def __init__(self, table: nn.Module, device: torch.device) -> None:
        self._weight: Tensor | None = None
        self._dense: Tensor | None = None
        if device.type == "cpu" and isinstance(table, nn.Embedding):
            table.sparse = True
            self._weight = table.weight

    def densify(self) -> None:
        """Puts a dense ``.grad`` in the place of a sparse one, in the memory of the step before."""
        if self._weight is None or self._weight.grad is None or not self._weight.grad.is_sparse:
            return
        gradient = self._weight.grad
        if self._dense is None:
            self._dense = torch.zeros(gradient.shape, dtype=gradient.dtype)
        else:
            self._dense.zero_()
        self._dense.index_add_(0, gradient._indices()[0], gradient._values())
        self._weight.grad = self._dense


def sparse_dot(left: Tensor, right: Tensor) -> Tensor:
    """Dot product of two coalesced sparse gradients of one table, ``[]``.

    Args:
        left: Rows of a table, coalesced.
        right: Other rows of the same table, coalesced.
    """
    place = torch.full((left.shape[0],), -1)
    place[left.indices()[0]] = torch.arange(left._nnz())
    found = place[right.indices()[0]]
    shared = found >= 0
    return torch.dot(left.values()[found[shared]].flatten(), right.values()[shared].flatten())
