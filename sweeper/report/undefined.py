"""Whether labels allow a task a score: as trials recorded what they read, or as predictions tell. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from model.predictions import Predictions
from model.tasks import Task

Scorable = Mapping[tuple[str, str], bool]
"""Whether the labels of a split allow a score, by task and split; what is not known is left out."""


def recorded_scorable(tasks: Mapping[str, Task], inputs: Iterable[Mapping[str, Any]]) -> Scorable:
    """Whether labels allow a score, as trials recorded what they read.

    Args:
        tasks: The tasks.
        inputs: What trials were made from.

    Returns:
        Where trials read different rows, whether those of any allow one.
    """
    found: dict[tuple[str, str], bool] = {}
    for content in inputs:
        for name, splits in content.get("rows", {}).items():
            for split, part in splits.items() if name in tasks else ():
                if labels := _labels(tasks[name], part):
                    allowed = tasks[name].scorer.defined(np.array(labels, dtype=np.float64))
                    found[name, split] = found.get((name, split), False) or allowed
    return found


def scorable_by_predictions(
    tasks: Mapping[str, Task], recorded: Scorable, kept: Iterable[Mapping[str, Predictions] | None]
) -> dict[str, bool]:
    """Whether the dev labels of a task allow a score, as predictions tell; no more are read than it needs.

    Args:
        tasks: The tasks.
        recorded: What is known without: these tasks are not looked at.
        kept: The predictions of trials, one by one.
    """
    asked = {name for name in tasks if (name, "dev") not in recorded}
    found: dict[str, bool] = {}
    for each in kept if asked else ():
        for name in asked & (each or {}).keys() - found.keys():
            found[name] = tasks[name].scorer.defined((each or {})[name].labels)
        if found.keys() >= asked:
            break
    return found


def _labels(task: Task, part: Mapping[str, Any]) -> list[float]:
    """Every label that rows have, of a similarity the lowest and the highest; none where not recorded."""
    counts = part.get("labels") or {}
    classes = [float(number) for number, name in enumerate(task.class_names) if name in counts]
    return classes or [*(part.get("span") or ())]
