"""Token ids of a task's rows, from a memory-mapped cache that is built once and never trusted blindly."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..predictions import Predictions
from ..tasks import Task
from .entry import Entry
from .pairs import Pairs, join
from .rows import Rows
from .sentences import Sentences
from .teacher import Taught
from .tokenizer import PIECE, SentenceTokenizer

TOKENS = "tokens"
"""Folder of the token ids in the cache."""

PROBES = 16
"""Sentences of an entry of the cache that are compared with what the tokenizer gives."""


@dataclass(frozen=True)
class KeptSentences:
    """Token ids in the cache, and how to tell them from those of other texts.

    Attributes:
        name: Name of their entry: SHA-256 of the tokenizer and the texts.
        count: Number of sentences.
        probes: Some of their texts, which are tokenised once more each time.
    """

    name: str
    count: int
    probes: tuple[str, ...]

    def entry(self, cache: Path) -> Entry:
        """Where they lie."""
        return Entry(cache / TOKENS / self.name, ("ids.npy", "offsets.npy"))

    def read(self, tokenizer: SentenceTokenizer, cache: Path) -> Sentences | None:
        """The token ids; None if they are not there, not whole, or not of these texts."""
        return self.entry(cache).read(partial(self._load, tokenizer))

    def write(self, sentences: Sentences, tokenizer: SentenceTokenizer, cache: Path) -> None:
        """Writes the entry anew; errors as in `Entry.write`."""

        def fill(place: Path) -> None:
            np.save(place / "ids.npy", sentences.ids)
            np.save(place / "offsets.npy", sentences.offsets)

        self.entry(cache).write(fill, partial(self._load, tokenizer))

    def _load(self, tokenizer: SentenceTokenizer, place: Path) -> Sentences | None:
        # As plain arrays: every slice of a memmap object would carry its bookkeeping along.
        ids = np.load(place / "ids.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        offsets = np.load(place / "offsets.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        if offsets.shape != (self.count + 1,) or offsets[0] != 0 or offsets[-1] != len(ids):
            return None
        found = [ids[offsets[i] : offsets[i + 1]].tolist() for i in _probed(self.count)]
        expected = [list(one) for one in tokenizer.encode(self.probes)]
        return Sentences(ids, offsets) if found == expected else None


def _probed(count: int) -> range:
    return range(0, count, max(1, count // PROBES))


@dataclass(frozen=True)
class TaskData:
    """One split of one task, tokenised.

    Attributes:
        task: The task.
        sentences: For pairs all first sentences stand before all second ones.
        kept: Where these lie in the cache.
        labels: Labels in the units of the data, ``[rows]``.
        ids: Id of each row; none of rows that are only trained on.
        words: Words of each row's longest sentence, as blanks part them, ``[rows]``.
        groups: For each column that names groups, the group of each row.
        pairs: The two sentences of each row as one sequence; None where each goes through the encoder by
            itself.
        taught: Of training rows: what a teacher predicts for each, as in `taught_rows`; None without one.
    """

    task: Task
    sentences: Sentences
    kept: KeptSentences
    labels: NDArray[np.float64]
    ids: tuple[str, ...]
    words: NDArray[np.int64]
    groups: Mapping[str, tuple[str, ...]]
    pairs: Pairs | None = None
    taught: Taught | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def sequences(self) -> Sentences | Pairs:
        """What goes through the encoder: the sentences, or each row's pair of them in one."""
        return self.sentences if self.pairs is None else self.pairs

    @property
    def row_lengths(self) -> NDArray[np.int64]:
        """Tokens of each row's longest sequence, ``[rows]``."""
        longest: NDArray[np.int64] = self.sequences.lengths.reshape(self.task.columns, -1).max(axis=0)
        return longest

    def predicted(self, values: NDArray[np.float64], scores: NDArray[np.float32]) -> Predictions:
        """Predictions for the rows, as a record with their ids, labels and groups.

        Args:
            values: Class numbers, or scores in the units of the labels, ``[rows]``.
            scores: What the head gave, ``[rows, outputs]``.
        """
        groups = {name: np.asarray(column, dtype=np.str_) for name, column in self.groups.items()}
        return Predictions(
            np.asarray(self.ids, dtype=np.str_), values, self.labels, self.words, groups, scores
        )

    def sequence_numbers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the rows' sequences; of sentences all first ones, then all second ones."""
        return np.concatenate([rows + column * len(self) for column in range(self.task.columns)])


def tokenise(task: Task, rows: Rows, tokenizer: SentenceTokenizer, cache: Path) -> TaskData:
    """Token ids of a split, from the cache or through the tokenizer.

    The cache's key is the content: texts, tokenizer and length. An entry that is half-written, damaged,
    unreadable or that of other texts is built again: it names its key, and `PROBES` of its sentences are
    tokenised once more each time.

    Args:
        task: The task.
        rows: Its rows.
        tokenizer: The encoder's tokenizer.
        cache: Folder of the cache; made where it does not exist.

    Raises:
        EncoderError: If the tokenizer makes no one sequence of two sentences, and the task wants that.
    """
    texts = [text for column in rows.texts for text in column]
    content = hashlib.sha256(tokenizer.fingerprint().encode())
    for piece in _written(texts):
        content.update(piece.encode())
    kept = KeptSentences(content.hexdigest(), len(texts), tuple(texts[i] for i in _probed(len(texts))))
    sentences = kept.read(tokenizer, cache)
    if sentences is None:
        kept.write(encode(texts, tokenizer), tokenizer, cache)
        sentences = kept.read(tokenizer, cache)
        if sentences is None:
            raise OSError(f"{kept.entry(cache).root} cannot be read back: is the disk full or failing?")
    return TaskData(
        task=task,
        sentences=sentences,
        kept=kept,
        labels=np.asarray(rows.labels, dtype=np.float64),
        ids=rows.ids,
        words=np.max([_counted(column) for column in rows.texts], axis=0),
        groups=rows.groups,
        pairs=join(rows.texts, sentences, tokenizer) if task.pair_encoding == "joint" else None,
    )


def encode(texts: Sequence[str], tokenizer: SentenceTokenizer) -> Sentences:
    """Token ids of texts, in memory."""
    ids, lengths = [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    for part in _pieces(texts):
        encoded = tokenizer.encode(part)
        lengths.append(np.fromiter(map(len, encoded), np.int64, len(part)))
        ids.append(np.fromiter(chain.from_iterable(encoded), np.int32, lengths[-1].sum()))
    return Sentences(np.concatenate(ids), np.cumsum(np.concatenate(lengths)))


def _counted(column: Sequence[str]) -> NDArray[np.int64]:
    return np.fromiter((len(text.split()) for text in column), np.int64, len(column))


def _pieces(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), PIECE):
        yield texts[start : start + PIECE]


def _written(texts: Sequence[str]) -> Iterator[str]:
    """What `json.dumps` gives of a list, in pieces."""
    yield "["
    for place, part in enumerate(_pieces(texts)):
        yield ", " if place else ""
        yield json.dumps(part)[1:-1]
    yield "]"
