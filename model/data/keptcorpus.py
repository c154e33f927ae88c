"""The corpus of a trial in the cache, so that the trials after it need not read the same files again."""

import hashlib
import json
import platform
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache as once
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray
from pydantic import TypeAdapter

from ..config import EncoderConfig, TrainConfig
from ..encoders import ENCODERS
from ..errors import DataError
from ..inputs import READ_BY, SplitRows
from ..plugins.ownencoder import identity_of
from ..result import SPLITS, Split
from ..sources import FilesSource, HubSource, origin_of
from ..tasks import Task
from .corpus import Corpus, load_corpus
from .entry import Entry
from .files import file_state
from .pairs import PairForm, Pairs
from .teacher import teacher_state
from .tokenizer import SentenceTokenizer, build_tokenizer, tokenizer_from_json
from .tokens import KeptSentences, TaskData

CORPORA = "corpora"
"""Folder of the corpora in the cache."""

SETTLED_SECONDS = 2.0
"""A file that changed less than this before it was read may change again without getting a new time."""

_READ = {*READ_BY, "groups", "pair_encoding"}
"""Settings of a task that decide its rows, their groups, and how many of them are cut."""

_RECORD, _ARRAYS = "corpus.json", "arrays.npz"


@dataclass(frozen=True)
class _Part:
    """What is kept of one split of one task, beside its arrays; split ``sample`` is that of training rows."""

    task: str
    split: str
    sentences: KeptSentences
    groups: tuple[str, ...]


@dataclass(frozen=True)
class _Record:
    """What is kept of a corpus, beside its arrays; the tokenizer only if it was made from the texts."""

    entry: str
    data_fingerprint: str
    rows_fingerprint: str
    tokenizer: str | None
    pad_id: int
    rows: dict[str, dict[Split, SplitRows]]
    dev_in_train: dict[str, int]
    parts: tuple[_Part, ...]


_RECORDS = TypeAdapter(_Record)


def kept_corpus(config: TrainConfig, data: Path | None, cache: Path) -> Corpus:
    """What `load_corpus` gives; files whose path, size and times are as they were are not read again.

    What is kept belongs to the settings that decide the rows, to the tokenizer, and to the code that read.
    Nothing is kept of a hub, whose library has a cache of its own, nor where no task has files.

    Args:
        config: The trial; what it does not train is not read.
        data: Folder of the user's data files; None where the tasks need none.
        cache: Folder of the cache.

    Raises:
        DataError: If the data is missing or malformed.
        EncoderError: If the tokenizer cannot be loaded.
    """
    config = config.of_trained()
    learned = ENCODERS[config.encoder.source].from_text
    tokenizer = None if learned else build_tokenizer(config.encoder, [])
    entry = _entry(config, data, tokenizer, cache)
    if entry is None:
        return load_corpus(config, data, cache)
    load = partial(_load, config, tokenizer, cache)
    corpus = entry.read(load)
    if corpus is None:
        corpus = load_corpus(config, data, cache)
        if entry == _entry(config, data, tokenizer, cache):
            # The next trial reads the files again where there is no room for it.
            with suppress(OSError):
                entry.write(partial(_save, corpus, entry.root.name, learned=learned), load)
    return corpus


def _entry(
    config: TrainConfig, data: Path | None, tokenizer: SentenceTokenizer | None, cache: Path
) -> Entry | None:
    """Where the corpus belongs; None if it is not to be kept."""
    sources = [task.source for task in config.tasks.values()]
    if any(isinstance(source, HubSource) for source in sources):
        return None
    splits = SPLITS if config.score_test else SPLITS[:2]
    try:
        states = [
            file_state(source, split, data)
            for source in sources
            if isinstance(source, FilesSource)
            for split in dict.fromkeys(origin_of(source, split) for split in splits)
        ]
        states += [teacher_state(file, data) for file in config.distillation.teacher.values()]
    except DataError:
        return None  # reading says what is wrong
    if not states or time.time() - max(state.changed for state in states) < SETTLED_SECONDS:
        return None
    made_from = {
        "tasks": {name: _reading(task) for name, task in config.tasks.items()},
        "files": [asdict(state) for state in states],
        "tokenizer": _learned_from(config.encoder) if tokenizer is None else tokenizer.fingerprint(),
        "max_length": config.encoder.max_length,
        "splits": splits,
        "teacher": config.distillation.teacher,
        "remove_dev_rows": config.remove_dev_rows,
        "train_sample": config.train_sample,
        "code": _code(),
    }
    name = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    return Entry(cache / CORPORA / name, (_RECORD, _ARRAYS))


