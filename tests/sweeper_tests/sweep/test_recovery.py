"""What becomes of a trial that failed."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweeper.executors.protocol import Evaluated, Event, Failed, Job, NodeLost, Noted, Started, Waiting
from sweeper.store.leases import Leases
from sweeper.store.owners import Owner
from sweeper.sweep.attempt import Ready
from sweeper.sweep.recovery import DEATHS, LOSSES, RESTARTS, Anew, Fail, Halve, Restart, after_failure
from sweeper.trial import ErrorClass, RunState, TrialSpec
from tests.sweeper_tests.driven import drive, open_study
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.made import PARAMS, study

CONFIG = study().config("S-BERT", PARAMS, 11711)
READY = Ready(TrialSpec(3, "S-BERT", PARAMS, CONFIG, 11711, 0))


def of(accumulation: int, **fields: Any) -> Ready:
    config = CONFIG.model_copy(update={"accumulation": accumulation})
    return replace(READY, trial=replace(READY.trial, config=config), **fields)


def failure(error_class: ErrorClass) -> Failed:
    return Failed(3, error_class, "the process is gone", "")


def test_a_killed_process_goes_on_a_few_times() -> None:
    ready = replace(READY, halvings=1, displaced=True)
    for kills in range(RESTARTS):
        found = after_failure(replace(ready, kills=kills), failure(ErrorClass.KILLED))
        note = "trial 3: the process is gone; it goes on from its checkpoint"
        assert found == Restart(Ready(READY.trial, halvings=1, kills=kills + 1), note)
    failed = failure(ErrorClass.KILLED)
    assert after_failure(replace(ready, kills=RESTARTS), failed) == Fail(failed)


def test_too_little_memory_halves_the_micro_batch_once() -> None:
    found = after_failure(of(2, kills=1), failure(ErrorClass.OOM))
    note = "trial 3 ran out of memory; again with half the micro-batch (accumulation 4)"
    assert found == Halve(of(4, halvings=1), note)
    failed = failure(ErrorClass.OOM)
    assert after_failure(of(2, halvings=1), failed) == Fail(failed)
    assert after_failure(of(CONFIG.batch_size), failed) == Fail(failed)


def test_a_checkpoint_of_an_earlier_arithmetic_is_no_failure() -> None:
    found = after_failure(of(2, kills=1), replace(failure(ErrorClass.ERROR), outdated="is of 1999"))
    note = "trial 3: its checkpoint is of 1999; it starts again"
    assert found == Anew(of(2, kills=1), note)


def test_a_folder_that_is_in_use_is_tried_again_after_the_others_a_few_times() -> None:
    ready, failed = replace(READY, displaced=True), replace(failure(ErrorClass.ERROR), in_use=True)
    for kills in range(RESTARTS):
        note = "trial 3: the process is gone; it is tried again later"
        found = after_failure(replace(ready, kills=kills), failed)
        assert found == Restart(Ready(READY.trial, kills=kills + 1), note, last=True)
    assert after_failure(replace(ready, kills=RESTARTS), failed) == Fail(failed)


IN_USE = (Waiting(0), Failed(0, ErrorClass.ERROR, "process 7 has not left it", "", in_use=True))
LOST = (Started(0, 1, "cpu", "here"), NodeLost(0, "its node is lost"))


class Thwarted(InstantExecutor):
    """The first trial does not get further than so, so many times."""

    def __init__(self, events: tuple[Event, Event], times: int) -> None:
        super().__init__()
        self._thwarting, self._times = events, times

    def submit(self, job: Job) -> None:
        super().submit(job)
        if job.number == 0 and self._times:
            self._times -= 1
            self._events[0] = [*self._thwarting]


@pytest.mark.parametrize(("times", "state"), [(2, RunState.COMPLETE), (9, RunState.FAILED)])
def test_a_trial_whose_folder_is_in_use_waits_behind_those_that_wait_too(
    times: int, state: RunState, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        drive(tmp_path, study(), InstantExecutor(workers=3, dies_after=3), wanted=3)
    executor = Thwarted(IN_USE, times)
    heard = drive(tmp_path, study(), executor, wanted=3)
    assert [job.number for job in executor.submitted] == [0, 1, 2, 0, 0]
    assert heard.messages.count("trial 0: process 7 has not left it; it is tried again later") == 2
    with open_study(tmp_path, study()) as store:
        states = [row.state for row in store.trials.rows()]
    assert states == [state, RunState.COMPLETE, RunState.COMPLETE]


@pytest.mark.parametrize("error_class", [ErrorClass.NAN, ErrorClass.TIMEOUT, ErrorClass.ERROR])
def test_all_else_is_a_failure(error_class: ErrorClass) -> None:
    failed = failure(error_class)
    assert after_failure(READY, failed) == Fail(failed)


@pytest.mark.parametrize(("times", "begun"), [(2, [0, 0, 1, 2, 0]), (200, [0, 0, 1, 2, *[0] * 9])])
def test_a_trial_whose_machine_is_lost_each_time_waits_behind_the_others_and_fails_in_the_end(
    times: int, begun: list[int], tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        drive(tmp_path, study(), InstantExecutor(workers=3, dies_after=3), wanted=3)
    executor = Thwarted(LOST, times)
    drive(tmp_path, study(), executor, wanted=3)
    assert [job.number for job in executor.submitted] == begun
    with open_study(tmp_path, study()) as store:
        first, *others = store.trials.rows()
        assert {row.state for row in others} == {RunState.COMPLETE}
        assert first.state is (RunState.COMPLETE if times == 2 else RunState.FAILED)
    if times > LOSSES:
        said = "its node is lost, as 10 were before with no epoch of the trial done in between"
        assert (first.error_class, first.traceback) == (ErrorClass.KILLED, said)


class Deadly(InstantExecutor):
    """The process of the driver goes with a trial, in its first epoch, in which others have one or two."""

    def __init__(self, deadly: int, workers: int = 1) -> None:
        super().__init__(workers)
        self._deadly = deadly

    def submit(self, job: Job) -> None:
        super().submit(job)
        if job.number == self._deadly:
            self._events[job.number][1:1] = [Noted(job.number, "a step")] * 2

    def poll(self, timeout: float) -> list[Event]:
        heard = super().poll(timeout)
        if any(isinstance(event, Evaluated) and event.number == self._deadly for event in heard):
            raise KeyboardInterrupt
        return heard


class AtOnce(Deadly):
    """The process goes before any trial has an epoch."""

    def poll(self, timeout: float) -> list[Event]:
        heard = InstantExecutor.poll(self, timeout)
        if any(isinstance(event, Noted) and event.number == self._deadly for event in heard):
            raise KeyboardInterrupt
        return heard


def begun_until_it_ends(folder: Path, executor: Deadly, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Types the command until it ends by itself; the trials that each driver began, in their order."""
    monkeypatch.setattr(Leases, "abandon", lambda leases: None)  # killed, not interrupted
    host, begun = Owner.this_process().host, []
    for moment in range(1, 20):
        done, ended = len(executor.submitted), False
        with suppress(KeyboardInterrupt):
            drive(folder, study(), executor, wanted=4, owner=Owner(host, 1, str(moment)))
            ended = True
        begun.append([job.number for job in executor.submitted[done:]])
        executor.close()
        if ended:
            return begun
    raise AssertionError(begun)


