"""What MLflow refuses, and whose its runs are."""

from dataclasses import replace
from typing import Any

from model.result import Metric
from sweeper.executors.protocol import Evaluated, Job
from sweeper.paths import Home
from sweeper.study.study import Study
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.observers.test_log import runs, swept


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