def _learned_from(encoder: EncoderConfig) -> object:
    """What decides on a tokenizer that is made from the training texts, beside these."""
    own = ENCODERS[encoder.source].tokenizer is not None
    return identity_of(encoder) if own else encoder.vocabulary


def _reading(task: Task) -> object:
    """The settings of a task that decide its rows, fit for JSON."""
    return task.model_dump(mode="json", include=_READ)


@once
def _code() -> str:
    """SHA-256 of the code that reads rows, and of the versions of Python and of the tokenizers beneath it."""
    digest = hashlib.sha256(f"{platform.python_version()} {tokenizers.__version__}".encode())
    room = Path(__file__).parent
    below = (room.parent / f"{name}.py" for name in ("label", "sources", "tasks"))
    for file in (*sorted(room.rglob("*.py")), *below):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _parts(corpus: Corpus) -> dict[str, dict[str, TaskData]]:
    return {"train": corpus.train, "dev": corpus.dev, "test": corpus.test, "sample": corpus.sample}


def _save(corpus: Corpus, name: str, place: Path, *, learned: bool) -> None:
    """Writes a corpus into a folder; its tokenizer only if it was learned from the texts."""
    parts: list[_Part] = []
    arrays: dict[str, NDArray[Any]] = {}
    for split, tasks in _parts(corpus).items():
        for task, part in tasks.items():
            prefix = len(parts)
            arrays |= {f"{prefix}.labels": part.labels, f"{prefix}.words": part.words}
            arrays[f"{prefix}.ids"] = np.asarray(part.ids, dtype=np.str_)
            for number, column in enumerate(part.groups.values()):
                arrays[f"{prefix}.group.{number}"] = np.asarray(column, dtype=np.str_)
            if part.taught is not None:
                arrays[f"{prefix}.taught"] = part.taught
            if part.pairs is not None:
                arrays[f"{prefix}.longer"] = part.pairs.longer
            parts.append(_Part(task, split, part.kept, tuple(part.groups)))
    record = _Record(
        entry=name,
        data_fingerprint=corpus.data_fingerprint,
        rows_fingerprint=corpus.rows_fingerprint,
        tokenizer=corpus.tokenizer.backend.to_str() if learned else None,
        pad_id=corpus.tokenizer.pad_id,
        rows=corpus.rows,
        dev_in_train=corpus.dev_in_train,
        parts=tuple(parts),
    )
    (place / _RECORD).write_bytes(_RECORDS.dump_json(record))
    np.savez(place / _ARRAYS, allow_pickle=False, **arrays)


def _load(
    config: TrainConfig, tokenizer: SentenceTokenizer | None, cache: Path, place: Path
) -> Corpus | None:
    """The corpus that `_save` wrote; None if it is another entry's, or its token ids are gone."""
    record = _RECORDS.validate_json((place / _RECORD).read_bytes())
    if record.entry != place.name:
        return None
    if tokenizer is None:
        tokenizer = tokenizer_from_json(record.tokenizer or "", record.pad_id, config.encoder)
    found: dict[str, dict[str, TaskData]] = {"train": {}, "dev": {}, "test": {}, "sample": {}}
    with np.load(place / _ARRAYS, allow_pickle=False) as arrays:
        for prefix, part in enumerate(record.parts):
            sentences = part.sentences.read(tokenizer, cache)
            if sentences is None:
                return None
            form = PairForm.of(tokenizer) if f"{prefix}.longer" in arrays else None
            found[part.split][part.task] = TaskData(
                task=config.tasks[part.task],
                sentences=sentences,
                kept=part.sentences,
                labels=arrays[f"{prefix}.labels"],
                ids=tuple(arrays[f"{prefix}.ids"].tolist()),
                words=arrays[f"{prefix}.words"],
                groups={
                    name: tuple(arrays[f"{prefix}.group.{number}"].tolist())
                    for number, name in enumerate(part.groups)
                },
                taught=arrays.get(f"{prefix}.taught"),
                pairs=None if form is None else Pairs(sentences, form, arrays[f"{prefix}.longer"]),
            )
    return Corpus(
        tokenizer=tokenizer,
        train=found["train"],
        dev=found["dev"],
        test=found["test"],
        sample=found["sample"],
        data_fingerprint=record.data_fingerprint,
        rows_fingerprint=record.rows_fingerprint,
        rows=record.rows,
        dev_in_train=record.dev_in_train,
    )
