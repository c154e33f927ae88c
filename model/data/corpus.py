"""The data of a trial: the splits of all tasks, tokenised, and what identifies them."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..config import TrainConfig
from ..errors import DataError
from ..inputs import SplitRows
from ..result import Split
from ..sources import FilesSource, name_of
from ..tasks import Task
from .rows import Rows, check
from .tokenizer import SentenceTokenizer, build_tokenizer
from .tokens import TaskData, tokenise


@dataclass(frozen=True)
class Corpus:
    """The data of a trial.

    Attributes:
        tokenizer: Made the token ids.
        train: Training rows of each task.
        dev: Dev rows of each task.
        test: Test rows of each task; empty unless ``score_test`` is set.
        sample: The training rows of each task that are scored at every epoch.
        fingerprint: SHA-256 of the configuration and of every text and label.
        data_fingerprint: SHA-256 of every text and label alone.
        rows: Where the rows of each task are from, and how many there are, by split.
        dev_in_train: Dev rows of each task that also stand in its training rows.
    """

    tokenizer: SentenceTokenizer
    train: dict[str, TaskData]
    dev: dict[str, TaskData]
    test: dict[str, TaskData]
    sample: dict[str, TaskData]
    fingerprint: str
    data_fingerprint: str
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
    rows = check(config, data)
    train = {name: parts["train"] for name, parts in rows.items()}
    dev = {name: parts["dev"] for name, parts in rows.items()}
    test = {name: parts["test"] for name, parts in rows.items() if "test" in parts}
    if config.remove_dev_rows:
        train = {name: without_dev_rows(name, rows, dev[name]) for name, rows in train.items()}
    texts = [text for rows in train.values() for column in rows.texts for text in column]
    tokenizer = build_tokenizer(config.encoder, texts)

    def tokenised(rows: dict[str, Rows]) -> dict[str, TaskData]:
        return {name: tokenise(config.tasks[name], part, tokenizer, cache) for name, part in rows.items()}

    digest, data_digest = hashlib.sha256(config.fingerprint().encode()), hashlib.sha256()
    for part in (*train.values(), *dev.values(), *test.values()):
        content = repr((part.texts, part.labels)).encode()
        digest.update(content)
        data_digest.update(content)
    return Corpus(
        tokenizer=tokenizer,
        train=tokenised(train),
        dev=tokenised(dev),
        test=tokenised(test),
        sample=tokenised({name: _sample(rows, config.train_sample) for name, rows in train.items()}),
        fingerprint=digest.hexdigest(),
        data_fingerprint=data_digest.hexdigest(),
        rows={
            name: _split_rows(task, {"train": train, "dev": dev, "test": test}, name)
            for name, task in config.tasks.items()
        },
        dev_in_train={name: count_dev_in_train(rows, dev[name]) for name, rows in train.items()},
    )


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


def count_dev_in_train(train: Rows, dev: Rows) -> int:
    """How many dev rows have texts that stand in train too, pairs in either order; case is ignored."""
    dev_keys = _keys(dev)
    seen = set(dev_keys).intersection(_keys(train))
    return sum(key in seen for key in dev_keys)


def _keys(rows: Rows) -> list[frozenset[str]]:
    return [frozenset(text.casefold() for text in texts) for texts in zip(*rows.texts, strict=True)]


def _split_rows(task: Task, parts: Mapping[Split, Mapping[str, Rows]], name: str) -> dict[Split, SplitRows]:
    source = task.source
    return {
        split: SplitRows(
            read=rows[name].read,
            dropped=rows[name].dropped,
            used=len(rows[name]),
            file=name_of(source, split) if isinstance(source, FilesSource) else None,
            why=rows[name].why,
            sha256=rows[name].sha256,
            labels=_count_labels(task, rows[name]) if task.classes else {},
        )
        for split, rows in parts.items()
        if name in rows
    }


def _count_labels(task: Task, rows: Rows) -> dict[str, int]:
    return {task.class_names[int(label)]: count for label, count in sorted(Counter(rows.labels).items())}


def _sample(rows: Rows, size: int) -> Rows:
    # The same rows in every trial, whatever its seed, so that training scores can be compared.
    return rows.chosen(np.sort(np.random.default_rng(0).permutation(len(rows))[:size]).tolist())
