import logging
import math
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState

from model.config import TrainConfig
from sweeper.errors import DatabaseError
from sweeper.store import tables
from sweeper.store.database import Database
from sweeper.store.optuna_tables import mirror
from sweeper.store.study import StudyStore
from sweeper.store.trials import Lease
from sweeper.study.limits import COLUMNS
from sweeper.trial import ErrorClass, PastTrial, RunState
from tests.sweeper_tests.store.stored import (
    COMPLETE,
    CONFIG,
    FAILED,
    FIRST_DIGEST,
    ME,
    NAME,
    PARAMS,
    PRUNED,
    SPACE,
    YOU,
    begin,
    epoch,
    in_optuna,
    queue,
    row_of,
    run_whole,
    trial,
)

# Studies


def test_study_comes_back_as_it_was_stored(fresh_url: str) -> None:
    study, workload = {"name": "grid", "space": {"b": [1, 2.5, None], "a": {"low": 1e-6}}}, {"notice": "ü"}
    with Database(fresh_url) as database:
        made = database.create(NAME, study, workload, digest="abc", version="0.1", wanted=40)
    with Database(fresh_url, must_exist=True) as database:
        found = database.find(NAME)
        assert found is not None
        row = found.row
        assert row == made.row
        assert (row.study, row.workload, row.digest, row.version) == (study, workload, "abc", "0.1")
        assert list(row.study["space"]) == ["b", "a"]
        assert abs(datetime.now(UTC) - row.created) < timedelta(seconds=60)
        found.set_wanted(44)
        assert found.fresh().row == database.study(NAME).row == replace(row, wanted=44)
        assert database.find("other@demo") is None


def test_first_of_two_equal_studies_stays(database: Database) -> None:
    first = database.study(NAME).row
    assert database.create(NAME, {}, {}, digest="xyz", version="9", wanted=1).row == first
    assert [store.row.name for store in database.studies()] == [NAME]


def test_latest_active_study_comes_last(database: Database) -> None:
    begin(database, "second@demo")
    assert [store.row.name for store in database.studies()] == [NAME, "second@demo"]
    store = database.study(NAME)
    number = queue(store)
    assert [store.row.name for store in database.studies()] == ["second@demo", NAME]
    begin(database, "third@demo")
    store.outcomes(ME).finished(number, COMPLETE)
    assert [store.row.name for store in database.studies()] == ["second@demo", "third@demo", NAME]


def test_unknown_study_and_trial(database: Database) -> None:
    with pytest.raises(DatabaseError, match="no study 'other@demo'"):
        database.study("other@demo")
    with pytest.raises(DatabaseError, match="no trial 7"):
        database.study(NAME).outcomes(ME).tell(7)
    assert database.study(NAME).trials.row(7) is None


# Numbers and owners


def test_numbers_count_up_in_each_study(database: Database, store: StudyStore) -> None:
    second = begin(database, "second@demo")
    assert [store.leases(ME, 60).claim(99) for _ in range(3)] == [0, 1, 2]
    assert second.leases(ME, 60).claim(99) == 0


def test_claimed_number_is_an_orphan_until_it_has_a_run(store: StudyStore) -> None:
    store.leases(ME, 60).claim(99)
    number = store.leases(YOU, 60).claim(99)
    assert store.trials.orphans() == [(0, ME), (1, YOU)]
    store.leases(YOU, 60).add(trial(number), SPACE)
    assert store.trials.orphans() == [(0, ME)]
    store.outcomes(YOU).finished(number, COMPLETE)
    assert store.trials.orphans() == [(0, ME)]


def test_only_the_first_run_of_a_number_is_added(store: StudyStore, url: str) -> None:
    number = store.leases(ME, 60).claim(99)
    assert store.leases(YOU, 60).add(trial(number), SPACE)
    other = {"learning_rate": 2e-4, "sts_loss": "mse"}
    assert not store.leases(ME, 60).add(trial(number, "other", other), SPACE)
    (row,) = store.trials.rows()
    assert (row.arm, row.params, row.owner) == ("plain", PARAMS, YOU)
    with in_optuna(url) as (found,):
        assert found.params == PARAMS


def test_take_over_is_compare_and_set(store: StudyStore) -> None:
    number = queue(store)
    assert not store.leases(YOU, 60).take_over(number, YOU)
    assert not store.leases(YOU, 60).take_over(number, None)
    assert store.leases(YOU, 3600).take_over(number, ME)
    assert not store.leases("host:3:300", 60).take_over(number, ME)
    row = row_of(store, number)
    assert row.owner == YOU
    assert row.lease_expires is not None
    assert row.lease_expires > datetime.now(UTC) + timedelta(minutes=59)
    store.outcomes(YOU).finished(number, COMPLETE)
    assert not store.leases(ME, 60).take_over(number, YOU)
    assert not store.leases(ME, 60).take_over(99, YOU)


