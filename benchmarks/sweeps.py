"""A whole sweep of 12 trials on all-MiniLM-L6-v2: `sweeper run`, transformers' Trainer with Optuna, Ray Tune.

The same 12 configurations of learning rate, dropout and weight decay for all three, the same network, rows,
batch size, epochs, optimizer and schedule, dev rows scored after each epoch; each from its command line, in a
fresh process, start-up included. A fourth sweep is ours with ASHA. The course's files are cut to a few rows
a task, so that all takes minutes; of dev rows there are so many that one moves `overall` by half of the .005
by which ASHA's best may be apart. A trial is then short, and what a trial costs besides its steps weighs more
than in a sweep on all rows. Ours saves every epoch and each trial in the database; the peers save
nothing but Ray's table of results. Needs SWEEPER_DATA.

Example: python -m benchmarks.sweeps --rows 96 --epochs 4
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from model.data.rows import read
from sweeper.paths import data_folder
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.trial import RunState

from .paired import ratio

SPACE: dict[str, list[float]] = {
    "learning_rate": [1e-4, 3e-4, 1e-3],
    "dropout": [0.1, 0.3],
    "weight_decay": [0.01, 0.3],
}
SEED, BATCH_SIZE = 11711, 32
ASHA = {"name": "asha", "peers": "study", "reduction_factor": 4}
PACKAGES = ("ray", "transformers", "accelerate", "optuna", "torch")
WORKERS = 1
"""Of `sweeper run`."""

Trials = list[dict[str, float]]


def configurations() -> Trials:
    """All combinations in a random order, so that no sweep begins with the best by design."""
    found = [dict(zip(SPACE, values, strict=True)) for values in product(*SPACE.values())]
    random.Random(SEED).shuffle(found)
    return found


def cut(folder: Path, rows: int, dev_rows: int) -> None:
    """Writes the same few rows of each of the course's files, without incomplete ones, under their names."""
    config = load_study("sbert-grid", "minilm").config("S-BERT", {}, seed=SEED)
    for name, task in config.tasks.items():
        few = task.model_copy(update={"train_rows": rows, "dev_rows": dev_rows})
        for split in ("train", "dev"):
            found = read(name, few, split, data_folder())
            with (folder / getattr(task.source, split)).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, delimiter="\t")
                writer.writerow([*task.text, task.label])
                writer.writerows(zip(*found.texts, found.labels, strict=True))


def ours(folder: Path, epochs: int, pruner: dict[str, Any]) -> tuple[float, Trials]:
    """Seconds of `sweeper run`, and its complete trials."""
    folder.mkdir()
    workload = {
        "name": "few-rows",
        "extends": "minilm",
        "train": {"epochs": epochs, "batch_size": BATCH_SIZE, "head_learning_rate_scale": 1.0}
        # The peers compute in fp32 and score no training rows, and libraries differ in the first rate of a
        # warm-up.
        | {"precision": "fp32", "train_sample": 1, "warmup": 0},
    }
    study = {
        "name": "twelve",
        "base": {"sst_head": "linear", "paraphrase_head": "sbert", "sts_head": "cosine", "sts_loss": "mse"},
        "space": SPACE,
        "enqueue": configurations(),
        "sampler": {"name": "random"},
        "pruner": pruner,
        "seeds": [SEED],
    }
    for content in (workload, study):
        path = folder / f"{content['name']}.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    command = [sys.executable, "-m", "sweeper", "run", "--study", str(folder / "twelve.yaml")]
    command += ["--workload", str(folder / "few-rows.yaml"), "--trials", str(len(configurations()))]
    seconds = _seconds([*command, "--workers", str(WORKERS)], folder)
    with Database(f"sqlite:///{folder / 'studies.db'}", must_exist=True) as database:
        runs = database.study("twelve@few-rows").trials.rows()
    assert {run.state for run in runs} <= {RunState.COMPLETE, RunState.PRUNED}
    complete = [run for run in runs if run.state is RunState.COMPLETE]
    return seconds, [run.params | {"overall": (run.scores or {})["overall"]} for run in complete]


def peer(folder: Path, module: str, epochs: int, trials: Trials, cpus: int = 2) -> tuple[float, Trials]:
    """Seconds of a peer's command, and its trials.

    Args:
        folder: For its files; beside it are the course's.
        module: In `benchmarks.peers`.
        epochs: Of a trial.
        trials: The configurations; Trainer's grid goes through all of them in an order of its own.
        cpus: Cores of a trial under Ray, which has two.
    """
    folder.mkdir()
    plan = {"data": str(folder.parent), "output": str(folder), "space": SPACE, "epochs": epochs}
    plan |= {"configurations": trials, "trials": len(trials)}
    plan |= {"batch_size": BATCH_SIZE, "seed": SEED, "cpus": cpus}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    result = folder / "result.json"
    command = [sys.executable, "-m", f"benchmarks.peers.{module}", str(folder / "plan.json"), str(result)]
    seconds = _seconds(command, folder)
    return seconds, json.loads(result.read_text(encoding="utf-8"))


