"""The loop over instant trials: exact totals, adoption, nothing twice, nothing lost."""

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from model.result import EpochResult
from sweeper.executors.protocol import Evaluated, Event, Job, NodeLost, Noted, Started
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.runs.mark import Holder
from sweeper.search.distributions import distributions
from sweeper.search.propose import propose
from sweeper.store.outcomes import Outcomes
from sweeper.study.study import Study
from sweeper.study.workload import Resources
from sweeper.sweep.heard import parted
from sweeper.trial import ErrorClass, PastTrial, RunState
from tests.sweeper_tests import driven
from tests.sweeper_tests.driven import drive, open_study, table
from tests.sweeper_tests.instant import InstantExecutor

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def both(url_in: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder of a test has a database of each kind in turn."""
    monkeypatch.setattr(driven, "url_of", url_in)


def test_trials_is_a_total(study: Study, tmp_path: Path) -> None:
    first, second, third = InstantExecutor(), InstantExecutor(), InstantExecutor()
    drive(tmp_path, study, first, wanted=4)
    drive(tmp_path, study, second, wanted=4)
    drive(tmp_path, study, third, wanted=6)
    assert [job.number for job in first.submitted] == [0, 1, 2, 3]
    assert second.submitted == []
    assert [job.number for job in third.submitted] == [4, 5]


def test_the_best_epoch_counts_and_optuna_is_told(study: Study, tmp_path: Path) -> None:
    drive(tmp_path, study, InstantExecutor(workers=2))
    with open_study(tmp_path, study) as store:
        for run in store.trials.rows():
            assert run.state is RunState.COMPLETE
            assert run.best_epoch == run.config["epochs"] - 1
            assert run.scores is not None
            assert set(run.scores) == {"overall", "sst", "para", "sts"}
            assert run.peak_memory_mb == 100.0 + run.config["epochs"]
            assert (run.threads, run.device, run.attempts) == (1, "cpu", 1)
        assert store.trials.untold() == []
        epochs = store.trials.epochs_frame()
        assert len(epochs) == 8 * study.config("Baseline", {}, 1).epochs * 4


@pytest.mark.parametrize("events", [0, 1, 2, 5, 7, 13, 20, 33])
def test_a_stopped_sweep_ends_as_an_undisturbed_one(events: int, study: Study, tmp_path: Path) -> None:
    drive(tmp_path / "undisturbed", study, InstantExecutor())
    stopped = InstantExecutor(dies_after=events)
    with pytest.raises(KeyboardInterrupt):
        drive(tmp_path / "stopped", study, stopped)
    assert stopped.closed
    with open_study(tmp_path / "stopped", study) as store:
        unfinished = [run.owner for run in store.trials.rows() if not run.state.final]
    assert set(unfinished) <= {None}, "free, though this process lives on"
    drive(tmp_path / "stopped", study, InstantExecutor())
    pd.testing.assert_frame_equal(
        table(tmp_path / "stopped", study), table(tmp_path / "undisturbed", study), check_exact=True
    )


def test_a_trial_that_begins_again_elsewhere_has_the_epochs_of_its_outcome(
    study: Study, tmp_path: Path
) -> None:
    class Elsewhere(InstantExecutor):
        """Without the checkpoint, on a machine of other numbers."""

        def submit(self, job: Job) -> None:
            other = job.config.model_copy(update={"learning_rate": 1e-6})
            super().submit(replace(job, config=other))

    with pytest.raises(KeyboardInterrupt):
        drive(tmp_path, study, InstantExecutor(dies_after=4), wanted=1)
    with open_study(tmp_path, study) as store:
        assert len(before := store.trials.metrics(0)) == 3 * 4
    drive(tmp_path, study, Elsewhere(), wanted=1)
    with open_study(tmp_path, study) as store:
        (run,), metrics = store.trials.rows(), store.trials.metrics(0)
    assert (run.state, run.attempts) == (RunState.COMPLETE, 2)
    assert run.scores is not None
    assert metrics[run.best_epoch, "dev", "overall", "overall"] == run.scores["overall"]
    assert all(metrics[key] != value for key, value in before.items())


def test_a_number_claimed_without_a_run_is_used(study: Study, tmp_path: Path) -> None:
    with open_study(tmp_path, study) as store:
        assert store.leases("no-such-host:1:1", 60).claim(99) == 0
        assert store.leases("no-such-host:1:1", 60).claim(99) == 1
    executor = InstantExecutor()
    drive(tmp_path, study, executor, lease_seconds=1.0)
    # Another host's claim cannot be judged from here, but for the time that it has lain.
    assert [job.number for job in executor.submitted] == [2, 3, 4, 5, 6, 7, 0, 1]


def test_a_dead_driver_s_claims_and_trials_are_adopted(study: Study, tmp_path: Path) -> None:
    dead = f"{platform.node()}:1:1"  # pid 1 began at another time
    with open_study(tmp_path, study) as store:
        trial = propose(study, store.leases(dead, 60).claim(99), [])
        assert trial is not None
        store.leases(dead, 3600.0).add(trial, distributions(study))
        store.leases(dead, 60).claim(99)
    executor = InstantExecutor()
    drive(tmp_path, study, executor)
    assert [job.number for job in executor.submitted] == list(range(8))


@pytest.mark.parametrize(("lease", "numbers"), [(-1.0, [*range(8)]), (3600.0, [*range(1, 8), 0])])
def test_a_trial_of_another_host_is_adopted_when_its_lease_has_expired(
    lease: float, numbers: list[int], study: Study, tmp_path: Path
) -> None:
    elsewhere = "no-such-host:1:1"
    with open_study(tmp_path, study) as store:
        trial = propose(study, store.leases(elsewhere, 60).claim(99), [])
        assert trial is not None
        store.leases(elsewhere, lease).add(trial, distributions(study))
    executor = InstantExecutor()
    drive(tmp_path, study, executor, lease_seconds=1.0)
    # A lease of an hour, set by a clock that was wrong: nobody renews it, and it is taken for dead.
    assert [job.number for job in executor.submitted] == numbers


def test_an_outcome_that_optuna_missed_is_told(study: Study, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        drive(tmp_path, study, InstantExecutor(dies_after=9))
    with open_study(tmp_path, study) as store, store.access.writing() as connection:
        connection.execute(sa.text("UPDATE trials SET state = 'RUNNING'"))
    with open_study(tmp_path, study) as store:
        assert store.trials.untold() == [0]
    drive(tmp_path, study, InstantExecutor())
    with open_study(tmp_path, study) as store:
        assert store.trials.untold() == []


def test_a_failure_keeps_its_class_and_the_sweep_goes_on(study: Study, tmp_path: Path) -> None:
    observer = drive(tmp_path, study, InstantExecutor(fails=frozenset({2})))
    with open_study(tmp_path, study) as store:
        states = [run.state for run in store.trials.rows()]
        failed = store.trials.row(2)
    assert states.count(RunState.COMPLETE) == 7
    assert failed is not None
    assert (failed.state, failed.error_class) == (RunState.FAILED, ErrorClass.NAN)
    assert failed.traceback == "Traceback: the loss is nan"
    assert failed.best_epoch == 1
    assert observer.messages[2] == "2 failed the loss is nan"


class Taken(InstantExecutor):
    """Meanwhile a copy of the database takes the study's folder."""

    def __init__(self, folder: StudyFolder) -> None:
        super().__init__(workers=2)
        self._folder = folder

    def poll(self, timeout: float) -> list[Event]:
        self._folder.take(Holder("sqlite:///copy.db on elsewhere", ("elsewhere:/copy.db", "2:3")))
        return super().poll(timeout)


def test_a_driver_stops_where_a_copy_of_its_database_takes_the_folder(study: Study, tmp_path: Path) -> None:
    with open_study(tmp_path, study) as store:
        folder = StudyFolder(Home(tmp_path), store.row)
    executor = Taken(folder)
    heard = drive(tmp_path, study, executor, lease_seconds=0.0)
    said = f"sqlite:///copy.db on elsewhere has the same study, and has taken {folder.folder} for its runs"
    assert heard.ended_early == said
    assert (len(executor.submitted), executor.closed) == (2, True)
    with open_study(tmp_path, study) as store:
        assert {(run.owner, run.state.final) for run in store.trials.rows()} == {(None, False)}
        assert store.trials.claimed() == 2

    heard = drive(tmp_path, study, InstantExecutor())
    assert heard.ended_early is None
    assert heard.messages[0].startswith(f"the runs in {folder.folder} were those of sqlite:///copy.db on ")
    assert json.loads((folder.folder / "study.json").read_text())["uuid"] == folder.uuid


def test_checkpoints_go_with_success_only(study: Study, tmp_path: Path) -> None:
    with open_study(tmp_path, study) as store:
        folder = StudyFolder(Home(tmp_path), store.row)
        folder.take(store.holder())
    for number in (0, 1):
        (folder.run(number) / "checkpoints" / "000001").mkdir(parents=True)
    observer = drive(tmp_path, study, InstantExecutor(fails=frozenset({1})))
    assert observer.resumed == [0, 1]
    assert not (folder.run(0) / "checkpoints").exists()
    assert (folder.run(1) / "checkpoints").exists()


def test_proposals_follow_from_the_recorded_history(study: Study, tmp_path: Path) -> None:
    drive(tmp_path, study, InstantExecutor())
    with open_study(tmp_path, study) as store:
        history: list[PastTrial] = []
        for past in store.trials.past():
            trial = propose(study, past.number, history)
            assert trial is not None
            assert (trial.arm, trial.params) == (past.arm, past.params)
            history.append(past)


class LosingExecutor(InstantExecutor):
    """Loses the machine of every trial again and again, each time after an epoch more."""

    def __init__(self, losses: int, kept: int | None) -> None:
        super().__init__()
        self._losses = losses
        self._kept = kept

    def poll(self, timeout: float) -> list[Event]:
        events = super().poll(timeout)
        if self._losses and isinstance(events[0], Evaluated):
            self._losses -= 1
            self.cancel(events[0].number)
            return [NodeLost(events[0].number, "its node is lost")]
        return [replace(e, epochs=self._kept) if isinstance(e, Started) else e for e in events]


@pytest.mark.parametrize(
    ("kept", "whence"), [(None, "its start: no checkpoint is left"), (2, "its checkpoint, epoch 2 of 4")]
)
def test_a_lost_machine_is_no_fault_of_its_trial(
    kept: int | None, whence: str, study: Study, tmp_path: Path
) -> None:
    losses = 5  # more than a trial's process may be killed
    executor = LosingExecutor(losses, kept)
    heard = drive(tmp_path, study, executor, wanted=1)
    lost = ["trial 0: its node is lost; it is placed anew", f"trial 0 goes on, on here, from {whence}"]
    assert heard.messages == lost * losses + ["0 complete "]
    assert len(executor.submitted) == losses + 1
    with open_study(tmp_path, study) as store:
        [run] = store.trials.rows()
        assert run.state is RunState.COMPLETE


def test_a_trial_has_the_cores_that_its_workload_says(study: Study, tmp_path: Path) -> None:
    placed = study.workload.model_copy(update={"resources": Resources(cpus=3)})
    executor = InstantExecutor()
    drive(tmp_path, Study(study.spec, placed), executor, wanted=1)
    assert [job.threads for job in executor.submitted] == [3]


def test_a_trial_keeps_the_threads_that_it_began_with(study: Study, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        drive(tmp_path, study, InstantExecutor(dies_after=3), wanted=2)
    later = InstantExecutor(workers=2)
    drive(tmp_path, study, later, wanted=2)
    # An instant trial says that it has one thread.
    assert [job.began_with for job in later.submitted] == [1, None]


def test_what_holds_of_several_trials_is_said_once(study: Study, tmp_path: Path) -> None:
    class Talkative(InstantExecutor):
        def poll(self, timeout: float) -> list[Event]:
            heard = super().poll(timeout)
            began = [event.number for event in heard if isinstance(event, Started)]
            said = [(Noted(number, "padded", once=True), Noted(number, "late")) for number in began]
            return [*heard, *(note for notes in said for note in notes)]

    messages = drive(tmp_path, study, Talkative(), wanted=3).messages
    said = [text for text in messages if ": " in text]
    assert said == ["trial 0: padded", "trial 0: late", "trial 1: late", "trial 2: late"]


def test_epochs_that_are_heard_together_are_recorded_as_one_by_one(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    epochs = Outcomes.epochs

    def counted(self: Outcomes, results: Sequence[tuple[int, EpochResult]]) -> None:
        sizes.append(len(results))
        epochs(self, results)

    monkeypatch.setattr(Outcomes, "epochs", counted)
    drive(tmp_path / "together", study, InstantExecutor(workers=4))
    together, sizes[:] = list(sizes), []
    monkeypatch.setattr("sweeper.sweep.driver.parted", lambda events, prunes: parted(events, prunes=True))
    drive(tmp_path / "alone", study, InstantExecutor(workers=4))
    assert (max(together), max(sizes)) == (4, 1)
    assert sum(together) == len(sizes)
    pd.testing.assert_frame_equal(table(tmp_path / "together", study), table(tmp_path / "alone", study))
    with open_study(tmp_path / "together", study) as one, open_study(tmp_path / "alone", study) as other:
        pd.testing.assert_frame_equal(one.trials.epochs_frame(), other.trials.epochs_frame())
