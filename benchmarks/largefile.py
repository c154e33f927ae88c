"""A TSV file of 1 GB: how long `sweeper validate` looks at it, and what a second trial on it waits for."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from model.errors import TrialStoppedError
from model.trainer import train
from sweeper.study.load import load_study

BYTES, DEV_ROWS = 10**9, 20_000

WORKLOAD = """
name: large
train:
  tasks:
    pairs:
      kind: pair
      classes: 2
      source: {kind: files, train: train.tsv, dev: dev.tsv}
      text: [sentence1, sentence2]
      label: label
      metric: accuracy
  batch_size: 256
  epochs: 1
  steps_per_epoch: 10
"""
STUDY = """
name: large
workload: large
arms: {one: {}}
space: {learning_rate: {low: 1e-5, high: 1e-4}}
"""


def measure() -> dict[str, dict[str, float]]:
    """Makes the file, then measures in processes of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = _write(folder)
        time.sleep(3)  # a file that has just changed is read again
        said, figures = _run(folder, str(Path(sys.executable).with_name("sweeper")), "validate", "large")
        print(said, end="")
        results = {"file": {"rows": float(rows), "bytes": float(BYTES)}, "validate": figures}
        for what in ("first trial", "second trial"):
            said, figures = _run(folder, sys.executable, "-m", "benchmarks.largefile", name)
            results[what] = figures | json.loads(said)
    for what, figures in results.items():
        print(f"  {what}: {', '.join(f'{name} {value:,.2f}' for name, value in figures.items())}")
    return results


def start(folder: Path) -> dict[str, float]:
    """Begins a trial; the seconds until its first step, and those in which its labels alone can be read."""
    config = load_study(str(folder / "studies/large.yaml")).config("one", {"learning_rate": 1e-5}, seed=1)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as rundir, suppress(TrialStoppedError):
        list(train(config, Path(rundir), data=folder, cache=folder / "cache", stop=lambda: True))
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    for file in folder.glob("cache/corpora/*/arrays.npz"):
        with np.load(file) as arrays:
            assert all(len(arrays[name]) for name in arrays.files if name.endswith(".labels"))
    labels = time.perf_counter() - began
    return {"to the first step": seconds, "of labels": labels, "of files": seconds - labels}


_USED = """\
import json, os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)
figures = {"wall": time.perf_counter() - began, "processor": used.ru_utime + used.ru_stime,
           "memory": used.ru_maxrss / 1024}
open(sys.argv[1], "w").write(json.dumps(figures))
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A process's memory counts from before it is what it runs, so that a large one must not start it."""


def _run(folder: Path, *command: str) -> tuple[str, dict[str, float]]:
    """What a process prints, its wall and processor seconds, and the most memory it has, in MiB."""
    environment = {**os.environ, "SWEEPER_DATA": str(folder), "SWEEPER_HOME": str(folder)}
    measured = [sys.executable, "-c", _USED, "used.json", *command]
    said = subprocess.run(
        measured, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder
    )
    return said.stdout, json.loads((folder / "used.json").read_text())


def _write(folder: Path) -> int:
    for name in ("studies", "studies/workloads"):
        (folder / name).mkdir()
    (folder / "studies/large.yaml").write_text(STUDY)
    (folder / "studies/workloads/large.yaml").write_text(WORKLOAD)
    rows: list[int] = []
    made = random.Random(0)
    words = ["".join(made.choices("abcdefghijklmnopqrstuvwxyz", k=made.randint(1, 9))) for _ in range(3_000)]
    for file, most_bytes, most_rows in (("train.tsv", BYTES, 10**9), ("dev.tsv", BYTES, DEV_ROWS)):
        size = row = 0
        with (folder / file).open("w") as out:
            out.write("id\tsentence1\tsentence2\tlabel\n")
            while size < most_bytes and row < most_rows:
                one, other = (" ".join(made.choices(words, k=made.randint(4, 16))) for _ in "ab")
                size += out.write(f"{file[0]}{row}\t{one}\t{other}\t{made.randint(0, 1)}\n")
                row += 1
        rows.append(row)
    return rows[0]


if __name__ == "__main__":
    print(json.dumps(start(Path(sys.argv[1]))))
