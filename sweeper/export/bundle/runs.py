"""The predictions of a study's trials: taken into a bundle, and laid out again as its runs left them."""

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from model.files import RunFolder, sha256, write_beside
from model.predictions import read_predictions, save_predictions
from model.tasks import Task

from ...errors import InputError
from ...paths import Home, check_study
from ...runs.folder import StudyFolder
from ...runs.mark import FILE as MARK
from ...runs.origin import FILE as ORIGIN
from ...runs.origin import RunOrigin
from ...trial import TrialRow
from .arrays import Array, ArrayShelf, predictions_of

_DAMAGED = "damaged"

_ORIGIN = TypeAdapter(RunOrigin)


def take_runs(
    folder: StudyFolder, trials: Sequence[TrialRow], tasks: Mapping[str, Task], shelf: ArrayShelf
) -> dict[str, Any]:
    """What the trials of a study left, fit for JSON.

    A file that a report leaves out, as another study's or damaged, is there without its contents, so that the
    bundle's report leaves it out for the same reason.

    Args:
        folder: The folder of the study's runs.
        trials: The trials.
        tasks: Their tasks.
        shelf: Takes the arrays.
    """
    found = {}
    for trial in trials:
        files = RunFolder(folder.run(trial.number))
        there = [path for path in (files.predictions, files.test_predictions) if path.is_file()]
        if trial.reused_from is None and trial.best_epoch is not None and there:
            found[str(trial.number)] = _take(folder, files, there, tasks, shelf)
    return {"folder": folder.name, "uuid": folder.uuid, "trials": found}


def _take(
    folder: StudyFolder,
    run: RunFolder,
    there: Sequence[Path],
    tasks: Mapping[str, Task],
    shelf: ArrayShelf,
) -> dict[str, Any]:
    try:
        origin = RunOrigin.read(run.root)
    except ValueError:
        return {"origin": _DAMAGED, "files": {path.name: {"signed": False, "tasks": None} for path in there}}
    ours = origin is None or origin.study == folder.uuid
    files: dict[str, Any] = {}
    for path in there:
        found = read_predictions(path) if ours else None
        signed = origin is not None and origin.files.get(path.name) == sha256(path)
        files[path.name] = {"signed": signed, "tasks": None if found is None else shelf.add(found, tasks)}
    written = None if origin is None else _ORIGIN.dump_python(origin, mode="json") | {"files": {}}
    return {"origin": written, "files": files}


def lay_out(
    runs: Mapping[str, Any], home: Home, array: Callable[[int], Array], numbers: Container[int]
) -> None:
    """Writes what `take_runs` gave into the folders of a home, signed anew where it was signed.

    Args:
        runs: Of one study, from a bundle that nobody vouches for.
        home: A folder of this process's own.
        array: Reads an array by its number.
        numbers: Those of the study's trials.

    Raises:
        LookupError: If something is missing; a ValueError or TypeError if it is not of its kind.
    """
    folder = home.runs / _folder(runs["folder"])
    write_beside(folder / MARK, json.dumps({"uuid": str(runs["uuid"]), "study": folder.name}))
    for number, run in runs["trials"].items():
        if not number.isdecimal():
            raise ValueError(f"{number!r} is no number of a trial")
        if int(number) not in numbers:
            raise ValueError(f"the study has no trial {number}")
        _lay_out(run, folder / str(int(number)), array)


def _folder(name: str) -> str:
    try:
        return check_study(name)
    except InputError as error:
        raise ValueError(str(error)) from error


def _lay_out(run: Mapping[str, Any], folder: Path, array: Callable[[int], Array]) -> None:
    files = RunFolder(folder)
    known = {path.name: path for path in (files.predictions, files.test_predictions)}
    sums = {}
    for name, content in run["files"].items():
        path = known[name]
        if content["tasks"] is None:
            write_beside(path, b"")
        else:
            found = {task: predictions_of(one, array) for task, one in content["tasks"].items()}
            path.parent.mkdir(parents=True, exist_ok=True)
            save_predictions(path, found)
        sums[name] = sha256(path) if content["signed"] else ""
    if run["origin"] == _DAMAGED:
        write_beside(folder / ORIGIN, b"")
    elif run["origin"] is not None:
        origin = _ORIGIN.validate_python({**run["origin"], "files": sums})
        write_beside(folder / ORIGIN, _ORIGIN.dump_json(origin, indent=1))


def numbers_of(runs: Mapping[str, Any]) -> Iterator[int]:
    """The trials of which there are predictions."""
    for number, run in runs["trials"].items():
        if any(content["tasks"] is not None for content in run["files"].values()):
            yield int(number)
