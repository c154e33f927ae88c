"""Settings with which nobody can train: too many classes, a range too wide, a value of two splits."""

import math
from collections.abc import Iterator
from itertools import chain

from model.config import TrainConfig
from model.config.trainers import AnyConfig
from model.label import key_of, shown
from model.result import SPLITS
from model.sources import FilesSource, SplitColumn
from model.tasks import Task

from .problem import FieldError, FieldPath, SettingError
from .settings import field_path
from .study import Study

CLASSES = 10_000
"""Classes of a task: the table of which were taken for which has 10^8 cells then."""

_MOST = f"must be at most {CLASSES:,}"


def check_extremes(study: Study) -> None:
    """Refuses tasks of too many classes, or with a range that is too wide, and what else lies out of bounds.

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
        for path, reason in _all_problems(one.config):
            problem = FieldError(path, reason)
            raise study.blame.explain(problem, one.name, study.first_of(one.name), entries)


def _counts_classes(path: tuple[str, ...]) -> bool:
    return (path[0], path[-1]) == ("tasks", "classes")


def _all_problems(config: AnyConfig) -> Iterator[tuple[FieldPath, str]]:
    """The settings of an arm that are out of all bounds, and what is wrong with each."""
    for name, task in config.tasks.items():
        for field, reason in _problems(task):
            yield ("tasks", name, field), reason
        if isinstance(task.source, FilesSource) and task.source.split is not None:
            for field, reason in _of_two_splits(task.source.split):
                # Where pydantic has the kind of a source.
                yield ("tasks", name, "source", task.source.kind, "split", field), reason
    if not math.isfinite(sum(map(config.overall.weight, config.tasks))):
        yield ("overall", "weights"), "the weights of the tasks add up to more than any number"
    if isinstance(config, TrainConfig) and not all(0 <= one < 1 for one in config.smart.bregman_decays):
        yield ("smart", "bregman_decays"), "each must be at least 0 and less than 1"


def _of_two_splits(split: SplitColumn) -> Iterator[tuple[str, str]]:
    """The lists of values in which one stands that another list has too, or the same once before."""
    seen: dict[str, str] = {}
    for field in SPLITS:
        for value in getattr(split, field):
            before = seen.get(key_of(value))
            if before == field:
                yield field, f"{shown(value)} stands in split.{field} twice"
            elif before is not None:
                yield field, f"{shown(value)} stands in split.{before} too: a row has one split"
            seen[key_of(value)] = field


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
