"""Does cost stay in step with size? A trial's with its rows, a driver's memory and work with its trials.

Rows: whole trials of a small encoder on 2,000 to 16,000 training rows of the demo's grammar, by `sweeper
run`; medians over seeds. Memory: resident size of the driver of 100 trials with a process each, after the
first trial and after the last. Work: from the end of one instant trial to the end of the next, after 100 and
after 10,000 finished ones in the database: all that a sweep does but train, in turn.
"""

import csv
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import yaml

from model.data.demo import corpus as demo
from sweeper.observers.observer import Observer
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.trial import Outcome
from tests.faults.sweep import Sweep
from tests.faults.ten_thousand import fill

from .orchestration import drive

ROWS = (2_000, 4_000, 8_000, 16_000)
SEEDS = (11711, 11712, 11713)
MEMORY_TRIALS = 100
HISTORIES = (100, 10_000)
ROUNDS, TRIALS_A_ROUND = 5, 20


def rows_of_a_trial() -> dict[str, Any]:
    """Seconds of a trial by its training rows, and those of the most over the least, row by row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_rows(folder)
        study = {
            "name": "linear",
            "arms": {f"{rows}": {"tasks.para.train_rows": rows} for rows in ROWS},
            "seeds": list(SEEDS),
        }
        task = {
            "kind": "pair",
            "classes": 2,
            "source": {"kind": "files", "train": "para-train.tsv", "dev": "para-dev.tsv"},
            "text": ["sentence1", "sentence2"],
            "label": "is_duplicate",
            "metric": "accuracy",
            "head": "sbert",
        }
        encoder = {"source": "tiny", "layers": 3, "hidden_size": 128, "pooling": "mean"}
        workload = {
            "name": "pairs",
            "train": {"tasks": {"para": task}, "encoder": encoder, "epochs": 1, "threads": 1}
            # What is scored is the same for all sizes, and little.
            | {"train_sample": 1},
        }
        paths = [_written(folder, content) for content in (study, workload)]
        trials = len(ROWS) * len(SEEDS)
        sweep = Sweep(
            folder / "home", trials, str(paths[0]), str(paths[1]), environment={"SWEEPER_DATA": name}
        )
        sweep.finish(timeout=3600)
        with Database(sweep.url, must_exist=True) as database:
            runs = database.study("linear@pairs").trials.rows()
    seconds = {rows: median(run.seconds or 0 for run in runs if run.arm == f"{rows}") for rows in ROWS}
    for rows, value in seconds.items():
        print(f"  {rows:6} training rows: {value:6.2f} s a trial, {1e6 * value / rows:6.0f} µs a row")
    least, most = ROWS[0], ROWS[-1]
    ratio = (seconds[most] / most) / (seconds[least] / least)
    print(f"  a row of {most:,} over a row of {least:,}: {ratio:.2f} (limit 1 ± .15)")
    return {"seconds": {str(rows): value for rows, value in seconds.items()}, "ratio": ratio}


def memory_of_a_driver() -> dict[str, float]:
    """MiB that a driver holds after its first trial, its tenth and its last."""
    study = {
        "name": "short",
        "base": {"epochs": 1, "steps_per_epoch": 1, "train_sample": 1},
        "space": {"learning_rate": "workload", "dropout": [0.1, 0.3]},
    }
    marks = {1: "first", 10: "tenth", MEMORY_TRIALS: "last"}
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        path = _written(Path(name), study)
        run = Sweep(Path(name) / "home", MEMORY_TRIALS, str(path), "demo").start()
        driver = psutil.Process(run.process.pid)
        for done in range(1, MEMORY_TRIALS + 1):
            assert run.wait_for(" complete "), run.errors
            if done in marks:
                found[marks[done]] = driver.memory_info().rss / 2**20
        assert run.end() == 0, run.errors
    found["growth"] = found["last"] - found["first"]
    print(
        f"  driver of {MEMORY_TRIALS} trials: {found['first']:.1f} MiB after the first, "
        f"{found['tenth']:.1f} after the tenth, {found['last']:.1f} after the last: "
        f"growth {found['growth']:.1f} MiB (limit 30)"
    )
    return found


def work_of_a_driver() -> dict[str, float]:
    """Milliseconds of orchestration a trial after short and long histories, and their ratio."""
    study = load_study("sbert-grid", "demo")
    spent: dict[int, list[float]] = {history: [] for history in HISTORIES}
    with tempfile.TemporaryDirectory() as name:
        homes = {history: Path(name) / str(history) for history in HISTORIES}
        for history, home in homes.items():
            home.mkdir()
            fill(f"sqlite:///{home / 'studies.db'}", study, history)
        for turn in range(ROUNDS):
            for history, home in homes.items():
                spent[history].append(_work(home, study, history + (turn + 1) * TRIALS_A_ROUND))
    few, many = (1000 * median(spent[history]) for history in HISTORIES)
    print(f"  after {HISTORIES[0]:6,} trials: {few:5.1f} ms a trial; after {HISTORIES[1]:6,}: {many:5.1f} ms")
    print(f"  ratio {many / few:.2f} (limit 2)")
    return {"few_ms": few, "many_ms": many, "ratio": many / few}


def measure() -> dict[str, Any]:
    """All three."""
    return {"rows": rows_of_a_trial(), "memory_mib": memory_of_a_driver(), "work": work_of_a_driver()}


class Clock(Observer):
    """Notes when trials end."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """Notes the moment."""
        self.ends.append(time.perf_counter())


def _work(home: Path, study: Study, wanted: int) -> float:
    """Seconds between the ends of two trials, of a driver that brings a study to the number wanted.

    The median, which leaves out what a driver does once: it looks up the best trial of each arm.
    """
    clock = Clock()
    with Database(f"sqlite:///{home / 'studies.db'}") as database:
        store = database.study(study.name)
        store.set_wanted(wanted)
        drive(store, study, wanted, home, clock)
    assert len(clock.ends) == TRIALS_A_ROUND
    return median(after - before for before, after in pairwise(clock.ends))


def _write_rows(folder: Path) -> None:
    """Pairs of the demo's grammar from as many of its seeds as are needed."""
    needed = {"train": max(ROWS), "dev": 100}
    for split in ("train", "dev"):
        examples: list[demo.Example] = []
        while len(examples) < needed[split]:
            examples += demo.examples("para", split, seed=len(examples))
        with (folder / f"para-{split}.tsv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t")
            writer.writerow(demo.COLUMNS["para"])
            writer.writerows((*one.texts, one.label) for one in examples[: needed[split]])


def _written(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / f"{content['name']}.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


if __name__ == "__main__":
    measure()
