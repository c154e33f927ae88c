"""`sweeper report` on databases of 1,000 and 10,000 finished trials: seconds, peak memory, size of the page.

Every trial has two epochs of metrics as a sweep leaves them, one in fifty has failed, and the best trial of
each arm has predictions for dev sets of the course's size, so that intervals and paired tests are computed.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from model.files import RunFolder
from model.predictions import Predictions, save_predictions
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from tests.faults.ten_thousand import fill

DEV_ROWS = {"sst": 1101, "para": 20215, "sts": 863}
SIZES = (1_000, 10_000)


def measure() -> dict[str, dict[str, float]]:
    """Measures both sizes, a fresh process each, and prints a table."""
    study = load_study("sbert-grid", "demo")
    measured = {}
    print("trials   seconds   peak memory, MiB   page, MB")
    for trials in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            found = _one(Path(folder), study, trials)
        measured[str(trials)] = found
        print(f"{trials:6}   {found['seconds']:7.1f}   {found['peak_mb']:16.0f}   {found['page_mb']:8.2f}")
    return measured


def _one(home: Path, study: Study, trials: int) -> dict[str, float]:
    url = f"sqlite:///{home / 'studies.db'}"
    fill(url, study, trials)
    _predict(home, url, study)
    command = [
        sys.executable,
        "-m",
        "sweeper",
        "report",
        "--study",
        study.name,
        "--folder",
        str(home / "out"),
    ]
    environment = {**os.environ, "SWEEPER_HOME": str(home)}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    assert status == 0
    kilobyte = 1 if sys.platform == "darwin" else 1024
    page = home / "out" / study.name / "index.html"
    return {
        "seconds": seconds,
        "peak_mb": usage.ru_maxrss * kilobyte / 2**20,
        "page_mb": page.stat().st_size / 1e6,
    }


def _predict(home: Path, url: str, study: Study) -> None:
    """Leaves predictions of made quality for the best trial of each arm."""
    with Database(url, must_exist=True) as database:
        scored = [run for run in database.study(study.name).trials.rows() if run.scores]
    rng = np.random.default_rng(0)
    for arm in study.spec.arms:
        best = max((run for run in scored if run.arm == arm), key=lambda run: (run.scores or {})["overall"])
        predictions = {}
        for task, rows in DEV_ROWS.items():
            labels = np.random.default_rng(rows).integers(0, 5 if task != "para" else 2, rows).astype(float)
            noise = rng.integers(0, 2, rows) * (rng.random(rows) < 0.4)
            words = rng.integers(1, 40, rows)
            predictions[task] = Predictions(np.arange(rows).astype(str), labels + noise, labels, words)
        save_predictions(RunFolder(home / "runs" / study.name / str(best.number)).predictions, predictions)


if __name__ == "__main__":
    measure()
