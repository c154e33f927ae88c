"""Training, evaluation and memory against the course's plain loop and sentence-transformers.

all-MiniLM-L6-v2, batches of 32. Against the plain loop: 384 training rows and 192 dev rows of each of SST,
Quora and STS, one pass in three stretches with an evaluation after each, at five seeds; the two sides take
turns stretch by stretch. Against sentence-transformers: the same rows of Quora and STS, one pass, at five
seeds. Peak memory: how far a process of its own grows while it trains one stretch and evaluates.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from transformers.utils import logging as transformers_logging

from model.config import TrainConfig

from .growth import reset_peak, resident
from .paired import Stretch, ours, overall, ratio
from .peers.plain import plain
from .peers.sentence_transformers_peer import sentence_transformers
from .subset import THREADS, available, trial

ROWS, DEV_ROWS = 384, 192
STRETCHES = 3
SEEDS = (1, 2, 3, 4, 5)
BATCH = 32
PACKAGES = ("torch", "transformers", "sentence-transformers", "accelerate")

Peer = Callable[[TrainConfig], Iterator[Stretch]]


def measure(rows: int = ROWS, dev_rows: int = DEV_ROWS) -> dict[str, Any]:
    """Ratios to both peers, with the losses and dev scores of either side; needs the real files.

    Args:
        rows: Training rows of each task.
        dev_rows: Dev rows of each task.
    """
    if not available():
        return {}
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(THREADS)
    versions = {name: metadata.version(name) for name in PACKAGES}
    print("  " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    print(f"  {rows} training and {dev_rows} dev rows of each task, {THREADS} threads, seeds {SEEDS}")
    return {
        "memory": memory(rows, dev_rows),
        "rows": rows,
        "dev_rows": dev_rows,
        "threads": THREADS,
        "plain_loop": against("plain loop", plain, lambda seed: joint(rows, dev_rows, seed)),
        "sentence_transformers": against(
            "sentence-transformers", sentence_transformers, lambda seed: pairs(rows, dev_rows, seed)
        ),
    }


def joint(rows: int, dev_rows: int, seed: int) -> TrainConfig:
    """The three tasks in joint steps: one pass over the rows in `STRETCHES` stretches."""
    steps = -(-rows // BATCH) // STRETCHES
    return trial(rows, dev_rows, seed=seed, epochs=STRETCHES, steps_per_epoch=steps)


def pairs(rows: int, dev_rows: int, seed: int) -> TrainConfig:
    """The two pair tasks in turn, with the losses and rates that sentence-transformers has."""
    return trial(
        rows,
        dev_rows,
        seed=seed,
        epochs=1,
        tasks=("para", "sts"),
        heads={"sts": {"loss": "mse"}},
        sampling="round_robin",
        dropout=0.0,
        head_learning_rate_scale=1.0,
    )


def against(name: str, peer: Peer, configured: Callable[[int], TrainConfig]) -> dict[str, Any]:
    """Lets both sides take turns at each seed, and compares them.

    Args:
        name: Of the peer.
        peer: Trains a trial.
        configured: The trial of a seed.
    """
    sides: dict[str, list[list[Stretch]]] = {"ours": [], "peer": []}
    for seed in SEEDS:
        config = configured(seed)
        with tempfile.TemporaryDirectory() as folder:
            turns = list(zip(ours(config, Path(folder) / "trial"), peer(config), strict=True))
        for side, stretches in zip(sides, zip(*turns, strict=True), strict=True):
            sides[side].append(list(stretches))
        mine, other = (sum(stretch.train_seconds for stretch in runs[-1]) for runs in sides.values())
        print(f"    {name}, seed {seed}: {mine:.1f} s of training against {other:.1f} s", flush=True)
    flat = {side: [stretch for run in runs for stretch in run] for side, runs in sides.items()}
    seconds = {
        field: {side: [getattr(stretch, field) for stretch in flat[side]] for side in sides}
        for field in ("train_seconds", "eval_seconds")
    }
    rows = sum(task.train_rows or 0 for task in config.tasks.values())
    results: dict[str, Any] = {
        "training_ratio": ratio(seconds["train_seconds"]["peer"], seconds["train_seconds"]["ours"]),
        "evaluation_ratio": ratio(seconds["eval_seconds"]["peer"], seconds["eval_seconds"]["ours"]),
        "pairs": len(flat["ours"]),
    }
    print(
        f"  {name}: training {results['training_ratio']:.2f} x, dev evaluation "
        f"{results['evaluation_ratio']:.2f} x as fast (medians of {results['pairs']} pairs)"
    )
    for side, runs in sides.items():
        results[side] = {
            "examples_per_second": rows * len(runs) / sum(seconds["train_seconds"][side]),
            "curve": _curve(runs),
            "final": _final(config, runs),
        }
        print(f"    {side}: {results[side]['examples_per_second']:6.1f} training examples/s")
    _print_quality(results)
    return results


def _curve(runs: list[list[Stretch]]) -> dict[str, list[float]]:
    """Mean training loss of each task over the seeds, by stretch."""
    tasks = runs[0][0].losses
    return {task: [mean(s.losses[task] for s in at) for at in zip(*runs, strict=True)] for task in tasks}


def _final(config: TrainConfig, runs: list[list[Stretch]]) -> dict[str, list[float]]:
    """The last losses and dev scores, by seed."""
    last = [run[-1] for run in runs]
    values = {f"loss {task}": [stretch.losses[task] for stretch in last] for task in last[0].losses}
    values |= {f"dev {task}": [stretch.scores[task] for stretch in last] for task in last[0].scores}
    return values | {"dev overall": [overall(config, stretch) for stretch in last]}


def _print_quality(results: dict[str, Any]) -> None:
    for task in results["ours"]["curve"]:
        curves = (
            " ".join(f"{loss:.3f}" for loss in results[side]["curve"][task]) for side in ("ours", "peer")
        )
        print(f"    loss {task:5} by stretch: ours {next(curves)} | peer {next(curves)}")
    print("    at the end, mean ± standard deviation over seeds:")
    for name, values in results["ours"]["final"].items():
        other = results["peer"]["final"][name]
        noise = (stdev(values) ** 2 + stdev(other) ** 2) ** 0.5
        apart = abs(mean(values) - mean(other)) / noise if noise else 0.0
        print(
            f"      {name:12} ours {mean(values):.3f} ± {stdev(values):.3f}, peer {mean(other):.3f} ± "
            f"{stdev(other):.3f}: {apart:.1f} standard deviations of a seed apart"
        )


def memory(rows: int, dev_rows: int) -> dict[str, float]:
    """MiB by which each side's process grows, and ours over the plain loop's."""
    grown = {}
    for side in ("ours", "plain"):
        command = [sys.executable, "-m", "benchmarks.training", side, str(rows), str(dev_rows)]
        child = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        grown[side] = json.loads(child.stdout.splitlines()[-1])
    result = {"ours_mb": grown["ours"], "plain_mb": grown["plain"], "ratio": grown["ours"] / grown["plain"]}
    print(
        f"  peak memory: ours {grown['ours']:.0f} MiB, plain loop {grown['plain']:.0f} MiB: "
        f"ratio {result['ratio']:.2f}"
    )
    return result


def grown_by(side: str, rows: int, dev_rows: int) -> float:
    """MiB by which this process grows while one side trains and evaluates.

    Args:
        side: `ours` or `plain`.
        rows: Training rows of each task.
        dev_rows: Dev rows of each task.
    """
    torch.set_num_threads(THREADS)
    config = joint(rows, dev_rows, seed=SEEDS[0])
    reset_peak()
    before = resident("VmHWM")
    with tempfile.TemporaryDirectory() as folder:
        sides = {"ours": lambda: ours(config, Path(folder) / "trial"), "plain": lambda: plain(config)}
        for _ in sides[side]():
            pass
    return (resident("VmHWM") - before) / 2**20


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(grown_by(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    else:
        measure()
