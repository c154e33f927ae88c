"""Weights that outlive their trial: of the best trial of each arm, and of no other."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from model.files import RunFolder
from sweeper.errors import DatabaseError
from sweeper.executors.protocol import Event, Failed, Finished, Job
from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.study.study import Study
from sweeper.sweep import driver
from sweeper.sweep.driver import Driver
from sweeper.sweep.files import RunFiles
from sweeper.sweep.weights import KeptWeights, surplus
from sweeper.trial import ErrorClass, Outcome, PastTrial, RunState, Standing
from tests.faults.filed import FiledExecutor
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import drive, open_study
from tests.sweeper_tests.instant import InstantExecutor, formula


class Training(InstantExecutor):
    """Leaves weights, as the trainer does at the first epoch."""

    def submit(self, job: Job) -> None:
        super().submit(job)
        job.rundir.mkdir(parents=True, exist_ok=True)
        RunFolder(job.rundir).weights.write_text(str(formula(job.config)))


def kept(folder: Path, study: Study) -> set[int]:
    return {int(file.parent.name) for file in (folder / "runs" / study.name).glob("*/best.safetensors")}


def best_by_arm(folder: Path) -> set[int]:
    """Read with nothing of ours: numbers of the complete trials with the highest overall of their arm."""
    with closing(sqlite3.connect(folder / "studies.db")) as connection:
        rows = connection.execute(
            "SELECT number, arm, scores FROM run WHERE state = 'complete' ORDER BY number"
        ).fetchall()
    best: dict[str, tuple[float, int]] = {}
    for number, arm, scores in rows:
        overall = json.loads(scores)["overall"]
        if arm not in best or overall > best[arm][0]:
            best[arm] = (overall, number)
    return {number for _, number in best.values()}


@pytest.mark.parametrize("workers", [1, 3])
def test_only_the_best_of_each_arm_keeps_them(workers: int, study: Study, tmp_path: Path) -> None:
    for wanted in (2, 5, 12):  # each time by a driver that knows nothing of those before
        drive(tmp_path, study, Training(workers), wanted)
        assert kept(tmp_path, study) == best_by_arm(tmp_path)
    assert len(kept(tmp_path, study)) == 2


def test_a_trial_that_fails_after_its_best_epoch_and_is_retried_has_its_weights(
    study: Study, tmp_path: Path
) -> None:
    class FailsAtTheEnd(FiledExecutor):
        def poll(self, timeout: float) -> list[Event]:
            late = Failed(0, ErrorClass.ERROR, "too late", "")
            return [late if isinstance(one, Finished) else one for one in super().poll(timeout)]

    for executor in (FailsAtTheEnd, FiledExecutor):
        drive(tmp_path, study, executor(1, lambda: None, lambda job: False), 1)
        assert kept(tmp_path, study) == {0}
        with open_study(tmp_path, study) as store:
            (row,) = store.trials.rows()
            store.retry()
    assert (row.state, row.best_epoch) == (RunState.COMPLETE, row.config["epochs"] - 1)


def test_pruned_trials_keep_none(study: Study, tmp_path: Path) -> None:
    asha = study.spec.pruner.model_copy(update={"name": "asha"})
    pruning = Study(study.spec.model_copy(update={"name": "pruned", "pruner": asha}), study.workload)
    drive(tmp_path / "pruning", pruning, Training(), 20)
    with open_study(tmp_path / "pruning", pruning) as store:
        assert "pruned" in {run.state for run in store.trials.rows()}
    assert kept(tmp_path / "pruning", pruning) == best_by_arm(tmp_path / "pruning")


def test_a_driver_that_knows_older_bests_decides_on_what_all_recorded(study: Study, tmp_path: Path) -> None:
    class Meanwhile(Observer):
        """After the fourth trial of one driver another one does the next six."""

        ended_trials = 0

        def ended(self, number: int, outcome: Outcome, message: str) -> None:
            self.ended_trials += 1
            if self.ended_trials == 4:
                drive(tmp_path, study, Training(2), wanted=10)

    with open_study(tmp_path, study, wanted=16) as store:
        loop = Driver(
            store=store,
            study=study,
            wanted=16,
            executor=Training(),
            home=Home(tmp_path),
            data=None,
            observer=Meanwhile(),
        )
        loop.run()
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection:
        assert connection.execute("SELECT count(*) FROM run WHERE state = 'complete'").fetchone() == (16,)
    assert best_by_arm(tmp_path) <= kept(tmp_path, study)
    assert len(kept(tmp_path, study)) == 2


def test_what_a_dead_driver_left_goes_when_the_arm_has_a_new_best(study: Study, tmp_path: Path) -> None:
    drive(tmp_path, study, Training(), 6)
    left = set(range(6)) - kept(tmp_path, study)
    for number in left:
        RunFolder(tmp_path / "runs" / study.name / str(number)).weights.write_text("left")
    drive(tmp_path, study, Training(), 12)
    assert kept(tmp_path, study) == best_by_arm(tmp_path)


def test_of_equal_trials_the_first_that_has_weights_keeps_them(tmp_path: Path) -> None:
    study, scores = made.study(), (0.5, 0.6, 0.7)
    runs = [made.row(study, number, "Baseline", scores) for number in range(4)]
    runs.append(made.row(study, 4, "S-BERT", (0.1, 0.1, 0.1)))
    with made.store(tmp_path, study, runs) as database:
        files = RunFiles.of(Home(tmp_path), database.study(study.name))
        files.take(lambda line: None)
        for number in (1, 2, 4):  # trial 0 has its result from another
            file = RunFolder(tmp_path / "runs" / study.name / str(number)).weights
            file.parent.mkdir(parents=True)
            file.touch()
        overall = (runs[2].scores or {})["overall"]
        outcome = Outcome(state=RunState.COMPLETE, seconds=1.0, best_epoch=2, scores={"overall": overall})
        past = database.study(study.name).trials.past
        KeptWeights(past, files).settle(2, "Baseline", outcome)
    assert kept(tmp_path, study) == {1, 4}


def test_what_another_driver_fetches_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = made.study()
    runs = [made.row(study, number, "Baseline", (overall,) * 3) for number, overall in enumerate((0.9, 0.5))]
    with made.store(tmp_path, study, runs) as database:
        files = RunFiles.of(Home(tmp_path), database.study(study.name))
        files.take(lambda line: None)
        for number in (0, 1):
            files.folder(number).mkdir(parents=True)
        files.weights(1).touch()

        def meanwhile(*given: Any) -> set[int]:
            gone = surplus(*given)
            files.weights(0).touch()
            return gone

        monkeypatch.setattr("sweeper.sweep.weights.surplus", meanwhile)
        outcome = Outcome(state=RunState.COMPLETE, seconds=1.0, best_epoch=2, scores=runs[1].scores)
        KeptWeights(database.study(study.name).trials.past, files).settle(1, "Baseline", outcome)
    assert kept(tmp_path, study) == {0}


def test_a_pruned_trial_with_a_better_epoch_is_no_best() -> None:
    scores = {0: (RunState.COMPLETE, 0.73), 1: (RunState.COMPLETE, 0.74), 2: (RunState.PRUNED, 0.75)}
    standings = [
        Standing(number, "A", state, None, 1.0, None, {"overall": overall})
        for number, (state, overall) in scores.items()
    ]
    assert surplus(standings, lambda number: True) == {0, 2}


def test_without_the_database_nothing_is_removed(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(past: object, files: RunFiles) -> KeptWeights:
        return KeptWeights(locked, files)

    def locked() -> list[PastTrial]:
        raise DatabaseError("locked", passing=True)

    monkeypatch.setattr(driver, "KeptWeights", made)
    drive(tmp_path, study, Training(), 4)
    assert kept(tmp_path, study) == {0, 1, 2, 3}
    monkeypatch.undo()
    drive(tmp_path, study, Training(), 12)
    assert kept(tmp_path, study) == best_by_arm(tmp_path)
