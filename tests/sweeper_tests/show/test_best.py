"""`sweeper best` in words: which trial is the best, and that of each track."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.show.best import best_run, best_runs
from sweeper.store.database import Database
from tests.sweeper_tests.made import row, store, study
from tests.sweeper_tests.poolings import ARMS, ran, recorded
from tests.sweeper_tests.typed import Command, refused


def test_the_best_trial_is_the_first_with_the_highest_overall(sweeper: Command) -> None:
    ran({"Mean": ARMS["Mean"], "Max": ARMS["Max"]}, sweeper)
    with closing(sqlite3.connect(".sweeper/studies.db")) as connection, connection:
        for arm, overall in (("Mean", 0.75), ("Max", 0.5)):
            connection.execute(
                "UPDATE run SET scores = json_set(scores, '$.overall', ?) WHERE arm = ?", (overall, arm)
            )
    said = sweeper("best").out.splitlines()
    mean, best = recorded("Max"), recorded("Mean")
    assert said[0].startswith(
        f"poolings@tiny trial {best.number}: overall 0.7500 (sst {best.scores['sst']:.4f}"
    )
    assert said[1:] == [
        "overall = (sst + para + (sts + 1) / 2) / 3",
        "arm: Mean",
        "hyperparameters: dropout 0.1",
        "seed: 11711",
        "Scores of a test say nothing.",
    ]
    assert sweeper("best", "--arm", "Max").out.startswith(
        f"poolings@tiny trial {mean.number}: overall 0.5000"
    )
    assert "no arm 'Maxx'; did you mean 'Max'?" in refused(sweeper, "best", "--arm", "Maxx")


def test_a_result_that_was_reused_does_not_come_before_its_equals(tmp_path: Path) -> None:
    of = study(seeds=[1, 2, 3])
    runs = [row(of, number, "S-BERT", (0.4, 0.7, 0.5), seed=number + 1) for number in range(3)]
    store(tmp_path, of, runs).close()
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute("UPDATE run SET reused_from = 0 WHERE number = 2")
    with Database(f"sqlite:///{tmp_path}/studies.db") as database:
        found = database.study(of.name)
        assert best_run(found).number == 0
        assert [run.number for run in best_runs(found, None, 2)] == [0, 1]
        # Three trials are complete, and two networks are all that they have.
        with pytest.raises(InputError, match="has only 2 networks among 3 complete trials: the others reuse"):
            best_runs(found, None, 3)


def test_trials_without_an_overall_are_not_counted_beside_others(tmp_path: Path) -> None:
    of = study(arms={"S-BERT": {}, "Alone": {"train_tasks": ["sst"]}}, tables=["arms"])
    runs = [row(of, number, arm, (0.4, 0.7, 0.5)) for number, arm in enumerate(of.spec.arms)]
    store(tmp_path, of, runs).close()
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute(
            """UPDATE run SET scores = '{"sst": 0.4, "trained tasks": 0.4}' WHERE arm = 'Alone'"""
        )
    with (
        Database(f"sqlite:///{tmp_path}/studies.db") as database,
        pytest.raises(InputError, match=r"has only 1 complete trial with an overall$"),
    ):
        best_runs(database.study(of.name), None, 2)


def test_the_best_of_each_track_is_named(sweeper: Command) -> None:
    ran({"Mean": ARMS["Mean"], "joint": ARMS["joint"]}, sweeper)
    for arm, other in (("Mean", "joint"), ("joint", "Mean")):
        with closing(sqlite3.connect(".sweeper/studies.db")) as connection, connection:
            connection.execute(
                "UPDATE run SET scores = json_set(scores, '$.overall', iif(arm = ?, 0.75, 0.5))", (arm,)
            )
        said, less = sweeper("best").out.splitlines(), recorded(other)
        pairs, track = ("together in para, sts, as a cross-encoder", "apart")
        if arm == "Mean":
            pairs, track = ("apart, each sentence by itself", "together")
        assert said[2] == f"arm: {arm}"
        assert said[5:7] == [
            f"pairs: {pairs}",
            f"best with pairs {track}, a track of its own: trial {less.number}, arm {other}, overall 0.5000",
        ]
    report = sweeper("report").out
    assert "Of the arms with pairs together: joint alone" in " ".join(report.split())
