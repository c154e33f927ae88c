"""What a task's files hold, found in one pass and bounded memory: counts, labels, doubles, some rows."""

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import EncoderConfig
from ..result import SPLITS, Split
from ..sources import Column, FilesSource
from ..tasks import Task
from .hashes import Hashes, count_common, count_doubles
from .parts import Parts
from .rowchecker import CheckedRows, RowChecker
from .rows import OF_NO_SPLIT, each_origin, open_table
from .tokenizer import build_tokenizer

SAMPLE = 10_000
"""Rows of a source that are kept whole: those of the lowest hashes, the same ones wherever they stand."""

KEPT = 20_000
"""Characters of a text that are kept: more than the longest sentence has tokens."""

Text = Column | tuple[Column, ...]
"""The column of a text, or those that are joined into it."""

_CONTROLS = re.compile("[\x80-\x9f]")
"""Where Windows has quotation marks and dashes Latin-1 has control characters, which no text has."""


@dataclass(frozen=True)
class SampleRow:
    """A row as the trainer sees it.

    Attributes:
        number: Its place among the rows of its source, from 0.
        texts: Its texts, of each at most `KEPT` characters.
        label: Its label as a number.
        id: Its `id`, or its number.
    """

    number: int
    texts: tuple[str, ...]
    label: float
    id: str


@dataclass(frozen=True)
class SplitSurvey:
    """What one split of a task holds.

    Attributes:
        rows: Rows that can be used.
        why: Rows of its source that were left out, by the reason; all those of a shared source are train's.
        labels: How many rows have each label: all classes by number, or the lowest and highest score.
        doubles: Rows whose texts stand in an earlier row of the split.
        also_in: Rows whose texts stand in an earlier split too, by that split.
        sample: Some of the rows, in their order.
        digest: A hash of the texts of its rows, in whatever order they stand.
        controls: Texts of its source that have one of `_CONTROLS`, by their column; looked for in Latin-1
            alone, and all those of a shared source are train's.
    """

    rows: int
    why: Mapping[str, int]
    labels: Mapping[float, int]
    doubles: int
    also_in: Mapping[Split, int]
    sample: Sequence[SampleRow]
    digest: str = ""
    controls: Mapping[Text, int] = field(default_factory=dict)


def survey(
    task_name: str, task: Task, splits: Sequence[Split], data: Path | None
) -> dict[Split, SplitSurvey]:
    """Reads splits of a task once, and keeps some 20 bytes of each row.

    Args:
        task_name: Name of the task, for messages.
        task: The task.
        splits: Which splits.
        data: Folder of the data files (SWEEPER_DATA); needed by tasks of source `files` only.

    Raises:
        DataError: The source is missing or malformed, or a row is; the message says where.
    """
    found = each_origin(task_name, task, splits, lambda origin: _look(task, origin, data))
    wanted = [split for split in SPLITS if split in splits]
    return {
        split: SplitSurvey(
            rows=len(found[split].hashes),
            why=found[split].why,
            labels=_counts(task, found[split].labels),
            doubles=count_doubles(found[split].hashes),
            also_in={
                other: count_common(found[split].hashes, found[other].hashes)
                for other in wanted[: wanted.index(split)]
            },
            sample=found[split].sample,
            digest=hashlib.sha256(found[split].hashes.tobytes()).hexdigest(),
            controls=found[split].controls,
        )
        for split in wanted
    }


