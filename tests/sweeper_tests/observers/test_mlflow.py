"""What MLflow refuses, and whose its runs are."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from model.result import Metric
from sweeper.executors.protocol import Evaluated, Job
from sweeper.paths import Home
from sweeper.study.study import Study
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.observers.test_log import Resumable, runs, swept


class Conflicting(InstantExecutor):
    """Tells the cosine of two tasks' gradients too, as a trial with gradient surgery does."""

    def submit(self, job: Job) -> None:
        super().submit(job)
        cosine = Metric("train", "sst+quora", "cosine", -0.5)
        for at, event in enumerate(events := self._events[job.number]):
            if isinstance(event, Evaluated):
                told = replace(event.result, metrics=(*event.result.metrics, cosine))
                events[at] = Evaluated(job.number, told)


def test_a_metric_of_two_tasks_does_not_end_the_log(study: Study, home: Home, client: Any) -> None:
    assert "log " not in swept(study, home, 1, Conflicting(), ("mlflow",))
    [run] = runs(client, study).values()
    assert run.data.metrics["train/sst-quora/cosine"] == -0.5
    assert run.data.metrics["best/overall"]


def test_runs_of_another_study_of_that_name_stay(
    study: Study, home: Home, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{quote(str(home.root))}/mlflow.db")
    for place in (tmp_path / "theirs", tmp_path / "mine"):
        swept(study, Home(place), 1, InstantExecutor(), ("mlflow",))
    experiment = client.get_experiment_by_name(study.name).experiment_id
    found = client.search_runs([experiment])
    assert [run.data.tags["sweeper.trial"] for run in found] == ["0", "0"]
    assert len({run.data.tags["sweeper.study"] for run in found}) == 2


def test_a_run_that_an_earlier_version_began_goes_on(study: Study, home: Home, client: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        swept(study, home, 1, Resumable(dies_after=3), ("mlflow",))
    [before] = runs(client, study).values()
    client.delete_tag(before.info.run_id, "sweeper.study")
    swept(study, home, 1, Resumable(), ("mlflow",))
    [after] = runs(client, study).values()
    assert (after.info.run_id, after.info.status) == (before.info.run_id, "FINISHED")
