"""The data of a trial: the splits of all tasks, tokenised, and what identifies them."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..config import TrainConfig
from ..errors import DataError
from ..inputs import CUT_ROWS, SplitRows
from ..result import SPLITS, Split
from ..sources import FilesSource, name_of
from ..tasks import Task
from .hashes import Hashes, count_common, count_doubles, hashes_of
from .rows import Rows, check
from .teacher import Taught, taught_rows, teacher_sha256
from .tokenizer import SentenceTokenizer, build_tokenizer
from .tokens import TaskData, tokenise

_Part = TypeVar("_Part")

PIECE = 10_000
"""Values that are written together."""


@dataclass(frozen=True)
class Corpus:
    """The data of a trial.

    Attributes:
        tokenizer: Made the token ids.
        train: Training rows of each task.
        dev: Dev rows of each task.
        test: Test rows of each task; empty unless ``score_test`` is set.
        sample: The training rows of each task that are scored at every epoch.
        data_fingerprint: SHA-256 of every text and label, and of the files of teachers.
        rows_fingerprint: SHA-256 of every text and label of train and dev alone.
        rows: Where the rows of each task are from, and how many there are, by split.
        dev_in_train: Dev rows of each task that also stand in its training rows.
    """

    tokenizer: SentenceTokenizer
    train: dict[str, TaskData]
    dev: dict[str, TaskData]
    test: dict[str, TaskData]
    sample: dict[str, TaskData]
    data_fingerprint: str
    rows_fingerprint: str
    rows: dict[str, dict[Split, SplitRows]]
    dev_in_train: dict[str, int]


def load_corpus(config: TrainConfig, data: Path | None, cache: Path) -> Corpus:
    """Reads, checks and tokenises everything that a trial needs.

    Args:
        config: The trial.
        data: Folder of the user's data files; None where the tasks need none.
        cache: Folder of the tokenised data.

    Raises:
        DataError: If the data is missing or malformed.
        EncoderError: If the tokenizer cannot be loaded.
    """
    train, dev, test = _splits(config, data)
    texts = [text for rows in train.values() for column in rows.texts for text in column]
    tokenizer = build_tokenizer(config.encoder, texts)

    def tokenised(rows: dict[str, Rows]) -> dict[str, TaskData]:
        return {name: tokenise(config.tasks[name], part, tokenizer, cache) for name, part in rows.items()}

    teachers = config.distillation.teacher
    taught = {
        name: taught_rows(name, config.tasks[name], file, train[name].texts, data)
        for name, file in teachers.items()
    }
    sha256 = {name: teacher_sha256(file, data) for name, file in teachers.items()}
    splits: dict[Split, dict[str, Rows]] = {"train": train, "dev": dev, "test": test}
    ready = {split: tokenised(rows) for split, rows in splits.items()}
    hashes = {name: sorted_hashes(_of(name, splits)) for name in config.tasks}
    cut = {name: _cut_shares(_of(name, splits), _of(name, ready), tokenizer) for name in config.tasks}
    fingerprint = digest_of_rows("".join(f"{name} {sha256[name]}\n" for name in sha256), train, dev, test)
    return Corpus(
        tokenizer=tokenizer,
        train={name: replace(part, ids=(), taught=taught.get(name)) for name, part in ready["train"].items()},
        dev=ready["dev"],
        test=ready["test"],
        sample=tokenised({name: sample_of(rows, config.train_sample) for name, rows in train.items()}),
        data_fingerprint=fingerprint,
        rows_fingerprint=digest_of_rows("", train, dev) if sha256 or test else fingerprint,
        rows={
            name: _of_teacher(
                split_rows(task, _of(name, splits), hashes[name], cut[name]),
                taught.get(name),
                sha256.get(name),
            )
            for name, task in config.tasks.items()
        },
        dev_in_train={name: count_common(found["dev"], found["train"]) for name, found in hashes.items()},
    )


def run_fingerprint(config: TrainConfig, corpus: Corpus) -> str:
    """SHA-256 of a configuration and of every text and label that it trains on."""
    return hashlib.sha256(f"{config.fingerprint()}\n{corpus.data_fingerprint}".encode()).hexdigest()


def earlier_run_fingerprint(config: TrainConfig, data: Path | None) -> str:
    """What checkpoints older than the cache of corpora hold in place of `run_fingerprint`; reads the data."""
    return digest_of_rows(config.fingerprint(), *_splits(config, data))


def _splits(
    config: TrainConfig, data: Path | None
) -> tuple[dict[str, Rows], dict[str, Rows], dict[str, Rows]]:
    """Rows of train, dev and test, by task."""
    read = check(config, data)
    train, dev, test = (
        {name: parts[split] for name, parts in read.items() if split in parts} for split in SPLITS
    )
    if config.remove_dev_rows:
        train = {name: without_dev_rows(name, rows, dev[name]) for name, rows in train.items()}
    return train, dev, test


def digest_of_rows(first: str, *splits: Mapping[str, Rows]) -> str:
    """SHA-256 of some words and of every text and label of splits.

    Args:
        first: The words.
        splits: Rows by task of each split; their order counts.
    """
    digest = hashlib.sha256(first.encode())
    for split in splits:
        for part in split.values():
            for piece in _written((part.texts, part.labels)):
                digest.update(piece.encode())
    return digest.hexdigest()


def _written(values: tuple[object, ...]) -> Iterator[str]:
    """What `repr` gives, in pieces: of a gigabyte of text it would take several."""
    yield "("
    for start in range(0, len(values), PIECE):
        part = values[start : start + PIECE]
        yield ", " if start else ""
        if not isinstance(part[0], tuple):
            yield ", ".join(map(repr, part))
            continue
        for place, value in enumerate(part):
            yield ", " if place else ""
            yield from _written(value) if isinstance(value, tuple) else repr(value)
    yield ",)" if len(values) == 1 else ")"


def without_dev_rows(name: str, train: Rows, dev: Rows) -> Rows:
    """The training rows whose texts do not stand in dev, pairs in either order; case is ignored.

    Args:
        name: The task, for the message.
        train: Training rows.
        dev: Dev rows of the same task.

    Raises:
        DataError: If no row is left.
    """
    seen = set(_keys(dev))
    kept = [i for i, key in enumerate(_keys(train)) if key not in seen]
    if not kept:
        raise DataError(f"task {name}: remove_dev_rows leaves no training row; every one stands in dev too")
    return train.chosen(kept)


def _keys(rows: Rows) -> Iterator[frozenset[str]]:
    for texts in zip(*rows.texts, strict=True):
        yield frozenset(text.casefold() for text in texts)


def _of(task: str, splits: Mapping[Split, Mapping[str, _Part]]) -> dict[Split, _Part]:
    """What a task has in each split."""
    return {split: parts[task] for split, parts in splits.items() if task in parts}


def sorted_hashes(parts: Mapping[Split, Rows]) -> dict[Split, Hashes]:
    """What tells each row of a task from others, sorted, by split."""
    return {split: np.sort(hashes_of(rows.texts)) for split, rows in parts.items()}


def split_rows(
    task: Task,
    parts: Mapping[Split, Rows],
    hashes: Mapping[Split, Hashes],
    cut: Mapping[Split, float] | None = None,
) -> dict[Split, SplitRows]:
    """Where the rows of a task are from, and how many there are, by split.

    Args:
        task: The task.
        parts: Its rows.
        hashes: Their `sorted_hashes`.
        cut: The share of the rows of each split that have a text which is cut; None where it is not known.
    """
    source = task.source
    test = hashes.get("test")
    return {
        split: SplitRows(
            read=rows.read,
            dropped=rows.dropped,
            used=len(rows),
            file=name_of(source, split) if isinstance(source, FilesSource) else None,
            sha256=rows.sha256,
            labels=count_labels(task, rows) if task.classes else {},
            why=rows.why,
            doubles=count_doubles(hashes[split]),
            also_in={}
            if split != "test" or test is None
            else {other: count_common(test, found) for other, found in hashes.items() if other != "test"},
            cut=None if cut is None else cut[split],
            span=None if task.classes or not rows.labels else (min(rows.labels), max(rows.labels)),
        )
        for split, rows in parts.items()
    }


def _of_teacher(
    rows: dict[Split, SplitRows], taught: Taught | None, sha256: str | None
) -> dict[Split, SplitRows]:
    """The same rows, with what is known of the teacher of those that are trained on."""
    if taught is None:
        return rows
    count = int((~np.isnan(taught).any(axis=1)).sum())
    return rows | {"train": replace(rows["train"], teacher=sha256, taught=count)}


def _cut_shares(
    parts: Mapping[Split, Rows], data: Mapping[Split, TaskData], tokenizer: SentenceTokenizer
) -> dict[Split, float]:
    return {split: _cut_share(rows, data[split], tokenizer) for split, rows in parts.items()}


def _cut_share(rows: Rows, data: TaskData, tokenizer: SentenceTokenizer) -> float:
    """The share of the rows that have a text cut at `max_length`, by `CUT_ROWS` of them at most."""
    numbers = np.array(_sample_numbers(len(rows), CUT_ROWS))
    full = numbers[data.row_lengths[numbers] >= tokenizer.max_length].tolist()
    if not full:
        return 0.0
    if data.pairs is not None:
        pairs = [(rows.texts[0][i], rows.texts[1][i]) for i in full]
        return float(tokenizer.are_cut(pairs).sum()) / len(numbers)
    texts = [column[i] for column in rows.texts for i in full]
    cut = tokenizer.are_cut(texts).reshape(len(rows.texts), -1).any(axis=0)
    return float(cut.sum()) / len(numbers)


def count_labels(task: Task, rows: Rows) -> dict[str, int]:
    """How many rows have each class, by its name."""
    names = task.class_names
    return {names[int(label)]: count for label, count in sorted(Counter(rows.labels).items())}


def sample_of(rows: Rows, size: int) -> Rows:
    """Some training rows, the same in every trial, whatever its seed: their scores can be compared."""
    return rows.chosen(_sample_numbers(len(rows), size))


def _sample_numbers(rows: int, size: int) -> list[int]:
    numbers: list[int] = np.sort(np.random.default_rng(0).permutation(rows)[:size]).tolist()
    return numbers
