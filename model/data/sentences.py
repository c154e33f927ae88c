"""Token ids of many sentences, and batches of them with padding."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Padded:
    """Sequences of tokens that go through the encoder together.

    Attributes:
        ids: Token ids, ``[sequences, longest]``.
        mask: 1 for tokens and 0 for padding, same shape.
        types: Of pairs in one sequence: the token types, same shape; None of single sentences.
        between: Of pairs in one sequence: which tokens part the sentences, same shape; None of single ones.
        ends: Of pairs in one sequence: special tokens before and behind each; None of single sentences, whose
            tokenizer knows them.
    """

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    types: NDArray[np.int64] | None = None
    between: NDArray[np.bool_] | None = None
    ends: tuple[int, int] | None = None


@dataclass(frozen=True)
class Sentences:
    """Token ids of many sentences, laid end to end.

    Attributes:
        ids: All token ids, ``[tokens]``; memory-mapped, so that trials share one copy.
        offsets: Sentence i is ``ids[offsets[i]:offsets[i + 1]]``, ``[sentences + 1]``.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sentence, special tokens included."""
        lengths: NDArray[np.int64] = np.diff(self.offsets)
        return lengths

    def padded(self, chosen: NDArray[np.int64], pad_id: int) -> Padded:
        """Some sentences with padding behind them."""
        starts = self.offsets[chosen]
        lengths = self.offsets[chosen + 1] - starts
        places = np.arange(lengths.max())
        mask = places < lengths[:, None]
        ids = np.full(mask.shape, pad_id, dtype=np.int64)
        ids[mask] = self.ids[(starts[:, None] + places)[mask]]
        return Padded(ids, mask.astype(np.int64))
