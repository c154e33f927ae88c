"""An ensemble in a file: its members, and what it predicts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.files import write_beside
from model.tasks import Task

from ...errors import InputError
from ...paths import check_target
from .average import outputs_of
from .halves import Run
from .stored import StoredEnsemble


def check_name(file: Path) -> None:
    """Looks whether an ensemble can be written to a file of this name.

    Raises:
        InputError: If its suffix is another one, or it is a folder.
    """
    check_target(file, "--output")
    if file.suffix != ".json":
        raise InputError(f"--output {str(file)!r}: suffix {file.suffix!r} is not known; known: .json")


def write_ensemble(found: StoredEnsemble, file: Path) -> None:
    """Writes it as JSON, numbers in full; a file that is there is replaced at once."""
    write_beside(file, json.dumps(ensemble_json(found)) + "\n")


def ensemble_json(found: StoredEnsemble) -> dict[str, Any]:
    """Its members, with how often each was picked, and what it predicts for dev and test rows."""
    return {
        "study": found.study,
        "overall": found.overall.words(found.tasks),
        "members": [{"trial": number, "picks": count} for number, count in found.picks.items()],
        "dev": _columns(found.tasks, found.predictions),
        "scored_on": {name: places.tolist() for name, places in found.halves.scoring.items()},
        "test": _columns(found.tasks, found.tested.predictions),
    }


def _columns(tasks: Mapping[str, Task], run: Run) -> dict[str, Any]:
    """For each task a list a column: ids, predictions, of classes their probabilities."""
    columns: dict[str, Any] = {}
    for name, one in run.items():
        columns[name] = {"id": one.ids.tolist(), "prediction": one.predicted.tolist()}
        if tasks[name].range is None:
            shares = outputs_of(tasks[name], one).T.tolist()
            columns[name]["probability"] = dict(zip(tasks[name].class_names, shares, strict=True))
    return columns