def test_orphan_is_taken_over_once(store: StudyStore) -> None:
    number = store.leases(ME, 60).claim(99)
    assert not store.leases("host:3:300", 60).take_over(number, YOU)
    assert store.leases(YOU, 60).take_over(number, ME)
    assert not store.leases("host:3:300", 60).take_over(number, ME)
    assert store.trials.orphans() == [(number, YOU)]


def test_renewal_reaches_the_owners_unfinished_trials_only(store: StudyStore) -> None:
    mine, yours, done = queue(store), queue(store, owner=YOU), queue(store)
    store.outcomes(ME).finished(done, COMPLETE)
    before = store.trials.rows()
    assert store.leases(ME, 3600).renew() == {mine}
    changed = [old.number for old, new in zip(before, store.trials.rows(), strict=True) if old != new]
    assert changed == [mine]
    assert yours not in changed


def test_who_has_lost_a_trial_cannot_write_to_it(store: StudyStore, url: str) -> None:
    number = queue(store)
    with Database(url) as another:
        theirs = another.study(NAME)
        assert theirs.leases(YOU, 60).take_over(number, ME)
        store.outcomes(ME).started(number, 1, threads=1, device="cpu", versions={})
        store.outcomes(ME).epoch(number, epoch(1, 0.9))
        assert not store.outcomes(ME).finished(number, COMPLETE)
        assert store.trials.row(number) == theirs.trials.row(number)
        assert store.trials.epochs_frame().empty
        theirs.outcomes(YOU).epoch(number, epoch(1, 0.6))
        assert theirs.outcomes(YOU).finished(number, COMPLETE)
    assert store.leases(ME, 60).renew() == set()


def test_a_released_trial_is_free_at_once(store: StudyStore) -> None:
    number = queue(store)
    assert [(lease.number, lease.owner, lease.expired) for lease in store.trials.leases()] == [
        (number, ME, False)
    ]
    store.leases(ME, 60).release()
    assert store.trials.leases() == [Lease(number, None, None, True)]
    assert store.leases(YOU, 60).take_over(number, None)


def test_a_configuration_of_an_arm_has_one_trial_a_seed(store: StudyStore) -> None:
    queue(store)
    number = store.leases(ME, 60).claim(99)
    assert not store.leases(ME, 60).add(replace(trial(number), configuration=0), SPACE)
    assert store.trials.row(number) is None
    assert store.leases(ME, 60).add(trial(number), SPACE)


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