def cut_shares(
    encoder: EncoderConfig,
    tasks: Mapping[str, Task],
    surveys: Mapping[str, Mapping[Split, SplitSurvey]],
) -> dict[str, dict[Split, float]]:
    """The share of rows with a text that is cut at ``encoder.max_length``, of the sample of each split.

    Of tasks with ``pair_encoding: joint`` it is that of rows whose pair is cut.

    Args:
        encoder: The encoder; the vocabulary of a tiny one is that of the sample.
        tasks: The tasks.
        surveys: By task.

    Raises:
        EncoderError: If its tokenizer cannot be loaded.
    """
    train = [text for found in surveys.values() for row in found["train"].sample for text in row.texts]
    tokenizer = build_tokenizer(encoder, train)

    def share(task: Task, rows: Sequence[SampleRow]) -> float:
        if task.pair_encoding == "joint":
            return float(tokenizer.are_cut([(row.texts[0], row.texts[1]) for row in rows]).mean())
        texts = [text for row in rows for text in row.texts]
        return float(tokenizer.are_cut(texts).reshape(len(rows), -1).any(axis=1).mean())

    return {
        name: {split: share(tasks[name], part.sample) for split, part in found.items() if part.sample}
        for name, found in surveys.items()
    }


@dataclass(frozen=True)
class _Seen:
    """The rows of one split: sorted hashes, labels, and some whole ones."""

    hashes: Hashes
    labels: NDArray[np.float64]
    why: Mapping[str, int]
    sample: Sequence[SampleRow]
    controls: Mapping[Text, int]


class _Sample:
    """The rows of the lowest hashes."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, SampleRow]] = []  # a heap, the highest hash first

    def add(self, rows: CheckedRows, first: int) -> None:
        low = np.ones(len(rows.labels), dtype=bool)
        if len(self._rows) == SAMPLE:
            low = rows.hashes < np.uint64(-self._rows[0][0])
        for i in np.flatnonzero(low).tolist():
            texts = tuple(text[i][:KEPT] for text in rows.texts)
            row = SampleRow(first + i, texts, rows.labels[i], rows.ids[i])
            entry = (-int(rows.hashes[i]), -row.number, row)
            if len(self._rows) < SAMPLE:
                heapq.heappush(self._rows, entry)
            else:
                heapq.heappushpop(self._rows, entry)

    def rows(self) -> list[SampleRow]:
        return sorted((row for _, _, row in self._rows), key=lambda row: row.number)


def _look(task: Task, origin: Split, data: Path | None) -> dict[Split, _Seen]:
    """Reads a source, and tells its rows apart by their splits."""
    table = open_table(task, origin, data)
    parts, sample = Parts(task, origin), _Sample()
    checker = RowChecker(task, origin, table, (*parts.groups, *parts.columns))
    # Grown in place: a list of arrays would be there twice when they are joined.
    hashes, labels = bytearray(), bytearray()
    latin = isinstance(task.source, FilesSource) and task.source.encoding == "latin-1"
    controls: Counter[Text] = Counter()
    for rows in checker.rows():
        parts.add(rows)
        sample.add(rows, len(hashes) // 8)
        for name, texts in zip(task.text, rows.texts, strict=True) if latin else ():
            controls[name] += sum(_CONTROLS.search(text) is not None for text in texts)
        hashes += rows.hashes.tobytes()
        labels += np.asarray(rows.labels, dtype=np.float64).tobytes()
    all_hashes, all_labels = np.frombuffer(hashes, dtype="<u8"), np.frombuffer(labels, dtype=np.float64)
    if not parts.others:
        all_hashes.sort()
        return {origin: _Seen(all_hashes, all_labels, dict(checker.left_out), sample.rows(), +controls)}
    taken = parts.taken(table.where, checker.values)
    kept = sample.rows()
    why = dict(checker.left_out) | ({OF_NO_SPLIT: checker.elsewhere} if checker.elsewhere else {})
    return {
        split: _Seen(
            np.sort(all_hashes[mask]),
            all_labels[mask],
            why if split == origin else {},
            [row for row in kept if mask[row.number]],
            +controls if split == origin else {},
        )
        for split, mask in taken.items()
    }


def _counts(task: Task, labels: NDArray[np.float64]) -> dict[float, int]:
    if task.classes is not None:
        counted = Counter(dict(zip(*np.unique(labels, return_counts=True), strict=True)))
        return {float(number): int(counted[number]) for number in range(task.classes)}
    return {float(end): int(np.count_nonzero(labels == end)) for end in (labels.min(), labels.max())}