def faster_cpus(folder: Path) -> int:
    """Whether Ray is faster with both cores for one trial (2), or with two trials side by side (1)."""
    two = configurations()[:2]
    return min((1, 2), key=lambda cpus: peer(folder / f"cpus-{cpus}", "ray_tune", 1, two, cpus)[0])


def measure(rows: int = 64, dev_rows: int = 128, epochs: int = 3, rounds: int = 5) -> dict[str, Any]:
    """Seconds of each sweep, their ratios to the peers', and the best configuration of each.

    Args:
        rows: Training rows of each task.
        dev_rows: Dev rows of each task.
        epochs: Epochs of a trial.
        rounds: How often all sweeps take turns.
    """
    if data_folder() is None:
        print("  skipped: SWEEPER_DATA is not set")
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cut(folder, rows, dev_rows)
        cpus = faster_cpus(folder)
        turns = []
        for number in range(rounds):
            turns.append(_turn(folder, number, epochs, cpus))
            times = ", ".join(f"{side} {spent:.1f} s" for side, (spent, _) in turns[-1].items())
            print(f"    round {number + 1}: {times}", flush=True)
    print(
        f"  {rows} training, {dev_rows} dev rows a task, {BATCH_SIZE} a batch, {epochs} epochs, "
        f"{rounds} rounds; sweeper with {WORKERS} worker(s), Ray with {cpus} of 2 cores a trial, "
        "which is the faster; " + ", ".join(f"{package} {metadata.version(package)}" for package in PACKAGES)
    )
    # Every round trains the same trials from the same seeds.
    _print_trials({name: trials for name, (_, trials) in turns[-1].items()})
    seconds = {name: [turn[name][0] for turn in turns] for name in turns[0]}
    results: dict[str, Any] = {
        "rows": rows,
        "dev_rows": dev_rows,
        "epochs": epochs,
        "ray_cpus": cpus,
        "workers": WORKERS,
    }
    results |= {"seconds": seconds, "best": {name: best(trials) for name, (_, trials) in turns[-1].items()}}
    results["ratio"] = {
        f"{mine} / {other}": ratio(seconds[mine], seconds[other])
        for mine in ("ours", "ours, ASHA")
        for other in ("Trainer + Optuna", "Ray Tune")
    }
    # How far the best that ASHA finds lies from the best of all trials trained to their end.
    results["best_apart"] = abs(results["best"]["ours"]["overall"] - results["best"]["ours, ASHA"]["overall"])
    for name, trial in results["best"].items():
        print(
            f"  {name:16} {median(seconds[name]):6.1f} s, best overall {trial['overall']:.3f} at "
            f"{_settings(trial)}"
        )
    for name, value in results["ratio"].items():
        print(f"  {name}: {value:.2f}")
    print(f"  ASHA's best {results['best_apart']:.4f} from the best of all trials")
    return results


def _turn(folder: Path, number: int, epochs: int, cpus: int) -> dict[str, tuple[float, Trials]]:
    """Each sweep once: seconds and trials."""
    return {
        "ours": ours(folder / f"ours-{number}", epochs, {"name": "none"}),
        "ours, ASHA": ours(folder / f"asha-{number}", epochs, ASHA),
        "Trainer + Optuna": peer(folder / f"trainer-{number}", "hf_search", epochs, configurations()),
        "Ray Tune": peer(folder / f"ray-{number}", "ray_tune", epochs, configurations(), cpus),
    }


def best(trials: Trials) -> dict[str, float]:
    """The trial with the highest `overall`."""
    return max(trials, key=lambda trial: trial["overall"])


def _print_trials(found: dict[str, Trials]) -> None:
    columns = {
        name: {_settings(trial): trial["overall"] for trial in trials} for name, trials in found.items()
    }
    print("  " + "lr, dropout, decay".ljust(20) + "".join(name.rjust(18) for name in columns))
    for trial in configurations():
        cells = [columns[name].get(_settings(trial)) for name in columns]
        line = "".join(("stopped" if cell is None else f"{cell:.3f}").rjust(18) for cell in cells)
        print(f"  {_settings(trial):20}{line}")


def _settings(trial: dict[str, float]) -> str:
    return ", ".join(f"{trial[name]:g}" for name in SPACE)


def _seconds(command: Sequence[str], home: Path) -> float:
    """Wall time of a command in a process of its own, which has to succeed."""
    environment = {**os.environ, "SWEEPER_DATA": str(home.parent), "SWEEPER_HOME": str(home)}
    environment.pop("OMP_NUM_THREADS", None)  # each takes the cores as it does for a user
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=64, help="training rows of each task")
    parser.add_argument("--dev-rows", type=int, default=128, help="dev rows of each task")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of a trial")
    parser.add_argument("--rounds", type=int, default=5, help="how often all sweeps take turns")
    given = parser.parse_args()
    measure(given.rows, given.dev_rows, given.epochs, given.rounds)
