import logging
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy as sa
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState

from model.config import TrainConfig
from model.result import EpochResult, Metric
from sweeper.errors import DatabaseError
from sweeper.search.history import History
from sweeper.store import optuna_tables as mirror
from sweeper.store import tables
from sweeper.store.database import Database
from sweeper.store.leases import Lease
from sweeper.trial import COLUMNS, ErrorClass, Outcome, PastTrial, RunState, TrialSpec

NAME = "grid@demo"
ME = "host:1:100"
YOU = "host:2:200"
SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(1e-6, 1e-3, log=True),
    "sts_loss": CategoricalDistribution(["mse", "ce"]),
}
SOURCE = {"kind": "demo", "task": "sts"}
PAIR = {"kind": "pair", "range": (0, 5), "source": SOURCE, "text": ["a", "b"], "label": "y"}
CONFIG = TrainConfig.model_validate(
    {"tasks": {"sts": PAIR | {"metric": "pearson", "loss": "mse"}}, "seed": 7}
)
FIRST_DIGEST = "c6adba9791adf6e9f7092f250d0e84aeb220a6c5bc9d9c7e90d6f80f961553ac"
"""What the first version computed from CONFIG."""

PARAMS = {"learning_rate": 1e-4, "sts_loss": "ce"}
COMPLETE = Outcome(
    state=RunState.COMPLETE,
    seconds=4.5,
    best_epoch=2,
    scores={"overall": 0.75, "sts": 0.5},
    peak_memory_mb=321.0,
)
PRUNED = Outcome(state=RunState.PRUNED, seconds=1.0, best_epoch=1, scores={"overall": 0.6, "sts": 0.2})
FAILED = Outcome(state=RunState.FAILED, seconds=2.0, error_class=ErrorClass.OOM, traceback="no \0 \udcff")


def trial(number: int, arm: str = "plain", params: dict[str, Any] | None = None) -> TrialSpec:
    return TrialSpec(number, arm, PARAMS if params is None else params, CONFIG, CONFIG.seed, number)


def epoch(number: int, overall: float, loss: float = 1.5) -> EpochResult:
    metrics = (
        Metric("dev", "sts", "pearson", 2 * overall - 1),
        Metric("dev", "overall", "overall", overall),
        Metric("train", "sts", "loss", loss),
    )
    return EpochResult(number, overall, True, metrics, 1.0, 0.5, {"sts": 10}, {"sts": 12}, 100.0)


def begin(database: Database, name: str = NAME) -> None:
    database.create_sweep(name, {"name": "grid"}, {"name": "demo"}, digest="abc", version="0.1", wanted=40)


def queue(database: Database, arm: str = "plain", owner: str = ME) -> int:
    number = database.claim_number(NAME, owner)
    assert database.add_run(NAME, trial(number, arm), SPACE, owner, 60)
    return number


def run_whole(database: Database, outcome: Outcome, arm: str = "plain") -> int:
    number = queue(database, arm)
    database.start_run(NAME, number, 2, "cpu", {"torch": "2.9"})
    database.record_epoch(NAME, number, epoch(1, 0.6))
    database.finish_run(NAME, number, outcome)
    return number


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with Database(url) as opened:
        begin(opened)
        yield opened


@contextmanager
def in_optuna(url: str) -> Iterator[list[optuna.trial.FrozenTrial]]:
    """The trials as Optuna itself reads them."""
    storage = optuna.storages.RDBStorage(url)
    yield optuna.load_study(study_name=NAME, storage=storage).trials
    storage.engine.dispose()


# Studies


def test_study_comes_back_as_it_was_stored(fresh_url: str) -> None:
    study, workload = {"name": "grid", "space": {"b": [1, 2.5, None], "a": {"low": 1e-6}}}, {"notice": "ü"}
    with Database(fresh_url) as database:
        made = database.create_sweep(NAME, study, workload, digest="abc", version="0.1", wanted=40)
    with Database(fresh_url, must_exist=True) as database:
        found = database.sweep(NAME)
        assert found == made
        assert found is not None
        assert (found.study, found.workload, found.digest, found.version) == (study, workload, "abc", "0.1")
        assert list(found.study["space"]) == ["b", "a"]
        assert abs(datetime.now(UTC) - found.created) < timedelta(seconds=60)
        database.set_wanted(NAME, 44)
        assert database.sweep(NAME) == replace(made, wanted=44)
        assert database.sweep("other@demo") is None


