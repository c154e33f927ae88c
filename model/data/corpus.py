"""The data of a trial: the splits of all tasks, tokenised, and what identifies them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..config import TrainConfig
from ..errors import DataError
from .rows import Rows, read
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
    """

    tokenizer: SentenceTokenizer
    train: dict[str, TaskData]
    dev: dict[str, TaskData]
    test: dict[str, TaskData]
    sample: dict[str, TaskData]
    fingerprint: str
    data_fingerprint: str


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
    train = {name: read(name, task, "train", data) for name, task in config.tasks.items()}
    dev = {name: read(name, task, "dev", data) for name, task in config.tasks.items()}
    scored = config.tasks if config.score_test else {}
    test = {name: read(name, task, "test", data) for name, task in scored.items()}
    if config.remove_dev_rows:
        train = {name: without_dev_rows(name, rows, dev[name]) for name, rows in train.items()}
    texts = [text for rows in train.values() for column in rows.texts for text in column]
    tokenizer = build_tokenizer(config.encoder, texts)

    def tokenised(rows: dict[str, Rows]) -> dict[str, TaskData]:
        return {name: tokenise(config.tasks[name], part, tokenizer, cache) for name, part in rows.items()}

    digest, data_digest = hashlib.sha256(config.fingerprint().encode()), hashlib.sha256()
    for rows in (*train.values(), *dev.values(), *test.values()):
        content = repr((rows.texts, rows.labels)).encode()
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

    def key(rows: Rows, i: int) -> frozenset[str]:
        return frozenset(column[i].casefold() for column in rows.texts)

    seen = {key(dev, i) for i in range(len(dev))}
    kept = [i for i in range(len(train)) if key(train, i) not in seen]
    if not kept:
        raise DataError(f"task {name}: remove_dev_rows leaves no training row; every one stands in dev too")
    return train.chosen(kept)


def _sample(rows: Rows, size: int) -> Rows:
    # The same rows in every trial, whatever its seed, so that training scores can be compared.
    return rows.chosen(np.sort(np.random.default_rng(0).permutation(len(rows))[:size]).tolist())
