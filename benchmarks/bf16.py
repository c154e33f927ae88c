"""A joint step and an evaluation in bf16 beside the same in fp32, and the dev scores that come of them.

all-MiniLM-L6-v2, 3 × 32 rows a step, both by the trainer, in turns; then three seeds of both on 600 rows of
each task, two epochs. Needs the real files, and a processor that multiplies bf16.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch

from model.precision import computes_bf16

from .paired import Stretch, ours, overall, ratio
from .subset import THREADS, available, trial

ROWS, DEV_ROWS, STEPS, TURNS = 1024, 600, 4, 6
SEEDS = (1, 2, 3)
SEED_ROWS, SEED_EPOCHS = 600, 2
PRECISIONS = ("fp32", "bf16")


def measure(rows: int = ROWS, dev_rows: int = DEV_ROWS, turns: int = TURNS) -> dict[str, Any]:
    """Seconds of a step and an evaluation in each precision, their ratios, and dev scores.

    Args:
        rows: Training rows of each task.
        dev_rows: Dev rows of each task.
        turns: Turns of each precision, of which the first warms up.
    """
    if not available():
        return {}
    if not computes_bf16(torch.device("cpu")):
        print("  skipped: this processor does not multiply bf16")
        return {}
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder:
        results = _timed(Path(folder), rows, dev_rows, turns) | _scored(Path(folder), dev_rows)
    print("  " + ", ".join(f"{name} {value:.3g}" for name, value in results.items()))
    return results


def _timed(folder: Path, rows: int, dev_rows: int, turns: int) -> dict[str, float]:
    variants: dict[str, Iterator[Stretch]] = {
        name: ours(trial(rows, dev_rows, epochs=turns, steps_per_epoch=STEPS, precision=name), folder / name)
        for name in PRECISIONS
    }
    measured: dict[str, list[Stretch]] = {name: [] for name in variants}
    for _ in range(turns):
        for name, variant in variants.items():
            measured[name].append(next(variant))
    steps = {name: [s.train_seconds / STEPS for s in found[1:]] for name, found in measured.items()}
    evaluation = {name: [s.eval_seconds for s in found[1:]] for name, found in measured.items()}
    return {
        **{f"{name} seconds a step": median(seconds) for name, seconds in steps.items()},
        "step": ratio(steps["bf16"], steps["fp32"]),
        "evaluation": ratio(evaluation["bf16"], evaluation["fp32"]),
    }


def _scored(folder: Path, dev_rows: int) -> dict[str, float]:
    """Mean `overall` over the seeds in fp32, how far that in bf16 lies from it, and the same of one seed."""
    found: dict[str, list[float]] = {name: [] for name in PRECISIONS}
    for seed in SEEDS:
        for name in PRECISIONS:
            config = trial(SEED_ROWS, dev_rows, seed=seed, epochs=SEED_EPOCHS, precision=name)
            *_, last = ours(config, folder / f"{name}-{seed}")
            found[name].append(overall(config, last))
    apart = [brief - single for brief, single in zip(found["bf16"], found["fp32"], strict=True)]
    return {
        "overall in fp32": mean(found["fp32"]),
        "apart": abs(mean(apart)),
        "largest of a seed": max(map(abs, apart)),
    }