def test_first_of_two_equal_studies_stays(database: Database) -> None:
    first = database.sweep(NAME)
    assert database.create_sweep(NAME, {}, {}, digest="xyz", version="9", wanted=1) == first
    assert [sweep.name for sweep in database.sweeps()] == [NAME]


def test_latest_active_study_comes_last(database: Database) -> None:
    begin(database, "second@demo")
    assert [sweep.name for sweep in database.sweeps()] == [NAME, "second@demo"]
    number = queue(database)
    assert [sweep.name for sweep in database.sweeps()] == ["second@demo", NAME]
    begin(database, "third@demo")
    database.finish_run(NAME, number, COMPLETE)
    assert [sweep.name for sweep in database.sweeps()] == ["second@demo", "third@demo", NAME]


def test_unknown_study_and_trial(database: Database) -> None:
    with pytest.raises(DatabaseError, match="no study 'other@demo'"):
        database.runs("other@demo")
    with pytest.raises(DatabaseError, match="no trial 7"):
        database.tell(NAME, 7)
    assert database.run(NAME, 7) is None


# Numbers and owners


def test_numbers_count_up_in_each_study(database: Database) -> None:
    begin(database, "second@demo")
    assert [database.claim_number(NAME, ME) for _ in range(3)] == [0, 1, 2]
    assert database.claim_number("second@demo", ME) == 0


def test_claimed_number_is_an_orphan_until_it_has_a_run(database: Database) -> None:
    database.claim_number(NAME, ME)
    number = database.claim_number(NAME, YOU)
    assert database.orphans(NAME) == [(0, ME), (1, YOU)]
    database.add_run(NAME, trial(number), SPACE, YOU, 60)
    assert database.orphans(NAME) == [(0, ME)]
    database.finish_run(NAME, number, COMPLETE)
    assert database.orphans(NAME) == [(0, ME)]


def test_only_the_first_run_of_a_number_is_added(database: Database, url: str) -> None:
    number = database.claim_number(NAME, ME)
    assert database.add_run(NAME, trial(number), SPACE, YOU, 60)
    other = {"learning_rate": 2e-4, "sts_loss": "mse"}
    assert not database.add_run(NAME, trial(number, "other", other), SPACE, ME, 60)
    (row,) = database.runs(NAME)
    assert (row.arm, row.params, row.owner) == ("plain", PARAMS, YOU)
    with in_optuna(url) as (found,):
        assert found.params == PARAMS


def test_take_over_is_compare_and_set(database: Database) -> None:
    number = queue(database)
    assert not database.take_over(NAME, number, YOU, YOU, 60)
    assert not database.take_over(NAME, number, None, YOU, 60)
    assert database.take_over(NAME, number, ME, YOU, 3600)
    assert not database.take_over(NAME, number, ME, "host:3:300", 60)
    row = database.run(NAME, number)
    assert row is not None
    assert row.owner == YOU
    assert row.lease_expires is not None
    assert row.lease_expires > datetime.now(UTC) + timedelta(minutes=59)
    database.finish_run(NAME, number, COMPLETE)
    assert not database.take_over(NAME, number, YOU, ME, 60)
    assert not database.take_over(NAME, 99, YOU, ME, 60)


def test_orphan_is_taken_over_once(database: Database) -> None:
    number = database.claim_number(NAME, ME)
    assert not database.take_over(NAME, number, YOU, "host:3:300", 60)
    assert database.take_over(NAME, number, ME, YOU, 60)
    assert not database.take_over(NAME, number, ME, "host:3:300", 60)
    assert database.orphans(NAME) == [(number, YOU)]


def test_renewal_reaches_the_owners_unfinished_trials_only(database: Database) -> None:
    mine, yours, done = queue(database), queue(database, owner=YOU), queue(database)
    database.finish_run(NAME, done, COMPLETE)
    before = database.runs(NAME)
    assert database.renew(NAME, ME, 3600) == {mine}
    changed = [old.number for old, new in zip(before, database.runs(NAME), strict=True) if old != new]
    assert changed == [mine]
    assert yours not in changed


def test_who_has_lost_a_trial_cannot_write_to_it(database: Database, url: str) -> None:
    number = queue(database)
    with Database(url) as another:
        assert another.take_over(NAME, number, ME, YOU, 60)
        database.start_run(NAME, number, 1, "cpu", {})
        database.record_epoch(NAME, number, epoch(1, 0.9))
        assert not database.finish_run(NAME, number, COMPLETE)
        assert database.run(NAME, number) == another.run(NAME, number)
        assert database.epochs_frame(NAME).empty
        another.record_epoch(NAME, number, epoch(1, 0.6))
        assert another.finish_run(NAME, number, COMPLETE)
    assert database.renew(NAME, ME, 60) == set()


