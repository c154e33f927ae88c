"""Trials for Weights & Biases: a project for the study, a run for each trial, on this machine unless told."""

import hashlib
import os
import re
import shutil
from pathlib import Path

from model.result import EpochResult

from ..trial import Outcome, RunState, TrialSpec
from .log import Log, settings, state, tag

# Read when it is loaded: nothing about the user's work goes to others.
os.environ.setdefault("WANDB_ERROR_REPORTING", "false")

import wandb

MODE = "WANDB_MODE"
"""The variable that sends runs to a server: ``online``. Without it they stay here, for `wandb sync`."""

_SETTINGS = {
    "console": "off",
    "silent": True,
    "disable_git": True,
    "disable_code": True,
    "x_disable_stats": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
}


class WandbLog(Log):
    """Runs in a folder of each trial; ``wandb sync`` sends them to a server.

    A trial that goes on is written anew, as it tells its finished epochs once more, under the same id.

    Args:
        folder: Folder of the study; each trial gets one in it, named by its number.
        study: ``<study>@<workload>``, of which the project has its name.
        uuid: What tells the study from others of that name; None where it is not known.
    """

    def __init__(self, folder: Path, study: str, uuid: str | None = None) -> None:
        self._folder = folder
        self._known = uuid or str(folder.resolve())
        self._project = re.sub(r"[/\\#?%:]", "-", study)
        self._runs: dict[int, wandb.Run] = {}

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Begins the trial's run."""
        place = self._folder / str(trial.number)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        known = f"{self._known}:{trial.number}"
        self._runs[trial.number] = wandb.init(
            project=self._project,
            dir=place,
            id=hashlib.sha256(known.encode()).hexdigest()[:16],
            name=f"trial {trial.number}",
            group=trial.arm,
            config=dict(settings(trial)),
            reinit="create_new",
            mode="online" if os.environ.get(MODE) == "online" else "offline",
            settings=wandb.Settings(**_SETTINGS),
        )

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Writes every metric of the epoch, all at once."""
        self._runs[number].log({tag(metric): metric.value for metric in result.metrics}, step=result.epoch)

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Writes how the trial ended and its best scores."""
        run = self._runs.pop(number)
        scores = {f"best/{name}": value for name, value in (outcome.scores or {}).items()}
        run.summary.update({**scores, "state": state(outcome), "message": message})
        run.finish(exit_code=int(outcome.state is RunState.FAILED))

    def withdrawn(self, number: int) -> None:
        """Ends the trial's run as one that waits."""
        run = self._runs.pop(number)
        run.summary.update({"state": "waits"})
        run.finish(exit_code=1)

    def close(self) -> None:
        """Ends the runs under way."""
        for number in list(self._runs):
            self.withdrawn(number)