def test_a_twin_is_looked_up_in_the_index_of_digests(store: StudyStore) -> None:
    if store.access.engine.dialect.name != "sqlite":
        pytest.skip("a server plans by the size of its tables")
    asked: list[tuple[str, Any]] = []
    sa.event.listen(store.access.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    store.trials.twin(queue(store))
    statement, values = asked[-1]
    with store.access.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    steps = [row.detail.partition(" (")[0] for row in plan]
    assert steps[0] == "SEARCH run USING INDEX ix_run_digest"
    assert not [step for step in steps if step.startswith("SCAN ")]


def test_a_trial_of_the_first_version_is_found_as_a_twin(store: StudyStore) -> None:
    source, number = run_whole(store, COMPLETE), queue(store)
    with store.access.engine.begin() as connection:
        first = tables.run.update().where(tables.run.c.number == source)
        connection.execute(first.values(digest=FIRST_DIGEST))
    twin = store.trials.twin(number)
    assert twin is not None
    assert twin.number == source


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


# The course of a trial


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


def test_trial_without_parameters(store: StudyStore, url: str) -> None:
    number = store.leases(ME, 60).claim(99)
    assert store.leases(ME, 60).add(trial(number, params={}), {})
    with in_optuna(url) as (found,):
        assert found.params == {}


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


def test_run_and_its_optuna_trial_are_one_transaction(store: StudyStore, url: str) -> None:
    number = store.leases(ME, 60).claim(99)
    outside = {"sts_loss": CategoricalDistribution(["mse"])}
    with pytest.raises(ValueError, match="ce"):
        store.leases(ME, 60).add(trial(number), outside)
    assert store.trials.rows() == []
    assert store.trials.orphans() == [(number, ME)]
    with in_optuna(url) as (found,):
        assert found.user_attrs == {"owner": ME}


def test_failure_keeps_its_traceback(store: StudyStore) -> None:
    row = row_of(store, run_whole(store, FAILED))
    assert (row.error_class, row.traceback, row.scores) == (ErrorClass.OOM, r"no \0 \udcff", None)


# What searches and reports read


def test_past_trials(store: StudyStore) -> None:
    for outcome, arm in ((COMPLETE, "a"), (PRUNED, "b"), (FAILED, "a")):
        run_whole(store, outcome, arm)
    queue(store, "b")
    store.leases(ME, 60).claim(99)
    states = [RunState.COMPLETE, RunState.PRUNED, RunState.FAILED, RunState.QUEUED]
    scores = [COMPLETE.scores, None, None, None]
    assert store.trials.past() == [
        PastTrial(n, "abab"[n], PARAMS, 7, n, states[n], scores[n]) for n in range(4)
    ]


def test_trials_frame(store: StudyStore) -> None:
    run_whole(store, COMPLETE, "a")
    run_whole(store, FAILED, "b")
    queue(store)
    frame = store.trials.trials_frame()
    place = COLUMNS.index("best_epoch")
    params = ["params.learning_rate", "params.sts_loss"]
    assert list(frame.columns) == [*COLUMNS[:place], "sts", *COLUMNS[place:-1], *params, COLUMNS[-1]]
    first, second, third = (frame.iloc[n] for n in range(3))
    assert (first["arm"], first["state"], first["overall"], first["sts"]) == ("a", "complete", 0.75, 0.5)
    assert (first["best_epoch"], first["epochs"], first["threads"], first["attempts"]) == (2, 1, 2, 1)
    assert TrainConfig.model_validate(first["config"]) == CONFIG
    assert first["finished"].tzinfo is not None
    assert (second["state"], second["error_class"]) == ("failed", "oom")
    assert math.isnan(second["overall"])
    assert (third["state"], third["epochs"]) == ("queued", 0)
    assert frame["params.sts_loss"].tolist() == ["ce"] * 3
    assert frame["finished"].isna().tolist() == [False, False, True]


def test_epochs_frame(store: StudyStore) -> None:
    queue(store)
    number = queue(store, "other")
    for result in (epoch(2, 0.6), epoch(1, 0.5, loss=math.nan)):
        store.outcomes(ME).epoch(number, result)
    frame = store.trials.epochs_frame()
    assert list(frame.columns) == ["number", "arm", "epoch", "split", "task", "metric", "value"]
    assert frame.drop(columns="value").values.tolist() == [
        [number, "other", e, *metric]
        for e in (1, 2)
        for metric in (("dev", "overall", "overall"), ("dev", "sts", "pearson"), ("train", "sts", "loss"))
    ]
    assert frame["value"].tolist() == pytest.approx([0.5, 0.0, math.nan, 0.6, 0.2, 1.5], nan_ok=True)


def test_frames_of_a_study_without_trials(store: StudyStore) -> None:
    trials, epochs = store.trials.trials_frame(), store.trials.epochs_frame()
    assert (len(trials), len(epochs)) == (0, 0)
    assert {"number", "overall", "config"} <= set(trials.columns)
    assert str(trials["finished"].dtype) == str(store.trials.trials_frame()["created"].dtype)


# Several processes


def test_four_drivers_on_a_fresh_database(fresh_url: str) -> None:
    script = str(Path(__file__).with_name("concurrent_driver.py"))
    root = str(Path(__file__).parents[3])
    owners = [f"host:{n}:0" for n in range(4)]
    drivers = [
        subprocess.Popen(
            [sys.executable, script, fresh_url, owner, "10"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": root},
        )
        for owner in owners
    ]
    for driver in drivers:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "ready\n"
    for driver in drivers:
        assert driver.stdin is not None
        driver.stdin.write("go\n")
        driver.stdin.flush()
    said = [(driver.communicate(timeout=60)[0], driver.returncode) for driver in drivers]
    assert said == [("", 0)] * 4
    with Database(fresh_url, must_exist=True) as database:
        rows = database.study("s@demo").trials.rows()
        assert [row.number for row in rows] == list(range(40))
        assert sorted(row.owner or "" for row in rows) == sorted(owners * 10)
        assert all(row.state is RunState.COMPLETE and row.params == {"x": row.number / 100} for row in rows)
        assert len({row.trial_id for row in rows}) == 40
        assert database.study("s@demo").trials.orphans() == []
        assert database.study("s@demo").trials.untold() == []


def test_nothing_is_printed_or_logged(
    fresh_url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), Database(fresh_url) as database:
        run_whole(begin(database), COMPLETE)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