def test_a_trial_that_takes_its_driver_down_each_time_fails_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begun_until_it_ends(tmp_path, Deadly(1), monkeypatch)
    assert begun == [[0, 1], [1], [2, 3, 1], *[[1]] * (DEATHS - 2), []]
    with open_study(tmp_path, study()) as store:
        rows = store.trials.rows()
        assert [row.state for row in rows].count(RunState.COMPLETE) == 3
        (failed,) = (row for row in rows if row.state is RunState.FAILED)
        assert (failed.number, failed.error_class, failed.deaths) == (1, ErrorClass.KILLED, DEATHS + 1)
        assert failed.traceback == "6 drivers died while it ran, with no epoch of it done in between"
        assert store.retry() == [1]
    assert drive(tmp_path, study(), InstantExecutor(), wanted=4).ended_early is None


def test_what_ran_beside_it_without_an_epoch_is_trained_alone_and_does_not_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begun_until_it_ends(tmp_path, AtOnce(0, workers=3), monkeypatch)
    # Of the three that two drivers died with each in turn is alone once all others are done.
    assert [sorted(begun[0]), sorted(begun[1]), begun[2]] == [[0, 1, 2], [0, 1, 2], [3, 0]]
    assert begun[3] == [1, 2, 0]
    with open_study(tmp_path, study()) as store:
        rows = store.trials.rows()
    assert [row.state for row in rows] == [RunState.FAILED, *[RunState.COMPLETE] * 3]
    assert rows[0].error_class is ErrorClass.KILLED


def test_what_ran_beside_it_is_begun_before_it_and_does_not_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begun_until_it_ends(tmp_path, Deadly(0, workers=2), monkeypatch)
    assert [sorted(numbers) for numbers in begun[:2]] == [[0, 1], [0, 1]]
    with open_study(tmp_path, study()) as store:
        states = [row.state for row in store.trials.rows()]
    assert states == [RunState.FAILED, *[RunState.COMPLETE] * 3]
