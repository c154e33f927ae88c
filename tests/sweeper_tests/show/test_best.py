"""`sweeper best` in words: which trial is the best, and that of each track."""

import sqlite3
from contextlib import closing

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
