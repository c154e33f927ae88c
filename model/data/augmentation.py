"""Training rows that are changed a little each time: words masked, the sentences of a pair exchanged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .sentences import Padded
from .tokenizer import SentenceTokenizer
from .tokens import TaskData


@dataclass(frozen=True)
class Augmentation:
    """What is changed in the rows of a batch; the same each time for the same seed.

    Attributes:
        mask_words: Share of the words to mask, 0-1.
        swap_pairs: Share of the pairs whose sentences change places, 0-1. What a pair's label says holds
            both ways, but a head that sees (u, v) sees them apart.
        seed: Of the trial, the step and the first row.
    """

    mask_words: float = 0.0
    swap_pairs: float = 0.0
    seed: tuple[int, ...] = ()

    def sequence_numbers(self, split: TaskData, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers as of `TaskData.sequence_numbers`, with the sentences of some pairs exchanged."""
        numbers = split.sequence_numbers(rows)
        if self.swap_pairs and len(split.task.text) == 2:
            drawn = np.random.default_rng((*self.seed, 1)).random(len(rows)) < self.swap_pairs
            if split.pairs is not None:
                return numbers + np.where(drawn, len(split), 0)
            swapped = np.tile(drawn, 2)
            numbers = np.where(swapped, np.roll(numbers, len(rows)), numbers)
        return numbers

    def masked(self, batch: Padded, tokenizer: SentenceTokenizer) -> NDArray[np.int64]:
        """Token ids of a batch, ``[sequences, length]``, with words masked."""
        if not self.mask_words:
            return batch.ids
        return mask_words(batch, tokenizer, self.mask_words, np.random.default_rng(self.seed))


def mask_words(
    batch: Padded,
    tokenizer: SentenceTokenizer,
    share: float,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Replaces each word, with all its pieces, by mask tokens with probability `share`.

    The first and the last token of a sequence stay, [CLS] and [SEP], and what parts a pair. Where a
    vocabulary does not mark the pieces of a word by ``##``, every token counts as a word.

    Args:
        batch: The sequences, ``[sequences, length]``.
        tokenizer: Knows the mask token, and which tokens continue a word.
        share: Probability of each word, 0–1.
        generator: Source of the choice.

    Returns:
        New token ids, same shape.
    """
    ids, mask = batch.ids, batch.mask
    words = np.cumsum(~tokenizer.continues_word[ids], axis=1) - 1
    chosen = np.take_along_axis(generator.random(ids.shape) < share, words.clip(min=0), axis=1)
    inner = mask.astype(bool)
    inner[:, 0] = False
    inner[np.arange(len(ids)), mask.sum(axis=1) - 1] = False
    if batch.between is not None:
        inner &= ~batch.between
    return np.where(chosen & inner, tokenizer.mask_id, ids)