def test_a_released_trial_is_free_at_once(database: Database) -> None:
    number = queue(database)
    assert [(lease.number, lease.owner, lease.expired) for lease in database.leases(NAME)] == [
        (number, ME, False)
    ]
    database.release(NAME, ME)
    assert database.leases(NAME) == [Lease(number, None, None, True)]
    assert database.take_over(NAME, number, None, YOU, 60)


def test_a_configuration_of_an_arm_has_one_trial_a_seed(database: Database) -> None:
    queue(database)
    number = database.claim_number(NAME, ME)
    assert not database.add_run(NAME, replace(trial(number), configuration=0), SPACE, ME, 60)
    assert database.run(NAME, number) is None
    assert database.add_run(NAME, trial(number), SPACE, ME, 60)


def test_failed_trials_are_queued_again_under_their_numbers(database: Database, url: str) -> None:
    oom, fine = run_whole(database, FAILED), run_whole(database, COMPLETE, "b")
    nan = run_whole(database, replace(FAILED, error_class=ErrorClass.NAN), "c")
    assert database.retry(NAME, ErrorClass.KILLED) == []
    assert database.retry(NAME, ErrorClass.OOM) == [oom]
    row = database.run(NAME, oom)
    assert row is not None
    assert (row.state, row.error_class, row.traceback, row.owner) == (RunState.QUEUED, None, None, None)
    assert [row.state for row in database.runs(NAME)[1:]] == [RunState.COMPLETE, RunState.FAILED]
    assert database.take_over(NAME, oom, None, YOU, 60)
    assert database.finish_run(NAME, oom, COMPLETE)
    with in_optuna(url) as trials:
        assert [trial.state.name for trial in trials] == ["COMPLETE", "COMPLETE", "FAIL"]
    assert database.retry(NAME) == [nan]
    assert fine == 1


def test_a_twin_is_looked_up_in_the_index_of_digests(database: Database) -> None:
    if database._engine.dialect.name != "sqlite":
        pytest.skip("a server plans by the size of its tables")
    asked: list[tuple[str, Any]] = []
    sa.event.listen(database._engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    database.twin(NAME, queue(database))
    statement, values = asked[-1]
    with database._engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    steps = [row.detail.partition(" (")[0] for row in plan]
    assert steps[0] == "SEARCH run USING INDEX ix_run_digest"
    assert not [step for step in steps if step.startswith("SCAN ")]


def test_a_trial_of_the_first_version_is_found_as_a_twin(database: Database) -> None:
    source, number = run_whole(database, COMPLETE), queue(database)
    with database._engine.begin() as connection:
        first = tables.run.update().where(tables.run.c.number == source)
        connection.execute(first.values(digest=FIRST_DIGEST))
    twin = database.twin(NAME, number)
    assert twin is not None
    assert twin.number == source


def test_an_identical_trial_gets_the_result_of_its_twin(database: Database, url: str) -> None:
    source, number = run_whole(database, COMPLETE), queue(database)
    twin = database.twin(NAME, number)
    assert twin is not None
    assert twin.number == source
    assert database.twin(NAME, source) is None
    database.reuse(NAME, number, source)
    row = database.run(NAME, number)
    assert row is not None
    assert (row.state, row.scores, row.reused_from) == (RunState.COMPLETE, COMPLETE.scores, source)
    frame = database.epochs_frame(NAME).drop(columns="number")
    half = len(frame) // 2
    assert half == 3
    assert frame[:half].to_numpy().tolist() == frame[half:].to_numpy().tolist()
    with in_optuna(url) as trials:
        assert trials[number].value == 0.75
        assert trials[number].intermediate_values == trials[source].intermediate_values


def test_a_trial_that_is_halved_begins_again(database: Database) -> None:
    number = queue(database)
    database.record_epoch(NAME, number, epoch(1, 0.6))
    smaller = CONFIG.model_copy(update={"accumulation": 2}).model_dump(mode="json")
    database.halve(NAME, number, smaller)
    row = database.run(NAME, number)
    assert row is not None
    assert (row.halvings, row.config, row.state) == (1, smaller, RunState.QUEUED)
    assert database.epochs_frame(NAME).empty


# The course of a trial


def test_course_of_a_trial(database: Database) -> None:
    number = queue(database)
    queued = database.run(NAME, number)
    assert queued is not None
    assert (queued.state, queued.attempts, queued.started, queued.scores) == (RunState.QUEUED, 0, None, None)
    assert (queued.arm, queued.params, queued.seed) == ("plain", PARAMS, 7)
    assert TrainConfig.model_validate(queued.config) == CONFIG
    database.start_run(NAME, number, 2, "cpu", {"torch": "2.9"})
    first = database.run(NAME, number)
    database.start_run(NAME, number, 4, "cuda", {"torch": "2.10"})
    second = database.run(NAME, number)
    assert first is not None
    assert second is not None
    assert (first.state, first.attempts, first.threads, first.device) == (RunState.RUNNING, 1, 2, "cpu")
    assert second == replace(first, attempts=2, threads=4, device="cuda", versions={"torch": "2.10"})
    assert first.started is not None
    assert queued.created <= first.started <= datetime.now(UTC)
    database.finish_run(NAME, number, COMPLETE)
    finished = database.run(NAME, number)
    assert finished is not None
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


def test_optuna_sees_the_same_trials(database: Database, url: str) -> None:
    for outcome in (COMPLETE, PRUNED, FAILED):
        run_whole(database, outcome)
    queue(database)
    with in_optuna(url) as found:
        assert [t.number for t in found] == [0, 1, 2, 3]
        states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING]
        assert [t.state for t in found] == states
        assert [t.values for t in found] == [[0.75], None, None, None]
        assert [t.intermediate_values for t in found] == [{1: 0.6}] * 3 + [{}]
        for t in found:
            assert (t.params, t.distributions) == (PARAMS, SPACE)
            assert t.user_attrs == {"owner": ME, "arm": "plain", "seed": 7}


