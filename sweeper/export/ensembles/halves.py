"""The dev rows in two halves: the one chooses who is in an ensemble, the other scores it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.predictions import Predictions
from model.tasks import Task

from ...errors import InputError

Places = Mapping[str, NDArray[np.intp]]
"""Places of rows in the order of the dev split, rising, by task."""

Run = Mapping[str, Predictions]
"""Predictions by task: those of one network, or of several together."""


@dataclass(frozen=True)
class Halves:
    """Which rows of each task do what; each row stands in one of the two.

    Attributes:
        choosing: The rows on which members are chosen.
        scoring: The rows on which the ensemble is scored.
    """

    choosing: Places
    scoring: Places


def halve(tasks: Mapping[str, Task], rows: Run, seed: int) -> Halves:
    """The halves of dev rows: random, and always the same for the same rows, in whatever order they stand.

    Rows are put in the order of a hash of seed, task and id, classes apart, and fall to the two in turn: of
    each class, and of all rows, one has at most one more than the other.

    Args:
        tasks: The tasks.
        rows: The rows: ids and labels of any run.
        seed: The study's.

    Raises:
        InputError: If a task has fewer than two rows.
    """
    choosing, scoring = {}, {}
    for name, task in tasks.items():
        ids, labels = rows[name].ids, rows[name].labels
        if len(ids) < 2:
            raise InputError(f"task {name} has {len(ids)} dev row: none is left to score an ensemble on")
        drawn = [hashlib.sha256(f"{seed}\0{name}\0{one}".encode()).digest() for one in ids.tolist()]
        strata = labels.tolist() if task.range is None else [0.0] * len(ids)
        order = sorted(range(len(ids)), key=lambda place: (strata[place], drawn[place]))
        choosing[name] = np.sort(np.array(order[::2], dtype=np.intp))
        scoring[name] = np.sort(np.array(order[1::2], dtype=np.intp))
    return Halves(choosing, scoring)


def rows_at(run: Run, places: Places) -> Run:
    """The predictions for some of the rows; words and groups are left out."""
    return {
        name: replace(
            run[name],
            ids=run[name].ids[at],
            predicted=run[name].predicted[at],
            labels=run[name].labels[at],
            words=None,
            groups={},
            scores=None if (scores := run[name].scores) is None else scores[at],
        )
        for name, at in places.items()
    }
