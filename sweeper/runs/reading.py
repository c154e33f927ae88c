"""What a trial left in its folder, read if it is the trial's own and whole. No torch."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from model.config.trainers import config_class
from model.files import RunFolder, sha256
from model.predictions import Predictions, read_predictions
from model.result import TRAINED
from model.tasks import Task

from ..trial import TrialRow
from .folder import StudyFolder
from .origin import FILE, RunOrigin

SAME = 1e-4
"""Scores that differ by more are not of the same predictions."""


class RunReader:
    """Reads what the trials of a study left.

    Args:
        folder: The folder of the study's runs.
        tasks: The study's tasks.

    Attributes:
        left_out: The files that were there and are not used, each with the reason: one line each.
    """

    def __init__(self, folder: StudyFolder, tasks: Mapping[str, Task]) -> None:
        self.left_out: list[str] = []
        self._folder = folder
        self._tasks = tasks

    def predictions(self, made: TrialRow) -> Mapping[str, Predictions] | None:
        """The dev predictions of a trial's best epoch by task; None where they are gone or left out.

        Args:
            made: The trial that was trained, with scores: not one that has its result from another.
        """
        file = RunFolder(self._folder.run(made.number)).predictions
        return self._read(file, made, made.scores or {}, self._of(made))

    def test_predictions(
        self, made: TrialRow, recorded: Mapping[str, float]
    ) -> Mapping[str, Predictions] | None:
        """The predictions of a trial's best epoch for test rows, likewise.

        Args:
            made: As in `predictions`.
            recorded: Its test scores at its best epoch; None is read without.
        """
        file = RunFolder(self._folder.run(made.number)).test_predictions
        tested = {name: task for name, task in self._tasks.items() if name in recorded}
        return self._read(file, made, recorded, tested) if tested else None

    def weights(self, made: TrialRow) -> Path | None:
        """The file with the weights of a trial's best epoch; None where it is gone or left out.

        Where nothing says whose it is, as in folders of before, the predictions beside it vouch for it.

        Args:
            made: As in `predictions`.
        """
        folder = RunFolder(self._folder.run(made.number))
        if not os.path.isfile(folder.weights):  # noqa: PTH113 - as in `_read`
            return None
        why = self._why_not(folder.weights, made)
        unsigned = why is None and not (folder.root / FILE).exists()
        beside = read_predictions(folder.predictions) if unsigned else None
        if beside and not _reach(made.scores or {}, beside, self._of(made)):
            why = f"lies beside predictions that do not give the recorded scores of trial {made.number}"
        if why:
            self._leave_out(folder.weights, why)
        return None if why else folder.weights

    def _read(
        self, file: Path, made: TrialRow, recorded: Mapping[str, float], tasks: Mapping[str, Task]
    ) -> Mapping[str, Predictions] | None:
        if not os.path.exists(file):  # noqa: PTH110 - a folder that may not be read is no error here
            return None
        why = self._why_not(file, made)
        found = None if why else read_predictions(file)
        if found is None:
            self._leave_out(file, why or "is damaged")
        elif unscored := self._unscored(found):
            self._leave_out(file, f"has no outputs of the head, which metric {unscored} needs")
        elif not _reach(recorded, found, tasks):
            self._leave_out(file, f"does not give the recorded scores of trial {made.number}")
        else:
            return found
        return None

    def _of(self, made: TrialRow) -> Mapping[str, Task]:
        """The tasks that a trial trains."""
        scores = made.scores or {}
        if TRAINED not in scores:
            return self._tasks
        return {name: task for name, task in self._tasks.items() if name in scores}

    def _leave_out(self, file: Path, why: str) -> None:
        # Not from the root of the machine, which would stand in every report.
        self.left_out.append(f"{file.relative_to(self._folder.home.root)} is left out: it {why}")

    def _unscored(self, found: Mapping[str, Predictions]) -> str | None:
        """A metric that needs what an older version did not keep, and its task: ``auc of para``."""
        return next(
            (
                f"{task.metric} of {name}"
                for name, task in self._tasks.items()
                if task.scorer.needs_scores and name in found and found[name].scores is None
            ),
            None,
        )

    def _why_not(self, file: Path, made: TrialRow) -> str | None:
        """Why a file is not to be read; None if it may be: its origin says so, or there is none."""
        try:
            origin = RunOrigin.read(file.parent)
        except ValueError:
            return f"cannot be told whose it is, as {FILE} beside it is damaged"
        if origin is None:
            return None
        other_data = None not in (made.fingerprint, origin.data) and made.fingerprint != origin.data
        reasons = {
            f"belongs to another study ({origin.study})": origin.study != self._folder.uuid,
            f"belongs to trial {origin.trial}": origin.trial != made.number,
            f"is of another configuration than trial {made.number}": not _trained(made, origin.configuration),
            "is of other data": other_data,
            f"is of epoch {origin.epoch}, and the best is {made.best_epoch}": origin.epoch != made.best_epoch,
        }
        return next((why for why, so in reasons.items() if so), None) or _damage(file, origin)


def _reach(
    recorded: Mapping[str, float], found: Mapping[str, Predictions], tasks: Mapping[str, Task]
) -> bool:
    """Whether predictions are those that a trial's recorded scores were computed from."""
    if not found.keys() == tasks.keys() <= recorded.keys():
        return False
    return all(abs(task.score(found[name]) - recorded[name]) < SAME for name, task in tasks.items())


def _damage(file: Path, origin: RunOrigin) -> str | None:
    """What is wrong with a file, by its checksum; None if nothing is."""
    try:
        whole = origin.files.get(file.name) == sha256(file)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None if whole else "is damaged: its checksum is not the recorded one"


def _trained(made: TrialRow, configuration: str) -> bool:
    """Whether a trial has trained a configuration, as it was proposed or with less memory."""
    if configuration == made.digest:
        return True
    try:
        return configuration == config_class(made.config).model_validate(made.config).fingerprint()
    except ValidationError:  # one of an older version, which nobody can compare
        return made.digest is None
