"""A study's trials as searches and reports read them."""

import math
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from model.config import TrainConfig
from model.result import Metric
from sweeper.store import tables
from sweeper.store.study import StudyStore
from sweeper.study.limits import COLUMNS
from sweeper.trial import PastTrial, RunState
from tests.sweeper_tests.store.stored import (
    COMPLETE,
    CONFIG,
    FAILED,
    FIRST_DIGEST,
    ME,
    PARAMS,
    PRUNED,
    epoch,
    queue,
    run_whole,
)


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


def test_metrics_come_in_the_order_of_their_bytes(store: StudyStore) -> None:
    """Not in that of the server's language, so that the same study is the same file."""
    number, tasks = queue(store), ("ab", "B", "a+b", "_b", "b", "A")
    judging = epoch(1, 0.5).metrics[:1]
    metrics = tuple(Metric("dev", task, "accuracy", 0.5) for task in tasks)
    store.outcomes(ME).epoch(number, replace(epoch(1, 0.5), metrics=(*metrics, *judging)))
    assert store.trials.epochs_frame()["task"].tolist() == ["A", "B", "_b", "a+b", "ab", "b", judging[0].task]


def test_frames_of_a_study_without_trials(store: StudyStore) -> None:
    trials, epochs = store.trials.trials_frame(), store.trials.epochs_frame()
    assert (len(trials), len(epochs)) == (0, 0)
    assert {"number", "overall", "config"} <= set(trials.columns)
    assert str(trials["finished"].dtype) == str(store.trials.trials_frame()["created"].dtype)
