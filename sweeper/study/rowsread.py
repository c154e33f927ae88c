"""Which rows trials read, as far as that is recorded, and whether they changed on the way."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from model.inputs import READ_BY
from model.tasks import Task

from ..trial import TrialRow

DataRead = tuple[str, str]
"""The settings that decide what is read, as JSON, and the SHA-256 of what was."""


def data_read(trial: TrialRow, kept: Mapping[str, Mapping[str, Any]]) -> tuple[DataRead, ...]:
    """The rows of train and dev that a trial read, and the files of its teachers; those that are recorded.

    Args:
        trial: The trial.
        kept: What the trials of its study were made from, by the digests that they name.
    """
    found = {name: splits.get("train", {}) for name, splits in _inputs(trial, kept).get("rows", {}).items()}
    teachers = (
        (json.dumps(["teacher", name, file]), found.get(name, {}).get("teacher"))
        for name, file in _teachers(trial).items()
    )
    rows = rows_read(trial, kept)
    return (*([] if rows is None else [rows]), *((which, read) for which, read in teachers if read))


def rows_read(trial: TrialRow, kept: Mapping[str, Mapping[str, Any]]) -> DataRead | None:
    """The rows of train and dev that a trial read; None where nothing of them is recorded.

    Args:
        trial: The trial.
        kept: What the trials of its study were made from, by the digests that they name.
    """
    config = trial.config
    chosen = config.get("train_tasks")
    settings: list[Any] = [config.get("remove_dev_rows", False)]
    settings += [
        (name, _decisive(json.dumps(task)))
        for name, task in (config.get("tasks") or {}).items()
        if chosen is None or name in chosen
    ]
    rows = _inputs(trial, kept).get("data")
    if rows is None:
        # Earlier versions recorded one hash of all that is read: only where that is alike can it be compared.
        rows = trial.fingerprint
        settings += [one for one in (config.get("score_test"), _teachers(trial)) if one]
    return None if rows is None else (json.dumps(settings), rows)


def _inputs(trial: TrialRow, kept: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return kept.get(trial.inputs or "", {})


def _teachers(trial: TrialRow) -> dict[str, str]:
    """The file of each task's teacher."""
    found: dict[str, str] = (trial.config.get("distillation") or {}).get("teacher") or {}
    return found


@lru_cache
def _decisive(task: str) -> dict[str, Any]:
    """Those of a task's settings that decide its rows, with the defaults that an earlier version left out."""
    given = json.loads(task)
    try:
        return Task.model_validate(given).model_dump(mode="json", include=set(READ_BY))
    except ValidationError:
        return {name: given[name] for name in READ_BY if name in given}


def versions(read: Iterable[DataRead]) -> tuple[str, ...]:
    """What trials read, by SHA-256: several where some of the same settings read something else.

    Where settings say that trials read different rows, as of an arm with fewer training rows, these are not
    compared, and what the first one read is told.
    """
    found = _by_settings(read)
    of_first: dict[str, None] = next(iter(found.values()), {})
    return tuple(next((each for each in found.values() if len(each) > 1), of_first))


def read_apart(one: Iterable[DataRead], other: Iterable[DataRead]) -> bool:
    """Whether something else was read here than there at the same settings, as far as both are known."""
    ours, theirs = _by_settings(one), _by_settings(other)
    return any(rows != theirs.get(settings, rows) for settings, rows in ours.items())


def _by_settings(read: Iterable[DataRead]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for settings, rows in read:
        found.setdefault(settings, {})[rows] = None
    return found
