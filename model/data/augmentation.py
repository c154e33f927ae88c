"""Training rows that are changed a little each time: words left out or masked, pairs exchanged."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .sentences import Padded
from .tokenizer import SentenceTokenizer
from .tokens import TaskData

_Value = TypeVar("_Value", bound=np.generic)


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

    def sequence_numbers(self, split: TaskData, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers as in `TaskData.sequence_numbers`, with the sentences of some pairs exchanged."""
        numbers = split.sequence_numbers(rows)
        if self.swap_pairs and len(split.task.text) == 2:
            drawn = np.random.default_rng((*self.seed, 1)).random(len(rows)) < self.swap_pairs
            if split.pairs is not None:
                return numbers + np.where(drawn, len(split), 0)
            swapped = np.tile(drawn, 2)
            numbers = np.where(swapped, np.roll(numbers, len(rows)), numbers)
        return numbers

    def changed(self, batch: Padded, tokenizer: SentenceTokenizer) -> Padded:
        """A batch with words left out, then words masked."""
        if self.word_dropout:
            generator = np.random.default_rng((*self.seed, 2))
            batch = drop_words(batch, tokenizer, self.word_dropout, generator)
        if self.mask_words:
            generator = np.random.default_rng(self.seed)
            batch = replace(batch, ids=mask_words(batch, tokenizer, self.mask_words, generator))
        return batch


def mask_words(
    batch: Padded,
    tokenizer: SentenceTokenizer,
    share: float,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Replaces each word, with all its pieces, by mask tokens with probability `share`.

    What the tokenizer puts before and behind a sequence stays, such as [CLS] and [SEP], and what parts a
    pair. Where a vocabulary does not mark the pieces of a word by ``##``, every token counts as a word.

    Args:
        batch: The sequences, ``[sequences, length]``.
        tokenizer: Knows the mask token, which tokens continue a word, and which it adds to a sentence.
        share: Probability of each word, 0–1.
        generator: Source of the choice.

    Returns:
        New token ids, same shape.
    """
    chosen = _drawn(batch.ids, tokenizer, generator) < share
    return np.where(chosen & _inner(batch, tokenizer), tokenizer.mask_id, batch.ids)


def drop_words(
    batch: Padded,
    tokenizer: SentenceTokenizer,
    share: float,
    generator: np.random.Generator,
) -> Padded:
    """Leaves out each word, with all its pieces, with probability `share` (Iyyer et al. 2015).

    What follows moves up. A sequence keeps what the tokenizer puts before and behind it, such as [CLS] and
    [SEP], and what parts a pair; each sentence keeps at least one word: where all were to go, the one stays
    that would have been the last to go. What counts as a word is as in `mask_words`.

    Args:
        batch: The sequences, ``[sequences, length]``.
        tokenizer: Knows the padding token, which tokens continue a word, and which it adds to a sentence.
        share: Probability of each word, 0–1.
        generator: Source of the choice.

    Returns:
        What stays, ``[sequences, longest]``.
    """
    drawn, inner = _drawn(batch.ids, tokenizer, generator), _inner(batch, tokenizer)
    last_to_go = _last_to_go(drawn, inner)
    if batch.between is not None:
        second = batch.between.cumsum(axis=1) > 0
        last_to_go = np.where(second, _last_to_go(drawn, inner & second), _last_to_go(drawn, inner & ~second))
    stays = batch.mask.astype(bool) & (~inner | (drawn >= np.minimum(share, last_to_go)))
    lengths = stays.sum(axis=1)
    kept = np.arange(lengths.max()) < lengths[:, None]

    def shortened(values: NDArray[_Value], padding: int) -> NDArray[_Value]:
        found = np.full(kept.shape, padding, dtype=values.dtype)
        found[kept] = values[stays]
        return found

    return Padded(
        shortened(batch.ids, tokenizer.pad_id),
        kept.astype(batch.mask.dtype),
        None if batch.types is None else shortened(batch.types, 0),
        None if batch.between is None else shortened(batch.between, 0),
        batch.ends,
    )


def _last_to_go(drawn: NDArray[np.float64], inner: NDArray[np.bool_]) -> NDArray[np.float64]:
    last: NDArray[np.float64] = np.where(inner, drawn, 0).max(axis=1, keepdims=True)
    return last


def _drawn(
    ids: NDArray[np.int64], tokenizer: SentenceTokenizer, generator: np.random.Generator
) -> NDArray[np.float64]:
    """A random number on 0–1 for each token, one for all pieces of a word, ``[sentences, length]``."""
    words = np.cumsum(~tokenizer.continues_word[ids], axis=1) - 1
    return np.take_along_axis(generator.random(ids.shape), words.clip(min=0), axis=1)


def _inner(batch: Padded, tokenizer: SentenceTokenizer) -> NDArray[np.bool_]:
    """Which tokens are of a sentence: no padding, nothing that is added at the ends or between two."""
    before, behind = tokenizer.edges if batch.ends is None else batch.ends
    inner: NDArray[np.bool_] = np.arange(batch.ids.shape[1]) < batch.mask.sum(axis=1, keepdims=True) - behind
    inner[:, :before] = False
    return inner if batch.between is None else inner & ~batch.between
