"""Pairs of sentences as one sequence each, made of the sentences' token ids whenever they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..errors import EncoderError
from .sentences import Padded, Sentences
from .tokenizer import SentenceTokenizer

_BEFORE, _FIRST, _BETWEEN, _SECOND, _BEHIND = range(5)
"""The parts of a pair's sequence, in their order."""


@dataclass(frozen=True)
class PairForm:
    """How a tokenizer makes one sequence of two sentences, such as ``[CLS] a [SEP] b [SEP]``.

    Attributes:
        before: Ids of the special tokens before the first sentence.
        between: Of those between the two.
        behind: Of those behind the second one.
        types: Token types of these parts and of the two sentences, in the order of the sequence.
        edges: Special tokens before and behind a sentence that stands alone.
        max_length: Longest sequence in tokens.
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    behind: tuple[int, ...]
    types: tuple[int, ...]
    edges: tuple[int, int]
    max_length: int

    @classmethod
    def of(cls, tokenizer: SentenceTokenizer) -> Self:
        """That of a tokenizer, found by joining two letters.

        Raises:
            EncoderError: If it puts nothing between two sentences, or its longest sequence has no room for
                a token of each, or one part has several token types.
        """
        with tokenizer.uncut() as backend:
            pair = backend.encode("a", "b")
        sides = [-1 if side is None else side for side in pair.sequence_ids]
        parts = [[place for place, _ in group] for _, group in groupby(enumerate(sides), lambda one: one[1])]
        before = parts.pop(0) if sides[0] == -1 else []
        behind = parts.pop() if sides[-1] == -1 else []
        if len(parts) != 3:
            raise EncoderError(
                "pair_encoding joint: the tokenizer of this encoder puts nothing between two sentences"
            )
        first, between, second = parts
        form = cls(
            before=tuple(pair.ids[place] for place in before),
            between=tuple(pair.ids[place] for place in between),
            behind=tuple(pair.ids[place] for place in behind),
            types=tuple(
                _one_type([pair.type_ids[place] for place in part])
                for part in (before, first, between, second, behind)
            ),
            edges=tokenizer.edges,
            max_length=tokenizer.max_length,
        )
        if form.room < 2:
            raise EncoderError(
                f"encoder.max_length {form.max_length} has no room for two sentences in one sequence: "
                f"{form.max_length - form.room} of its tokens are special"
            )
        return form

    @property
    def ends(self) -> tuple[int, int]:
        """Special tokens before the first sentence and behind the second one."""
        return len(self.before), len(self.behind)

    @property
    def room(self) -> int:
        """Most tokens of both sentences together."""
        return self.max_length - len(self.before) - len(self.between) - len(self.behind)


def _one_type(types: list[int]) -> int:
    if len(set(types)) > 1:
        raise EncoderError(
            f"pair_encoding joint: the tokenizer of this encoder gives part of a pair several types: {types}"
        )
    return types[0] if types else 0


@dataclass(frozen=True)
class Pairs:
    """Pairs of sentences as sequences: number i is row i, number i + rows the same with b before a.

    Where both do not fit, the longer sentence is cut first, as ``truncation="longest_first"`` of
    `transformers` does: where both are cut, the longer one keeps the odd token.

    Attributes:
        sentences: All first sentences before all second ones, each cut to the longest sequence.
        form: How they are joined.
        longer: 1 where the first sentence of a row has more tokens than the second one before they are cut,
            -1 where it has fewer, else 0, ``[rows]``.
    """

    sentences: Sentences
    form: PairForm
    longer: NDArray[np.int8]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each row's sequence, special tokens included, ``[rows]``; the same with b before a."""
        lengths: NDArray[np.int64] = self._sizes(np.arange(self._rows)).sum(axis=1)
        return lengths

    def padded(self, chosen: NDArray[np.int64], pad_id: int) -> Padded:
        """Some sequences with padding behind them, by their numbers."""
        sizes = self._sizes(chosen)
        starts = self.sentences.offsets[self._sides(chosen)] + self.form.edges[0]
        mask = np.arange(sizes.sum(axis=1).max())[None, :] < sizes.sum(axis=1)[:, None]
        ids, types = np.full(mask.shape, pad_id, dtype=np.int64), np.zeros(mask.shape, dtype=np.int64)
        parts = np.tile(np.arange(sizes.shape[1]), len(chosen)).repeat(sizes.ravel())
        types[mask] = np.array(self.form.types)[parts]
        ids[mask] = np.concatenate([self._joined(*ends) for ends in zip(starts, sizes, strict=True)])
        between = np.zeros(mask.shape, dtype=bool)
        between[mask] = parts == _BETWEEN
        return Padded(ids, mask.astype(np.int64), types, between, self.form.ends)

    @property
    def _rows(self) -> int:
        return len(self.longer)

    @cached_property
    def _contents(self) -> NDArray[np.int64]:
        """Tokens of each sentence without special ones, ``[2 · rows]``."""
        contents: NDArray[np.int64] = self.sentences.lengths - sum(self.form.edges)
        return contents

    def _sides(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the sentences that stand first and second, ``[sequences, 2]``."""
        sides: NDArray[np.int64] = (chosen[:, None] + np.array([0, self._rows])) % (2 * self._rows)
        return sides

    def _sizes(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens of each part of the sequences, ``[sequences, 5]``."""
        form, room = self.form, self.form.room
        first, second = self._contents[self._sides(chosen)].T
        shorter = np.minimum(first, second)
        longer = np.minimum(np.maximum(first, second), np.maximum(shorter, room - shorter))
        over = shorter + longer > room
        shorter, longer = np.where(over, room // 2, shorter), np.where(over, room - room // 2, longer)
        turned = np.where(chosen < self._rows, 1, -1) * self.longer[chosen % self._rows] > 0
        sizes = np.empty((len(chosen), 5), dtype=np.int64)
        sizes[:, [_BEFORE, _BETWEEN, _BEHIND]] = len(form.before), len(form.between), len(form.behind)
        sizes[:, _FIRST] = np.where(turned, longer, shorter)
        sizes[:, _SECOND] = np.where(turned, shorter, longer)
        return sizes

    def _joined(self, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int32]:
        ids, form = self.sentences.ids, self.form
        first, second = (
            ids[start : start + size]
            for start, size in zip(starts.tolist(), sizes[[_FIRST, _SECOND]].tolist(), strict=True)
        )
        return np.concatenate([form.before, first, form.between, second, form.behind]).astype(np.int32)


def join(texts: Sequence[Sequence[str]], sentences: Sentences, tokenizer: SentenceTokenizer) -> Pairs:
    """The pairs of sentences that were tokenised each by itself.

    Args:
        texts: One column of first sentences, one of second ones.
        sentences: Their token ids.
        tokenizer: Made them.

    Raises:
        EncoderError: As in `PairForm.of`.
    """
    form = PairForm.of(tokenizer)
    lengths = sentences.lengths.reshape(2, -1)
    longer = np.sign(lengths[0] - lengths[1]).astype(np.int8)
    # Of two that were both cut it takes their texts to tell.
    cut = np.flatnonzero((lengths == form.max_length).all(axis=0))
    first, second = (tokenizer.full_lengths([column[i] for i in cut.tolist()]) for column in texts)
    longer[cut] = np.sign(first - second)
    return Pairs(sentences, form, longer)
