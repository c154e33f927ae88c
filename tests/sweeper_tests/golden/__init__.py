"""A study of sixty trials made by hand, and the files of its report as they shall be.

`python -m tests.sweeper_tests.golden` writes the files anew; read the difference before it is committed.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from model.files import RunFolder
from model.predictions import Predictions, save_predictions
from sweeper.paths import Home
from sweeper.report.write import write_report
from sweeper.runs.folder import StudyFolder
from sweeper.store.database import Database
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, RunState, TrialRow

from ..made import row, store, study

FOLDER = Path(__file__).parent
FILES = ("tables.md", "tables.tex", "tables.csv", "tables.json", "trials.csv")

HEADS = {"sst_head": "mlp", "paraphrase_head": "sbert", "sts_head": "cosine"}
ARMS = {
    'min<script>alert("x")</script>BERT & co.': dict.fromkeys(HEADS, "linear")
    | {"sst_head": "linear", "sts_head": "linear"},
    "S-BERT_{100 %} costs $5 | `a` #1": HEADS,
    "S-BERT + PCGrad − é ± λ 中文 🚀": HEADS | {"gradient": "pcgrad"},
    "S-BERT + SMART ~^\\ *b* [c] -- ''d''": HEADS | {"smart": {"enabled": True}},
}
SETTINGS = (
    {"learning_rate": 1e-3, "dropout": 0.3, "weight_decay": 0.1, "sts_loss": "ce"},
    {"learning_rate": 3.21e-3, "dropout": 0.5, "weight_decay": 0.1, "sts_loss": "ce"},
    {"learning_rate": 2e-3, "dropout": 0.3, "weight_decay": 0.3, "sts_loss": "mse"},
    {"learning_rate": 5.5e-3, "dropout": 0.5, "weight_decay": 0.3, "sts_loss": "mse"},
    {"learning_rate": 9.83e-3, "dropout": 0.1, "weight_decay": 0.01, "sts_loss": "ce"},
)
SEEDS = (11711, 11712, 11713)
FAILED = dict(zip((7, 18, 29, 41, 52), ErrorClass, strict=True))
PRUNED = (11, 23, 37)
RUNNING, QUEUED = 58, 59
CLASSES = {"sst": 5, "para": 2}
ROWS = {"sst": 120, "para": 180, "sts": 90}


def golden_study() -> Study:
    """Four arms, with names that a format must not take for its own signs."""
    space = {
        "learning_rate": {"low": 5e-4, "high": 1e-2, "log": True},
        "dropout": [0.1, 0.3, 0.5],
        "weight_decay": [0.01, 0.1, 0.3],
        "sts_loss": ["mse", "ce"],
    }
    return study(
        name="golden",
        description='Does <b>S_BERT</b> & 100 % of "SMART" cost $5? {x} ~^\\ #1 − ± é 中文 🚀',
        arms=ARMS,
        space=space,
        seeds=SEEDS,
        tables=["arms", *(f"table{number}" for number in range(1, 8)), "weight_decay x dropout"],
    )


def predictions(number: int) -> dict[str, Predictions]:
    """What a trial predicted: arms and settings differ in how often they are right."""
    skill = 0.45 + 0.1 * (number % len(ARMS)) + 0.02 * (number // len(ARMS) // len(SEEDS))
    draws, found = np.random.default_rng(number), {}
    for task, rows in ROWS.items():
        given = np.random.default_rng(rows)
        labels = given.integers(0, CLASSES.get(task, 26), rows) / (1 if task in CLASSES else 5)
        right, noise = draws.random(rows) < skill, draws.random(rows)
        wrong = (labels + 1) % CLASSES[task] if task in CLASSES else 5 * noise
        found[task] = Predictions(
            ids=np.array([f"{task}-{row}" for row in range(rows)]),
            predicted=np.where(right, labels, wrong),
            labels=labels.astype(np.float64),
            words=given.integers(3, 40, rows),
            groups={"dia_lect": np.where(given.random(rows) < 0.3, "<b>north</b> & 5 %", "south")},
        )
    return found


def scores(found: Mapping[str, Predictions]) -> tuple[float, ...]:
    """Accuracy or Pearson's r of each task."""
    return tuple(
        float(np.mean(each.predicted == each.labels))
        if task in CLASSES
        else float(np.corrcoef(each.predicted, each.labels)[0, 1])
        for task, each in found.items()
    )


def _keep(folder: Path, number: int) -> None:
    save_predictions(RunFolder(folder).predictions, predictions(number))


def golden_trials(of: Study) -> list[TrialRow]:
    """Three seeds of five settings of each arm; some are pruned, some failed, one runs and one waits."""
    rows = []
    for number in range(len(ARMS) * len(SETTINGS) * len(SEEDS)):
        configuration, seed = divmod(number // len(ARMS), len(SEEDS))
        place = number % len(ARMS)
        state = (
            RunState.FAILED
            if number in FAILED
            else RunState.PRUNED
            if number in PRUNED
            else {RUNNING: RunState.RUNNING, QUEUED: RunState.QUEUED}.get(number, RunState.COMPLETE)
        )
        scored = state in (RunState.COMPLETE, RunState.PRUNED)
        made = row(
            of,
            number,
            tuple(ARMS)[place],
            scores(predictions(number)) if scored else None,
            params=SETTINGS[configuration],
            seed=SEEDS[seed],
            state=state,
            error=f"Traceback\nError {number}: <script> & 50 % of $x_{{{number}}}$\n 中文 | `b`"
            if state is RunState.FAILED
            else None,
        )
        rows.append(replace(made, configuration=configuration, error_class=FAILED.get(number)))
    return rows


def keep_predictions(database: Database, folder: Path) -> Home:
    """Writes what the complete trials of the golden study predicted, as their runs would have."""
    home, begun = Home(folder), database.study(golden_study().name)
    runs = StudyFolder(home, begun.row)
    runs.take(begun.holder())
    for made in begun.trials.rows():
        if made.state is RunState.COMPLETE:
            _keep(runs.run(made.number), made.number)
    return home


def write_golden(folder: Path) -> Path:
    """Makes the database in `folder`, as a sweep would, and writes the report; returns its folder."""
    of = golden_study()
    with store(folder, of, golden_trials(of)) as database:
        with sqlite3.connect(folder / "studies.db") as connection:
            moment = "strftime('%Y-%m-%d %H:%M:%f000', 1714564800 + 60 * (number + {}), 'unixepoch')"
            connection.execute(
                f"UPDATE run SET created = {moment.format(0)}, started = {moment.format(1)}, "  # noqa: S608
                f"finished = CASE WHEN finished IS NULL THEN NULL ELSE {moment.format(2)} END, "
                "seconds = seconds + number / 8.0, machine = 'host · a_processor'"
            )
        connection.close()
        home = keep_predictions(database, folder)
        return write_report(database, of.name, folder / "report", home).folder
