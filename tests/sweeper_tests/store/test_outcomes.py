"""What a driver writes of a trial, from its start to its outcome."""

import math
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from optuna.trial import TrialState

from model.config import TrainConfig
from sweeper.store.optuna_tables import mirror
from sweeper.store.study import StudyStore
from sweeper.trial import ErrorClass, RunState
from tests.sweeper_tests.store.stored import (
    COMPLETE,
    CONFIG,
    FAILED,
    ME,
    PARAMS,
    YOU,
    epoch,
    in_optuna,
    queue,
    row_of,
    run_whole,
)


def test_failed_trials_are_queued_again_under_their_numbers(store: StudyStore, url: str) -> None:
    oom, fine = run_whole(store, FAILED), run_whole(store, COMPLETE, "b")
    nan = run_whole(store, replace(FAILED, error_class=ErrorClass.NAN), "c")
    assert store.retry(ErrorClass.KILLED) == []
    assert store.retry(ErrorClass.OOM) == [oom]
    row = row_of(store, oom)
    assert (row.state, row.error_class, row.traceback, row.owner) == (RunState.QUEUED, None, None, None)
    assert [row.state for row in store.trials.rows()[1:]] == [
        RunState.COMPLETE,
        RunState.FAILED,
    ]
    assert store.leases(YOU, 60).take_over(oom, None)
    assert store.outcomes(YOU).finished(oom, COMPLETE)
    with in_optuna(url) as trials:
        assert [trial.state.name for trial in trials] == ["COMPLETE", "COMPLETE", "FAIL"]
    assert store.retry() == [nan]
    assert fine == 1


def test_an_identical_trial_gets_the_result_of_its_twin(store: StudyStore, url: str) -> None:
    source, number = run_whole(store, COMPLETE), queue(store)
    twin = store.trials.twin(number)
    assert twin is not None
    assert twin.number == source
    assert store.trials.twin(source) is None
    store.outcomes(ME).reuse(number, source)
    row = row_of(store, number)
    assert (row.state, row.scores, row.reused_from) == (RunState.COMPLETE, COMPLETE.scores, source)
    frame = store.trials.epochs_frame().drop(columns="number")
    half = len(frame) // 2
    assert half == 3
    assert frame[:half].to_numpy().tolist() == frame[half:].to_numpy().tolist()
    with in_optuna(url) as trials:
        assert trials[number].value == 0.75
        assert trials[number].intermediate_values == trials[source].intermediate_values


def test_a_trial_that_is_halved_begins_again(store: StudyStore) -> None:
    number = queue(store)
    store.outcomes(ME).epoch(number, epoch(1, 0.6))
    smaller = CONFIG.model_copy(update={"accumulation": 2}).model_dump(mode="json")
    store.outcomes(ME).halve(number, smaller, 1)
    row = row_of(store, number)
    assert (row.halvings, row.config, row.state) == (1, smaller, RunState.QUEUED)
    assert store.trials.epochs_frame().empty


def test_a_trial_whose_epochs_are_forgotten_is_as_it_was_queued(store: StudyStore, url: str) -> None:
    number = queue(store)
    queued = row_of(store, number)
    store.outcomes(ME).started(number, 1, threads=1, device="cpu", versions={})
    store.outcomes(ME).epoch(number, epoch(1, 0.6))
    store.outcomes(ME).forget(number)
    row = row_of(store, number)
    assert (row.halvings, row.config, row.state) == (0, queued.config, RunState.QUEUED)
    assert store.trials.epochs_frame().empty
    with in_optuna(url) as trials:
        assert trials[number].intermediate_values == {}


def test_course_of_a_trial(store: StudyStore) -> None:
    number = queue(store)
    queued = row_of(store, number)
    assert (queued.state, queued.attempts, queued.started, queued.scores) == (RunState.QUEUED, 0, None, None)
    assert (queued.arm, queued.params, queued.seed) == ("plain", PARAMS, 7)
    assert TrainConfig.model_validate(queued.config) == CONFIG
    store.outcomes(ME).started(number, 1, threads=2, device="cpu", versions={"torch": "2.9"})
    first = row_of(store, number)
    store.outcomes(ME).started(number, 2, threads=4, device="cuda", versions={"torch": "2.10"})
    second = row_of(store, number)
    assert (first.state, first.attempts, first.threads, first.device) == (RunState.RUNNING, 1, 2, "cpu")
    assert second == replace(first, attempts=2, threads=4, device="cuda", versions={"torch": "2.10"})
    assert first.started is not None
    assert queued.created <= first.started <= datetime.now(UTC)
    store.outcomes(ME).finished(number, COMPLETE)
    finished = row_of(store, number)
    assert finished.finished is not None
    assert finished == replace(
        second,
        state=RunState.COMPLETE,
        finished=finished.finished,
        seconds=4.5,
        peak_memory_mb=321.0,
        best_epoch=2,
        scores=COMPLETE.scores,
    )
    assert second.started is not None
    assert second.started <= finished.finished <= datetime.now(UTC)


