"""Which rows go through the network together: bucketed by length in training, sorted in evaluation."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

WINDOW = 64
"""Batches that are sorted together: wide enough for even lengths, narrow enough for random company in tasks
of many more batches. In smaller ones rows of like length meet again and again."""


def bucketed(
    lengths: NDArray[np.int64], batch_size: int, generator: np.random.Generator
) -> list[NDArray[np.int64]]:
    """One pass over all rows in random batches of similar length.

    Rows are shuffled, cut into windows of `WINDOW` batches, sorted by length inside each window and cut into
    batches; the batches are shuffled. Every row stands in exactly one batch.

    Args:
        lengths: Tokens of each row, ``[rows]``.
        batch_size: Rows of a batch; one batch may have fewer.
        generator: Source of the order.

    Returns:
        Row numbers of each batch.
    """
    order = generator.permutation(len(lengths))
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), WINDOW * batch_size):
        window = order[start : start + WINDOW * batch_size]
        window = window[np.argsort(lengths[window], kind="stable")]
        batches += [window[i : i + batch_size] for i in range(0, len(window), batch_size)]
    return [batches[i] for i in generator.permutation(len(batches))]


class BatchStream:
    """An endless stream of batches that can start anywhere: batch n depends on the seeds and n alone.

    Args:
        lengths: Tokens of each row, ``[rows]``.
        batch_size: Rows of a batch.
        seeds: What the order depends on, for example the trial's seed and the task's number.
    """

    def __init__(self, lengths: NDArray[np.int64], batch_size: int, seeds: tuple[int, ...]) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seeds = seeds
        self._pass = -1
        self._batches: list[NDArray[np.int64]] = []
        self.batches_per_pass = -(-len(lengths) // batch_size)

    def batch(self, number: int) -> NDArray[np.int64]:
        """Row numbers of batch `number`, from 0; each pass over the rows has an order of its own."""
        wanted, place = divmod(number, self.batches_per_pass)
        if wanted != self._pass:
            generator = np.random.default_rng((*self._seeds, wanted))
            self._batches = bucketed(self._lengths, self._batch_size, generator)
            self._pass = wanted
        return self._batches[place]


def by_length(lengths: NDArray[np.int64], token_budget: int) -> Iterator[NDArray[np.int64]]:
    """Sentence numbers in batches of nearly equal length, longest first, for evaluation.

    Args:
        lengths: Tokens of each sentence, ``[sentences]``.
        token_budget: Most tokens of a batch, padding included.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, token_budget // int(lengths[order[start]]))
        yield order[start : start + size]
        start += size
