"""What a trial trained on: the rows and files that it read, pretrained weights, the size of its network."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .result import Split

CUT_ROWS = 10_000
"""Rows of a split, always the same, of which is known how many are cut."""

READ_BY = (
    *("kind", "classes", "range", "labels", "threshold", "missing", "source", "text", "label"),
    *("train_rows", "dev_rows"),
)
"""Settings of a task that decide its rows, and what they say."""


@dataclass(frozen=True)
class SplitRows:
    """Where the rows of one split of one task are from, and how many there are.

    Attributes:
        read: Rows of the source.
        dropped: Of these, rows that were left out, as `why` says.
        used: Rows that were trained on or scored, after a subset was taken and, in train, dev rows removed.
        file: Name of the data file; None for another source.
        sha256: SHA-256 of that file's bytes.
        labels: How many of the rows used have each class, by its name; empty for a similarity.
        why: How many rows were left out, by the reason.
        doubles: Rows used whose texts stand in another of them too.
        also_in: Rows used whose texts stand in train or dev too, by that split; of test rows alone.
        teacher: SHA-256 of the file of a teacher's predictions for the rows; None without one.
        taught: How many of the rows used have one.
        cut: Share of the rows used that have a text cut at ``encoder.max_length``, of `CUT_ROWS` of them;
            None where a trainer is own code, of which earlier versions recorded 0.
        span: The lowest and the highest label of the rows used, of a similarity; None for classes, and where
            earlier versions recorded none.
    """

    read: int
    dropped: int
    used: int
    file: str | None = None
    sha256: str | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    why: Mapping[str, int] = field(default_factory=dict)
    doubles: int = 0
    also_in: Mapping[Split, int] = field(default_factory=dict)
    cut: float | None = 0.0
    teacher: str | None = None
    taught: int = 0
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Inputs:
    """All that a trial trained on.

    Attributes:
        rows: By task and split.
        dev_in_train: For each task, the dev rows that also stand among the training rows: the same texts, a
            pair in either order, whatever the case.
        weights: SHA-256 of the file of the pretrained encoder's weights, and of a list of names and hashes
            where they are several; None for an encoder that begins from nothing.
        parameters: Number of the network's weights.
        data: SHA-256 of every text and label of train and dev, whatever else the trial reads (test rows, a
            teacher's predictions); None where that is not known.
    """

    rows: Mapping[str, Mapping[Split, SplitRows]]
    dev_in_train: Mapping[str, int]
    weights: str | None
    parameters: int
    data: str | None = None