def test_no_second_of_an_earlier_attempt_is_counted_twice(store: StudyStore) -> None:
    """Those of an attempt that ended with an outcome have those of its epochs in them."""
    outcome = replace(COMPLETE, seconds=31.0, earlier_seconds=32.0)
    killed = run_whole(store, outcome)
    assert row_of(store, killed).seconds == 63.0
    failed = run_whole(store, replace(FAILED, seconds=40.0), "b")
    assert store.retry() == [failed]
    assert store.leases(YOU, 60).take_over(failed, None)
    assert store.outcomes(YOU).finished(failed, outcome)
    assert row_of(store, failed).seconds == 71.0


def test_same_epoch_again_changes_nothing(
    store: StudyStore, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    number = queue(store)
    for result in (epoch(1, 0.5), epoch(2, 0.6), epoch(1, 0.5), epoch(2, 0.7)):
        store.outcomes(ME).epoch(number, result)
    assert caplog.messages == []
    before = store.trials.epochs_frame()
    store.outcomes(ME).finished(number, COMPLETE)
    store.outcomes(ME).epoch(number, epoch(2, 0.6))
    assert store.trials.epochs_frame().equals(before)
    with in_optuna(url) as (found,):
        assert found.intermediate_values == {1: 0.5, 2: 0.6}


def test_epochs_beyond_the_checkpoint_are_those_that_are_trained_anew(store: StudyStore, url: str) -> None:
    """Elsewhere the same epoch may have other numbers, and the outcome is of these."""
    number, outcomes = queue(store), store.outcomes(ME)
    outcomes.started(number, 1, threads=1, device="cpu", versions={})
    for done in (1, 2, 3):
        outcomes.epoch(number, epoch(done, 0.5 + done / 10))
    store.outcomes(YOU).started(number, 2, threads=1, device="cuda", versions={})
    assert len(store.trials.epochs_frame()) == 9, "not its trial"
    outcomes.started(number, 2, threads=1, device="cuda", versions={}, kept=1)
    outcomes.epochs([(number, epoch(1, 0.1)), (number, epoch(2, 0.2))])
    frame = store.trials.epochs_frame()
    judged = frame[frame["metric"] == "overall"]
    assert dict(zip(judged["epoch"], judged["value"], strict=True)) == {1: 0.6, 2: 0.2}
    with in_optuna(url) as (found,):
        assert found.intermediate_values == {1: 0.6, 2: 0.2}
    outcomes.started(number, 3, threads=1, device="cuda", versions={})
    assert store.trials.epochs_frame().empty


def test_epochs_of_several_trials_are_kept_as_one_by_one(store: StudyStore, url: str) -> None:
    numbers = [queue(store, arm) for arm in ("a", "b", "c", "d")]
    results = [epoch(1, 0.5), epoch(1, float("nan")), epoch(1, 0.7), epoch(2, 0.8, float("nan"))]
    for number, result in zip(numbers[:2], results[:2], strict=True):
        store.outcomes(ME).epoch(number, result)
    theirs = numbers[2]
    assert store.leases(YOU, 60).take_over(theirs, ME)
    outcomes = store.outcomes(ME)
    # One that is kept, one that is another driver's, and of one trial two epochs, the first of them twice.
    given = [(numbers[0], epoch(1, 0.9)), (theirs, results[2]), (numbers[3], results[2])]
    outcomes.epochs([*given, (numbers[3], epoch(1, 0.1)), (numbers[3], results[3])])
    outcomes.epochs([])
    expected = {numbers[0]: [results[0]], numbers[1]: [results[1]], theirs: [], numbers[3]: results[2:]}
    for number, kept in expected.items():
        said = {
            (one.epoch, m.split, m.task, m.name): None if math.isnan(m.value) else m.value
            for one in kept
            for m in one.metrics
        }
        assert store.trials.metrics(number) == said
    with in_optuna(url) as trials:
        seen = {trial.number: trial.intermediate_values for trial in trials}
    assert math.isnan(seen[numbers[1]].pop(1))
    assert seen == {numbers[0]: {1: 0.5}, numbers[1]: {}, theirs: {}, numbers[3]: {1: 0.7, 2: 0.8}}
    assert row_of(store, numbers[3]).peak_memory_mb == 100.0
    assert row_of(store, theirs).peak_memory_mb is None


def test_optuna_reads_moments_by_the_clock_on_the_wall_as_its_own(
    store: StudyStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        before = datetime.now()
        run_whole(store, COMPLETE)
        with in_optuna(url) as (found,):
            assert found.datetime_start is not None
            assert found.datetime_complete is not None
            assert before <= found.datetime_start <= found.datetime_complete <= datetime.now()
    time.tzset()


def test_first_outcome_stays(store: StudyStore, url: str) -> None:
    number = run_whole(store, COMPLETE)
    before = store.trials.row(number)
    store.outcomes(ME).finished(number, FAILED)
    store.outcomes(ME).tell(number)
    store.outcomes(ME).started(number, 1, threads=1, device="cpu", versions={})
    assert store.trials.row(number) == before
    with in_optuna(url) as (found,):
        assert (found.state, found.value) == (TrialState.COMPLETE, 0.75)


def test_an_outcome_and_what_optuna_is_told_are_one_transaction(
    store: StudyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    number = queue(store)
    with monkeypatch.context() as patch:
        patch.setattr(mirror, "tell", crash)
        with pytest.raises(KeyboardInterrupt):
            store.outcomes(ME).finished(number, COMPLETE)
    assert (row_of(store, number).state, store.trials.untold()) == (RunState.QUEUED, [])


STATES = ["RUNNING", "COMPLETE", "PRUNED", "FAIL"]


@pytest.mark.parametrize("state", STATES)
def test_what_optuna_missed_is_told(store: StudyStore, url: str, state: str) -> None:
    """As crashes and races of earlier versions left it."""
    complete, failed, queued = run_whole(store, COMPLETE), run_whole(store, FAILED), queue(store)
    with store.access.writing() as connection:
        connection.execute(sa.update(sa.table("trials", sa.column("state"))).values(state=state))
    right = {"RUNNING": [queued], "COMPLETE": [complete], "FAIL": [failed], "PRUNED": []}[state]
    assert store.trials.untold() == sorted({complete, failed, queued} - {*right})
    for number in store.trials.untold():
        store.outcomes(YOU).tell(number)
    assert store.trials.untold() == []
    with in_optuna(url) as found:
        assert [(one.state, one.values) for one in found] == [
            (TrialState.COMPLETE, [0.75]),
            (TrialState.FAIL, None),
            (TrialState.RUNNING, None),
        ]


def test_failure_keeps_its_traceback(store: StudyStore) -> None:
    row = row_of(store, run_whole(store, FAILED))
    assert (row.error_class, row.traceback, row.scores) == (ErrorClass.OOM, r"no \0 \udcff", None)


def dead(store: StudyStore, number: int, kept: int) -> None:
    """A trial goes on from so many epochs, and its driver dies."""
    store.outcomes(ME).started(number, 2, threads=1, device="cpu", versions={}, kept=kept)
    assert store.leases(YOU, 60).take_over(number, ME)
    assert store.leases(ME, 60).take_over(number, YOU)


def test_deaths_are_forgotten_with_a_new_epoch_and_where_a_trial_begins_again(store: StudyStore) -> None:
    first, second = queue(store, "a"), queue(store, "b")
    outcomes = store.outcomes(ME)
    outcomes.epochs([(number, epoch(1, 0.5)) for number in (first, second)])
    for number in (first, second):
        dead(store, number, kept=1)
    outcomes.epoch(first, epoch(1, 0.5))
    outcomes.epochs([(number, epoch(1, 0.5)) for number in (first, second)])
    assert [row.deaths for row in store.trials.rows()] == [1, 1], "told again"
    outcomes.epochs([(first, epoch(2, 0.5)), (second, epoch(1, 0.5))])
    assert [row.deaths for row in store.trials.rows()] == [0, 1]
    outcomes.epoch(second, epoch(2, 0.5))
    assert [row.deaths for row in store.trials.rows()] == [0, 0]
    dead(store, first, kept=2)
    outcomes.forget(first)
    assert row_of(store, first).deaths == 0
    dead(store, first, kept=0)
    outcomes.finished(first, FAILED)
    assert row_of(store, first).deaths == 1
    store.retry()
    assert row_of(store, first).deaths == 0
