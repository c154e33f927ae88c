"""Which rows say the same: 8 bytes of each row's texts."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


def hashes_of(texts: Sequence[Sequence[str]], *, ordered: bool = False) -> Hashes:
    """What tells each row's texts from others, ``[rows]``, in any case.

    Args:
        texts: One column per text.
        ordered: Whether a pair is another one with its texts in the other order. Of both orders one has the
            hash that a pair has where the order does not count.
    """
    folded: Iterable[str] = [text.casefold() for text in texts[0]]
    for column in texts[1:]:
        pairs = zip(folded, (text.casefold() for text in column), strict=True)
        folded = [f"{one}\0{other}" if ordered or one < other else f"{other}\0{one}" for one, other in pairs]
    digests = [blake2b(text.encode("utf-8", "replace"), digest_size=8).digest() for text in folded]
    return np.frombuffer(b"".join(digests), dtype="<u8")


def count_doubles(ordered: Hashes) -> int:
    """How many rows repeat another one, of sorted hashes."""
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))


def count_common(hashes: Hashes, ordered: Hashes) -> int:
    """How many rows stand among other rows too.

    Args:
        hashes: Those of the rows, ``[rows]``.
        ordered: Those of the other rows, sorted.
    """
    if not len(ordered):
        return 0
    places = np.searchsorted(ordered, hashes)
    places[places == len(ordered)] = 0
    return int(np.count_nonzero(ordered[places] == hashes))
