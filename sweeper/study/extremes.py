"""Tasks that nobody can train: of too many classes, or of a range that is too wide."""

import math
from collections.abc import Iterator
from itertools import chain

from model.tasks import Task

from .problem import FieldError, SettingError
from .settings import field_path
from .study import Study

CLASSES = 10_000
"""Classes of a task: the table of which were taken for which has 10^8 cells then."""

_MOST = f"must be at most {CLASSES:,}"


def check_extremes(study: Study) -> None:
    """Refuses tasks of too many classes, or with a range that is too wide.

    Asked of files alone: studies may have been begun with one before it was refused, and go on.

    Raises:
        SettingError: If an arm has one with some values of the space: it names what sets it.
    """
    for _, arm, key, entry in study.searched.entries():
        if not _counts_classes(field_path(key)):
            continue
        queued = (params[key] for params in study.spec.enqueue if key in params)
        for value in chain(entry.probes(), queued):
            if isinstance(value, int) and value > CLASSES:
                document, path = study.blame.place_of(key, arm)
                raise SettingError(document, FieldError(path, _MOST, value), f"study {study.name!r}")
    for one in study.arms():
        entries = study.spaces[one.name].entries
        for name, task in one.config.tasks.items():
            for field, reason in _problems(task):
                problem = FieldError(("tasks", name, field), reason)
                raise study.blame.explain(problem, one.name, study.first_of(one.name), entries)


def _counts_classes(path: tuple[str, ...]) -> bool:
    return (path[0], path[-1]) == ("tasks", "classes")


def _problems(task: Task) -> Iterator[tuple[str, str]]:
    """The fields that are out of all bounds, and what is wrong with each."""
    count = task.classes or 0
    if count > CLASSES and task.labels is None:
        yield "classes", _MOST
    elif count > CLASSES:
        yield "labels", f"holds {count:,} values; there are {CLASSES:,} at most"
    low, high = task.range or (0.0, 1.0)
    if not math.isfinite((high - low) * (high - low)):
        yield "range", "is too wide: squared errors would be larger than any number"
