"""Training rows that are changed a little each time: words left out or masked, pairs exchanged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .tokenizer import SentenceTokenizer
from .tokens import TaskData


@dataclass(frozen=True)
class Augmentation:
    """What is changed in the rows of a batch; the same each time for the same seed.

    Attributes:
        mask_words: Share of the words to mask, 0-1.
        swap_pairs: Share of the pairs whose sentences change places, 0-1. What a pair's label says holds
            both ways, but a head that sees (u, v) sees them apart.
        word_dropout: Share of the words to leave out, 0-1, before any is masked.
        seed: Of the trial, the step and the first row.
    """

    mask_words: float = 0.0
    swap_pairs: float = 0.0
    word_dropout: float = 0.0
    seed: tuple[int, ...] = ()

    def sentence_numbers(self, split: TaskData, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the rows' sentences: all first ones, then all second ones, some pairs exchanged."""
        numbers = split.sentence_numbers(rows)
        if self.swap_pairs and len(split.task.text) == 2:
            drawn = np.random.default_rng((*self.seed, 1)).random(len(rows))
            swapped = np.tile(drawn < self.swap_pairs, 2)
            numbers = np.where(swapped, np.roll(numbers, len(rows)), numbers)
        return numbers

    def shortened(
        self, ids: NDArray[np.int64], mask: NDArray[np.int64], tokenizer: SentenceTokenizer
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Token ids and mask with words left out; arguments as of `drop_words`."""
        if not self.word_dropout:
            return ids, mask
        generator = np.random.default_rng((*self.seed, 2))
        return drop_words(ids, mask, tokenizer, self.word_dropout, generator)

    def masked(
        self, ids: NDArray[np.int64], mask: NDArray[np.int64], tokenizer: SentenceTokenizer
    ) -> NDArray[np.int64]:
        """Token ids ``[sentences, length]`` with words masked; arguments as of `mask_words`."""
        if not self.mask_words:
            return ids
        return mask_words(ids, mask, tokenizer, self.mask_words, np.random.default_rng(self.seed))


def mask_words(
    ids: NDArray[np.int64],
    mask: NDArray[np.int64],
    tokenizer: SentenceTokenizer,
    share: float,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Replaces each word, with all its pieces, by mask tokens with probability `share`.

    The first and the last token of a sentence stay: [CLS] and [SEP]. Where a vocabulary does not mark the
    pieces of a word by ``##``, every token counts as a word.

    Args:
        ids: Token ids, ``[sentences, length]``.
        mask: 1 for tokens and 0 for padding, same shape.
        tokenizer: Knows the mask token, and which tokens continue a word.
        share: Probability of each word, 0–1.
        generator: Source of the choice.

    Returns:
        New token ids, same shape.
    """
    chosen = _drawn(ids, tokenizer, generator) < share
    return np.where(chosen & _inner(mask), tokenizer.mask_id, ids)


def drop_words(
    ids: NDArray[np.int64],
    mask: NDArray[np.int64],
    tokenizer: SentenceTokenizer,
    share: float,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Leaves out each word, with all its pieces, with probability `share` (Iyyer et al. 2015).

    What follows moves up. A sentence keeps its first and its last token, [CLS] and [SEP], and at least one
    word: where all were to go, the one stays that would have been the last to go. What counts as a word is as
    of `mask_words`.

    Args:
        ids: Token ids, ``[sentences, length]``.
        mask: 1 for tokens and 0 for padding, same shape.
        tokenizer: Knows the padding token, and which tokens continue a word.
        share: Probability of each word, 0–1.
        generator: Source of the choice.

    Returns:
        Token ids and mask of what stays, ``[sentences, longest]`` each.
    """
    drawn, inner = _drawn(ids, tokenizer, generator), _inner(mask)
    last_to_go = np.where(inner, drawn, 0).max(axis=1, keepdims=True)
    stays = mask.astype(bool) & (~inner | (drawn >= np.minimum(share, last_to_go)))
    lengths = stays.sum(axis=1)
    kept = np.arange(lengths.max()) < lengths[:, None]
    shortened = np.full(kept.shape, tokenizer.pad_id, dtype=ids.dtype)
    shortened[kept] = ids[stays]
    return shortened, kept.astype(mask.dtype)


def _drawn(
    ids: NDArray[np.int64], tokenizer: SentenceTokenizer, generator: np.random.Generator
) -> NDArray[np.float64]:
    """A random number on 0–1 for each token, one for all pieces of a word, ``[sentences, length]``."""
    words = np.cumsum(~tokenizer.continues_word[ids], axis=1) - 1
    return np.take_along_axis(generator.random(ids.shape), words.clip(min=0), axis=1)


def _inner(mask: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens are neither padding nor the first or the last of their sentence."""
    inner = mask.astype(bool)
    inner[:, 0] = False
    inner[np.arange(len(mask)), mask.sum(axis=1) - 1] = False
    return inner
