"""Token ids of a task's rows, from a memory-mapped cache that is built once and never trusted blindly."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..files import beside, read_file
from ..predictions import Predictions
from ..tasks import Task
from .rows import Rows
from .tokenizer import SentenceTokenizer

PROBES = 16
"""Sentences of an entry of the cache that are compared with what the tokenizer gives."""


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

    def padded(self, chosen: NDArray[np.int64], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Token ids and attention mask of some sentences, ``[len(chosen), longest]`` each."""
        lengths = self.lengths[chosen]
        mask = np.arange(lengths.max())[None, :] < lengths[:, None]
        ids = np.full(mask.shape, pad_id, dtype=np.int64)
        ids[mask] = np.concatenate([self.ids[self.offsets[i] : self.offsets[i + 1]] for i in chosen])
        return ids, mask.astype(np.int64)


@dataclass(frozen=True)
class TaskData:
    """One split of one task, tokenised.

    Attributes:
        task: The task.
        sentences: For pairs all first sentences stand before all second ones.
        labels: Labels in the units of the data, ``[rows]``.
        ids: Id of each row.
        words: Words of each row's longest sentence, as blanks part them, ``[rows]``.
        groups: For each column that names groups, the group of each row.
    """

    task: Task
    sentences: Sentences
    labels: NDArray[np.float64]
    ids: tuple[str, ...]
    words: NDArray[np.int64]
    groups: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def row_lengths(self) -> NDArray[np.int64]:
        """Tokens of each row's longest sentence, ``[rows]``."""
        longest: NDArray[np.int64] = self.sentences.lengths.reshape(len(self.task.text), -1).max(axis=0)
        return longest

    def predicted(self, values: NDArray[np.float64], scores: NDArray[np.float32]) -> Predictions:
        """Predictions ``[rows]`` and the head's outputs ``[rows, outputs]``, beside the rows."""
        groups = {name: np.asarray(column, dtype=np.str_) for name, column in self.groups.items()}
        return Predictions(
            np.asarray(self.ids, dtype=np.str_), values, self.labels, self.words, groups, scores
        )

    def sentence_numbers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the rows' sentences: all first ones, then all second ones."""
        return np.concatenate([rows + column * len(self) for column in range(len(self.task.text))])


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
    """
    texts = [text for column in rows.texts for text in column]
    content = hashlib.sha256(tokenizer.fingerprint().encode())
    content.update(json.dumps(texts).encode())
    entry = cache / "tokens" / content.hexdigest()
    sentences = _load(entry, texts, tokenizer)
    if sentences is None:
        _build(entry, texts, tokenizer)
        sentences = _load(entry, texts, tokenizer)
        if sentences is None:
            raise OSError(f"{entry} cannot be read back: is the disk full or failing?")
    return TaskData(
        task=task,
        sentences=sentences,
        labels=np.asarray(rows.labels, dtype=np.float64),
        ids=rows.ids,
        words=np.array([[len(text.split()) for text in column] for column in rows.texts]).max(axis=0),
        groups=rows.groups,
    )


def encode(texts: Sequence[str], tokenizer: SentenceTokenizer) -> Sentences:
    """Token ids of texts, in memory."""
    encoded = tokenizer.encode(texts)
    offsets = np.cumsum([0, *(len(ids) for ids in encoded)], dtype=np.int64)
    ids = np.fromiter((token for ids in encoded for token in ids), dtype=np.int32, count=offsets[-1])
    return Sentences(ids, offsets)


def _load(entry: Path, texts: Sequence[str], tokenizer: SentenceTokenizer) -> Sentences | None:
    try:
        expected = json.loads(read_file(entry / "sha256.json"))
        if expected["content"] != entry.name:
            return None
        for name in ("ids.npy", "offsets.npy"):
            if hashlib.sha256(read_file(entry / name)).hexdigest() != expected[name]:
                return None
        # As plain arrays: every slice of a memmap object would carry its bookkeeping along.
        os.utime(entry / "sha256.json")  # says when it was last read
        ids = np.load(entry / "ids.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
        offsets = np.load(entry / "offsets.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    sentences = Sentences(ids, offsets)
    return sentences if _is_of(sentences, texts, tokenizer) else None


def _is_of(sentences: Sentences, texts: Sequence[str], tokenizer: SentenceTokenizer) -> bool:
    """Whether an entry fits the texts, as far as a few of them can say."""
    offsets = sentences.offsets
    if offsets.shape != (len(texts) + 1,) or offsets[0] != 0 or offsets[-1] != len(sentences.ids):
        return False
    probed = range(0, len(texts), max(1, len(texts) // PROBES))
    found = [sentences.ids[offsets[i] : offsets[i + 1]].tolist() for i in probed]
    return found == [list(ids) for ids in tokenizer.encode([texts[i] for i in probed])]


def _build(entry: Path, texts: Sequence[str], tokenizer: SentenceTokenizer) -> None:
    sentences = encode(texts, tokenizer)
    try:
        with beside(entry) as place:
            place.mkdir()
            np.save(place / "ids.npy", sentences.ids)
            np.save(place / "offsets.npy", sentences.offsets)
            digests = {
                name: hashlib.sha256((place / name).read_bytes()).hexdigest()
                for name in ("ids.npy", "offsets.npy")
            } | {"content": entry.name}
            (place / "sha256.json").write_text(json.dumps(digests), encoding="utf-8")
            if entry.exists() and _load(entry, texts, tokenizer) is None:
                shutil.rmtree(entry, ignore_errors=True)
    except OSError:
        if _load(entry, texts, tokenizer) is None:  # not another trial's finished work
            raise