def test_trial_without_parameters(database: Database, url: str) -> None:
    number = database.claim_number(NAME, ME)
    assert database.add_run(NAME, trial(number, params={}), {}, ME, 60)
    with in_optuna(url) as (found,):
        assert found.params == {}


def test_same_epoch_again_changes_nothing(
    database: Database, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    number = queue(database)
    for result in (epoch(1, 0.5), epoch(2, 0.6), epoch(1, 0.5), epoch(2, 0.7)):
        database.record_epoch(NAME, number, result)
    assert caplog.messages == []
    before = database.epochs_frame(NAME)
    database.finish_run(NAME, number, COMPLETE)
    database.record_epoch(NAME, number, epoch(2, 0.6))
    assert database.epochs_frame(NAME).equals(before)
    with in_optuna(url) as (found,):
        assert found.intermediate_values == {1: 0.5, 2: 0.6}


def test_first_outcome_stays(database: Database, url: str) -> None:
    number = run_whole(database, COMPLETE)
    before = database.run(NAME, number)
    database.finish_run(NAME, number, FAILED)
    database.tell(NAME, number)
    database.start_run(NAME, number, 1, "cpu", {})
    assert database.run(NAME, number) == before
    with in_optuna(url) as (found,):
        assert (found.state, found.value) == (TrialState.COMPLETE, 0.75)


def test_crash_between_outcome_and_tell_is_found(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    run_whole(database, COMPLETE)
    number = queue(database)
    queue(database)
    with monkeypatch.context() as patch:
        patch.setattr(mirror, "tell", crash)
        with pytest.raises(KeyboardInterrupt):
            database.finish_run(NAME, number, COMPLETE)
    assert database.untold(NAME) == [number]
    database.tell(NAME, number)
    assert database.untold(NAME) == []
    with in_optuna(url) as found:
        assert (found[number].state, found[number].value) == (TrialState.COMPLETE, 0.75)


def test_run_and_its_optuna_trial_are_one_transaction(database: Database, url: str) -> None:
    number = database.claim_number(NAME, ME)
    outside = {"sts_loss": CategoricalDistribution(["mse"])}
    with pytest.raises(ValueError, match="ce"):
        database.add_run(NAME, trial(number), outside, ME, 60)
    assert database.runs(NAME) == []
    assert database.orphans(NAME) == [(number, ME)]
    with in_optuna(url) as (found,):
        assert found.user_attrs == {"owner": ME}


def test_failure_keeps_its_traceback(database: Database) -> None:
    row = database.run(NAME, run_whole(database, FAILED))
    assert row is not None
    assert (row.error_class, row.traceback, row.scores) == (ErrorClass.OOM, r"no \0 \udcff", None)


# What searches and reports read


def test_history(database: Database) -> None:
    for outcome, arm in ((COMPLETE, "a"), (PRUNED, "b"), (FAILED, "a")):
        run_whole(database, outcome, arm)
    queue(database, "b")
    database.claim_number(NAME, ME)
    states = [RunState.COMPLETE, RunState.PRUNED, RunState.FAILED, RunState.QUEUED]
    scores = [COMPLETE.scores, None, None, None]
    assert list(database.history(NAME)) == [
        PastTrial(n, "abab"[n], PARAMS, 7, n, states[n], scores[n]) for n in range(4)
    ]


def test_history_is_one_query_whatever_its_length(database: Database) -> None:
    statements: list[str] = []
    sa.event.listen(database._engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    for _ in range(3):
        run_whole(database, COMPLETE)
        statements.clear()
        database.history(NAME)
        assert len([text for text in statements if text.startswith("SELECT")]) == 1


def test_history_follows_what_other_drivers_write(database: Database, url: str) -> None:
    with Database(url) as other:
        late = other.claim_number(NAME, YOU)  # begun by another driver only after the next one has ended
        failed, complete = run_whole(database, FAILED, "a"), run_whole(database, COMPLETE, "a")
        assert [past.number for past in database.history(NAME)] == [failed, complete]
        assert other.add_run(NAME, trial(late, "b"), SPACE, YOU, 60)
        assert other.retry(NAME) == [failed]
        states = {past.number: past.state for past in database.history(NAME)}
        assert states == {late: RunState.QUEUED, failed: RunState.QUEUED, complete: RunState.COMPLETE}
        assert other.take_over(NAME, failed, None, YOU, 60)
        other.finish_run(NAME, failed, COMPLETE)
        other.finish_run(NAME, late, PRUNED)
        new = queue(database)
    states = {past.number: past.state for past in database.history(NAME)}
    assert states == {
        late: RunState.PRUNED,
        failed: RunState.COMPLETE,
        complete: RunState.COMPLETE,
        new: RunState.QUEUED,
    }
    with Database(url) as afresh:
        assert list(afresh.history(NAME)) == list(database.history(NAME))


def test_history_reads_the_trials_that_may_have_changed_and_no_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[int] = []

    def enter(history: History, past: PastTrial) -> None:
        entered.append(past.number)
        real(history, past)

    real = History.enter
    monkeypatch.setattr(History, "enter", enter)
    for outcome in (COMPLETE, PRUNED, FAILED):
        run_whole(database, outcome)
    running = queue(database)
    database.history(NAME)
    assert sorted(entered) == [0, 1, 2, 3]
    entered.clear()
    new = queue(database)
    database.history(NAME)
    assert sorted(entered) == [running, new]


def test_trials_frame(database: Database) -> None:
    run_whole(database, COMPLETE, "a")
    run_whole(database, FAILED, "b")
    queue(database)
    frame = database.trials_frame(NAME)
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


def test_epochs_frame(database: Database) -> None:
    queue(database)
    number = queue(database, "other")
    for result in (epoch(2, 0.6), epoch(1, 0.5, loss=math.nan)):
        database.record_epoch(NAME, number, result)
    frame = database.epochs_frame(NAME)
    assert list(frame.columns) == ["number", "arm", "epoch", "split", "task", "metric", "value"]
    assert frame.drop(columns="value").values.tolist() == [
        [number, "other", e, *metric]
        for e in (1, 2)
        for metric in (("dev", "overall", "overall"), ("dev", "sts", "pearson"), ("train", "sts", "loss"))
    ]
    assert frame["value"].tolist() == pytest.approx([0.5, 0.0, math.nan, 0.6, 0.2, 1.5], nan_ok=True)


def test_frames_of_a_study_without_trials(database: Database) -> None:
    trials, epochs = database.trials_frame(NAME), database.epochs_frame(NAME)
    assert (len(trials), len(epochs)) == (0, 0)
    assert {"number", "overall", "config"} <= set(trials.columns)
    assert str(trials["finished"].dtype) == str(database.trials_frame(NAME)["created"].dtype)


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
        rows = database.runs("s@demo")
        assert [row.number for row in rows] == list(range(40))
        assert sorted(row.owner or "" for row in rows) == sorted(owners * 10)
        assert all(row.state is RunState.COMPLETE and row.params == {"x": row.number / 100} for row in rows)
        assert len({row.trial_id for row in rows}) == 40
        assert database.orphans("s@demo") == []
        assert database.untold("s@demo") == []


def test_nothing_is_printed_or_logged(
    fresh_url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), Database(fresh_url) as database:
        begin(database)
        run_whole(database, COMPLETE)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
