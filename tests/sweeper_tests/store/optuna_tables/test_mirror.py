"""After a sweep in which all went wrong that can, Optuna reads from its tables what stands in ours."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.study import StudyDirection
from optuna.trial import TrialState

from sweeper.executors.protocol import Evaluated, Event, Failed, Job, Started
from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.search.distributions import distributions
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.study import StudyStore
from sweeper.study.study import Study
from sweeper.sweep.driver import Driver
from sweeper.trial import ErrorClass, RunState, TrialRow
from tests.faults.stepped import Stage
from tests.sweeper_tests import made
from tests.sweeper_tests.instant import InstantExecutor, result

STATES = {
    RunState.QUEUED: TrialState.RUNNING,
    RunState.RUNNING: TrialState.RUNNING,
    RunState.COMPLETE: TrialState.COMPLETE,
    RunState.PRUNED: TrialState.PRUNED,
    RunState.FAILED: TrialState.FAIL,
}
ONE, TWO = (Owner("no-such-host", pid, "1") for pid in (1, 2))
SPACE = {"learning_rate": [1e-4, 3e-4, 1e-3, 1e-2], "dropout": {"low": 0.1, "high": 0.3, "step": 0.2}}
ARMS = {
    "Cosine": {"sts_head": "cosine"},
    "S-BERT": {"paraphrase_head": "sbert"},
    "Again": {"sts_head": "cosine"},
}


class Troubled(InstantExecutor):
    """A second passes at each poll; one trial runs out of memory, and then fails earlier."""

    def __init__(self, stage: Stage, **fields: Any) -> None:
        super().__init__(**fields)
        self._stage = stage

    def submit(self, job: Job) -> None:
        super().submit(job)
        if job.number == 4:
            epochs: list[Event] = [Evaluated(4, result(job.config, epoch)) for epoch in (1, 2)]
            again = job.config.accumulation > 1
            failed = Failed(4, ErrorClass.NAN if again else ErrorClass.OOM, "too much", "")
            self._events[4] = [Started(4, 1, "cpu", "here"), *epochs[: 1 if again else 2], failed]

    def poll(self, timeout: float) -> list[Event]:
        self._stage.seconds += 1
        return super().poll(timeout)


def drive(store: StudyStore, study: Study, wanted: int, home: Path, *, owner: Owner, on: Troubled) -> None:
    Driver(
        store=store,
        study=study,
        wanted=wanted,
        executor=on,
        home=Home(home),
        data=None,
        observer=Observer(),
        owner=owner,
    ).run()


@pytest.mark.parametrize("objective", ["overall", ["sst", "para"]])
def test_optuna_reads_what_we_recorded(objective: str | list[str], url: str, tmp_path: Path) -> None:
    pruner = {"name": "median", "startup": 2} if objective == "overall" else {"name": "none"}
    fields = {"objective": objective, "space": SPACE, "arms": ARMS, "base": {"epochs": 4}, "pruner": pruner}
    study = made.study(made.WORKLOAD, **fields)
    stage = Stage()
    with Database(url, clock=stage) as database:
        store = made.begin(database, study, 20)
        drive(store, study, 16, tmp_path, owner=ONE, on=Troubled(stage, fails=frozenset({1, 3})))
        assert store.retry(ErrorClass.NAN) == [1, 3, 4]
        drive(store, study, 16, tmp_path, owner=TWO, on=Troubled(stage, fails=frozenset({3})))
        with pytest.raises(KeyboardInterrupt):
            drive(store, study, 20, tmp_path, owner=TWO, on=Troubled(stage, workers=2, dies_after=6))
        orphan = store.leases(str(ONE), 60).claim(99)
        rows = store.trials.rows()
        overall = {curve.number: curve.values for curve in store.trials.curves()}
    assert {row.state for row in rows} >= set(RunState) - {RunState.QUEUED, RunState.PRUNED}
    assert (RunState.PRUNED in {row.state for row in rows}) == (objective == "overall")
    assert [row.number for row in rows if row.halvings] == [4]
    assert {row.attempts for row in rows} >= {0, 1, 2}
    assert any(row.reused_from is not None for row in rows)
    storage = optuna.storages.RDBStorage(url)
    search = optuna.load_study(study_name=study.name, storage=storage)
    assert search.directions == [StudyDirection.MAXIMIZE] * len(study.spec.objectives)
    *trials, last = search.trials
    for row, trial in zip(rows, trials, strict=True):
        assert trial.user_attrs["owner"] in {str(ONE), str(TWO)}
        assert seen(trial) == expected(study, row, overall.get(row.number, {}))
        assert utc(trial.datetime_start) <= (row.started or row.finished or utc(trial.datetime_start))
        if url.startswith("sqlite"):  # a server says itself when a trial was created
            assert utc(trial.datetime_start) == row.created
    assert (last.number, last.state, last.params) == (orphan, TrialState.RUNNING, {})
    assert last.user_attrs == {"owner": str(ONE)}
    storage.engine.dispose()


def seen(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state,
        "params": trial.params,
        "distributions": trial.distributions,
        "values": trial.values,
        "intermediate_values": trial.intermediate_values,
        "attributes": {key: trial.user_attrs[key] for key in trial.user_attrs if key != "owner"},
        "datetime_complete": trial.datetime_complete and utc(trial.datetime_complete),
    }


def expected(study: Study, row: TrialRow, overall: dict[int, float]) -> dict[str, Any]:
    params = study.toggles[row.arm] | row.params
    space, scores = distributions(study), row.scores or {}
    complete = row.state is RunState.COMPLETE
    return {
        "number": row.number,
        "state": STATES[row.state],
        "params": params,
        "distributions": {name: space[name] for name in params},
        "values": [scores[name] for name in study.spec.objectives] if complete else None,
        "intermediate_values": overall,
        "attributes": {"arm": row.arm, "seed": row.seed},
        "datetime_complete": row.finished,
    }


def utc(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment.replace(tzinfo=UTC)
