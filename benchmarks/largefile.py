"""A TSV file of 1 GB: how long `sweeper validate` looks at it, and what a second trial on it waits for."""

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from model.errors import TrialStoppedError
from model.trainer import train
from sweeper.study.load import load_study

BYTES, DEV_ROWS = 10**9, 20_000

WORKLOAD = """
tasks:
  pairs:
    kind: pair
    classes: 2
    source: {kind: files, train: train.tsv, dev: dev.tsv}
    text: [sentence1, sentence2]
    label: label
    metric: accuracy
settings: {batch_size: 256, epochs: 1, steps_per_epoch: 10}
"""
STUDY = """
name: large
workload: large
arms: {one: {}}
space: {learning_rate: {low: 1e-5, high: 1e-4}}
"""


def measure() -> dict[str, float]:
    """Makes the file, then measures in processes of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder)
        validating = [str(Path(sys.executable).with_name("sweeper")), "validate", "large"]
        results = {"validate": _run(folder, validating)}
        for what in ("first", "second"):
            results[what] = _run(folder, [sys.executable, "-m", "benchmarks.largefile", name])
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"  largest process: {memory / 1024:.0f} MiB")
    return results


def start(folder: Path) -> None:
    """Begins a trial, as far as its first step, and prints its seconds and those of its labels."""
    config = load_study(str(folder / "studies/large.yaml")).config("one", {"learning_rate": 1e-5}, seed=1)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as rundir:
        trial = train(config, Path(rundir), data=folder, cache=folder / "cache", stop=lambda: True)
        try:
            list(trial)
        except TrialStoppedError:
            print(f"  the first step comes after {time.perf_counter() - began:.2f} s")
    for file in folder.glob("cache/corpora/*/arrays.npz"):
        began = time.perf_counter()
        with np.load(file) as arrays:
            rows = sum(len(arrays[name]) for name in arrays.files if name.endswith(".labels"))
        print(f"  of which its {rows:,} labels take {time.perf_counter() - began:.2f} s")


def _run(folder: Path, command: list[str]) -> float:
    environment = {**os.environ, "SWEEPER_DATA": str(folder), "SWEEPER_HOME": str(folder)}
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, cwd=folder)
    took = time.perf_counter() - began
    print(f"  {' '.join(Path(word).name for word in command[:3])}: {took:.1f} s", flush=True)
    return took


def _write(folder: Path) -> None:
    for name in ("studies", "workloads"):
        (folder / name).mkdir()
    (folder / "studies/large.yaml").write_text(STUDY)
    (folder / "workloads/large.yaml").write_text(WORKLOAD)
    made = random.Random(0)
    words = ["".join(made.choices("abcdefghijklmnopqrstuvwxyz", k=made.randint(1, 9))) for _ in range(20_000)]
    for file, most_bytes, most_rows in (("train.tsv", BYTES, 10**9), ("dev.tsv", BYTES, DEV_ROWS)):
        size = row = 0
        with (folder / file).open("w") as out:
            out.write("id\tsentence1\tsentence2\tlabel\n")
            while size < most_bytes and row < most_rows:
                one, other = (" ".join(made.choices(words, k=made.randint(4, 16))) for _ in "ab")
                size += out.write(f"{file[0]}{row}\t{one}\t{other}\t{made.randint(0, 1)}\n")
                row += 1
        print(f"  {file}: {row:,} rows, {size / 1e9:.2f} GB", flush=True)


if __name__ == "__main__":
    start(Path(sys.argv[1]))
