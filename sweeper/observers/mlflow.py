"""Trials for MLflow: an experiment for the study, a run for each trial."""

import logging
import os
import re
import time
import warnings
from urllib.parse import quote

from model.result import EpochResult

from ..paths import Home
from ..trial import Outcome, RunState, TrialSpec
from .log import Log, settings, state, tag

# Read when MLflow is loaded. Nothing about the user's work goes to others, and a server that does not answer
# may not hold up a driver for longer than its leases last.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")


os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

with warnings.catch_warnings(action="ignore"):  # of its own libraries' use
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Metric, Param, Run
    from mlflow.exceptions import MlflowException

_STUDY, _TRIAL, _STATE, _MESSAGE = "sweeper.study", "sweeper.trial", "sweeper.state", "sweeper.message"


_STATUS = {RunState.COMPLETE: "FINISHED", RunState.PRUNED: "KILLED", RunState.FAILED: "FAILED"}


_WAITING = "SCHEDULED"


_LONGEST = 500
"""Characters of a message or a value that every version of MLflow takes."""

_REFUSED = re.compile(r"[^/\w.\- ]")
"""What no name of a metric may hold there, such as the + between two tasks whose gradients are compared."""


class MlflowLog(Log):
    """Runs under MLFLOW_TRACKING_URI, by default ``mlflow.db`` in the home.

    A trial that goes on continues its run; epochs that are there already are not written again.

    Args:
        home: Folder of the default database.
        study: Name of the experiment.
        uuid: What tells the study from others of that name, whose runs the experiment may hold as well; None
            where it is not known.
    """

    def __init__(self, home: Home, study: str, uuid: str | None = None) -> None:
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        named = os.environ.get("MLFLOW_TRACKING_URI")
        home.root.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings(action="ignore"):
            self._client = MlflowClient(named or f"sqlite:///{quote(str(home.root / 'mlflow.db'))}")
        files = None if named else (home.root / "mlflow").as_uri()
        self._experiment = self._begun(study, files).experiment_id
        self._study = {} if uuid is None else {_STUDY: uuid}
        self._runs: dict[int, str] = {}
        self._done: dict[int, set[int]] = {}

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """Begins the trial's run, or goes on with the one that it has."""
        run = self._found(trial.number, resumed)
        if run is not None and not resumed:
            # From the start again, and perhaps with half the micro-batch: what is there is not its own.
            self._client.delete_run(run.info.run_id)
            run = None
        if run is None:
            tags = {**self._study, _TRIAL: str(trial.number)}
            run = self._client.create_run(self._experiment, run_name=f"trial {trial.number}", tags=tags)
            params = [Param(name, str(value)[:_LONGEST]) for name, value in settings(trial).items()]
            self._client.log_batch(run.info.run_id, params=params)
        self._client.update_run(run.info.run_id, status="RUNNING")
        known = self._client.get_metric_history(run.info.run_id, f"dev/{trial.config.objective}")
        self._runs[trial.number] = run.info.run_id
        self._done[trial.number] = {metric.step for metric in known}

    def evaluated(self, number: int, result: EpochResult) -> None:
        """Writes every metric of the epoch, all at once."""
        if result.epoch not in self._done[number]:
            values = {tag(metric): metric.value for metric in result.metrics}
            self._log(number, values, result.epoch)
            self._done[number].add(result.epoch)

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Writes how the trial ended and its best scores."""
        scores = {f"best/{name}": value for name, value in (outcome.scores or {}).items()}
        self._log(number, scores, outcome.best_epoch or 0)
        run = self._runs.pop(number)
        self._client.set_tag(run, _STATE, state(outcome))
        self._client.set_tag(run, _MESSAGE, message[:_LONGEST])
        self._client.set_terminated(run, _STATUS[outcome.state])

    def withdrawn(self, number: int) -> None:
        """Marks the trial's run as one that waits."""
        self._client.update_run(self._runs.pop(number), status=_WAITING)

    def close(self) -> None:
        """Marks the runs under way as ones that wait."""
        for number in list(self._runs):
            self.withdrawn(number)

    def _found(self, number: int, resumed: bool) -> Run | None:
        """The trial's run. Those of earlier versions do not say whose they are: one of them may go on."""
        uuid = self._study.get(_STUDY)
        found: list[Run] = self._client.search_runs([self._experiment], f"tags.`{_TRIAL}` = '{number}'")
        whose = {run.data.tags.get(_STUDY): run for run in reversed(found)}
        return whose.get(uuid, whose.get(None) if resumed else None)

    def _log(self, number: int, values: dict[str, float], step: int) -> None:
        now = round(time.time() * 1000)
        metrics = [Metric(_REFUSED.sub("-", name), value, now, step) for name, value in values.items()]
        self._client.log_batch(self._runs[number], metrics=metrics)

    def _begun(self, study: str, files: str | None) -> Experiment:
        found = self._client.get_experiment_by_name(study)
        if found is None:
            try:
                return self._client.get_experiment(self._client.create_experiment(study, files))
            except MlflowException:
                found = self._client.get_experiment_by_name(study)  # another driver was quicker
                if found is None:
                    raise
        return found
