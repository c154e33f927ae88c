"""Trials that left predictions drawn at random: logits near the label, and scores; nothing is trained."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score

from model.files import RunFolder
from model.predictions import Predictions, read_predictions, save_predictions
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.trial import TrialRow
from tests.sweeper_tests.made import PARAMS, begin, row, store, study

STUDY = study(seeds=[1, 2, 3])
TASKS = STUDY.tasks
ROWS = {"sst": 61, "para": 40, "sts": 51}
CLASSES = {"sst": 5, "para": 2}
Run = dict[str, Predictions]


def labels(split: str, task: str) -> NDArray[np.float64]:
    rng = np.random.default_rng([len(split), len(task), ROWS[task]])
    return (
        rng.integers(0, CLASSES[task], ROWS[task]) if task in CLASSES else 5 * rng.random(ROWS[task])
    ) * 1.0


def drawn(number: int, split: str = "dev", skill: float = 1.0) -> Run:
    """What a trial predicted: the more skill, the nearer to the labels."""
    rng, found = np.random.default_rng([number, len(split)]), {}
    for task, rows in ROWS.items():
        true = labels(split, task)
        if task in CLASSES:
            logits = rng.normal(size=(rows, CLASSES[task]))
            logits[np.arange(rows), true.astype(int)] += skill
            scores = logits.astype(np.float32)
            predicted = scores.argmax(axis=1).astype(float)
        else:
            scores, predicted = None, true + rng.normal(size=rows) * 2 / skill
        ids = np.array([f"{split}-{place}" for place in range(rows)])
        found[task] = Predictions(ids, predicted, true, scores=scores)
    return found


def peer_scores(run: Mapping[str, Predictions]) -> dict[str, float]:
    """The scores of predictions as scikit-learn and SciPy have them."""
    own = {
        "sst": accuracy_score(run["sst"].labels, run["sst"].predicted),
        "para": accuracy_score(run["para"].labels, run["para"].predicted),
        "sts": pearsonr(run["sts"].predicted, run["sts"].labels).statistic,
    }
    return {"overall": (own["sst"] + own["para"] + (own["sts"] + 1) / 2) / 3, **own}


def peer_ensemble(runs: Sequence[Mapping[str, Predictions]], picks: Sequence[int]) -> Run:
    """The ensemble of what trials predicted, written down once more."""
    found = {}
    for task in ROWS:
        first = runs[0][task]
        if task in CLASSES:
            total = sum(
                count * softmax(run[task].scores.astype(float), axis=1)  # type: ignore[union-attr]
                for run, count in zip(runs, picks, strict=True)
            )
            predicted = np.argmax(total, axis=1).astype(float)
        else:
            total = sum(count * run[task].predicted for run, count in zip(runs, picks, strict=True))
            predicted = np.asarray(total / sum(picks))
        found[task] = Predictions(first.ids, predicted, first.labels)
    return found


@dataclass(frozen=True)
class Left:
    """A study whose trials have left their predictions.

    Attributes:
        folder: Where its database is.
        home: Where the trials' folders are.
    """

    folder: Path
    home: Home

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/studies.db"

    @property
    def environment(self) -> dict[str, str]:
        return {"SWEEPER_HOME": str(self.home.root), "SWEEPER_STORAGE": self.url}

    def run(self, number: int) -> RunFolder:
        return RunFolder(self.home.runs / STUDY.name / str(number))

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder / "studies.db")) as connection, connection:
            connection.execute(statement, values)

    def rescore(self, number: int, run: Run) -> None:
        """Saves other dev predictions of a trial, and records their scores."""
        save_predictions(self.run(number).predictions, run)
        scores = peer_scores(run)
        for name, value in scores.items():
            path = f'$."{name}"'
            self.sql("UPDATE run SET scores = json_set(scores, ?, ?) WHERE number = ?", path, value, number)

    def add_test(self, number: int, run: Run) -> None:
        """Saves test predictions of a trial, and records their scores."""
        save_predictions(self.run(number).test_predictions, run)
        for name in run:
            self.sql(
                "INSERT INTO epoch_metric SELECT id, best_epoch, 'test', ?, ?, ? FROM run WHERE number = ?",
                *(name, TASKS[name].metric, TASKS[name].score(run[name]), number),
            )


def stored(left: Left, number: int) -> Run:
    """What a trial left."""
    found = read_predictions(left.run(number).predictions)
    assert found is not None
    return found


def trial(number: int, arm: str, seed: int, **params: object) -> TrialRow:
    scores = peer_scores(drawn(number))
    return row(STUDY, number, arm, [scores[name] for name in TASKS], seed=seed, params=PARAMS | dict(params))


def left(folder: Path) -> Left:
    """Six trials: three seeds of one configuration of the first arm, two and one of the second."""
    first, second = STUDY.spec.arms
    runs = [
        *(trial(number, first, number + 1) for number in range(3)),
        *(trial(number, second, number - 2) for number in (3, 4)),
        trial(5, second, 1, dropout=0.5),
    ]
    found = Left(folder, Home(folder / "home"))
    with store(folder, STUDY, runs) as database:
        made = begin(database, STUDY, len(runs))
        StudyFolder(found.home, made.row).take(made.holder())
    for one in runs:
        save_predictions(found.run(one.number).predictions, drawn(one.number))
    return found
