"""What each technique adds to a step of all-MiniLM-L6-v2: time, and peak memory of its process.

Three tasks, 32 rows of each a step, fp32. Every technique trains the same rows from the same weights, by the
trainer itself; all take turns with the plain step, a few steps each. Memory is the highest resident size of a
process of its own over the plain trial's, with evaluation and checkpoints, in copies (P) of the weights.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch

from model.config import TrainConfig
from model.network.multitask import MultitaskEncoder

from .paired import Stretch, ours, ratio
from .subset import THREADS, available, trial

ROWS, STEPS, STRETCHES = 512, 2, 4
PLAIN = "plain"
TECHNIQUES: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "PCGrad": {"gradient": "pcgrad"},
    "SMART, sst and sts": {"smart": {"enabled": True, "tasks": ("sst", "sts")}},
    "R-Drop": {"r_drop": 0.5},
    "STS by CE": {"heads": {"sts": {"loss": "ce"}}},
    "CoSENT": {"heads": {"sts": {"loss": "cosent"}}},
    "contrastive": {"heads": {"para": {"contrastive": 0.5}}},
    "ordinal labels": {"heads": {"sst": {"loss": "ordinal"}}},
    "label smoothing": {"heads": {"sst": {"label_smoothing": 0.1}}},
    "learned weights": {"balance": "uncertainty"},
    "EMA": {"average": {"name": "ema"}},
    "SWA": {"average": {"name": "swa", "start": 0.0}},
    "layer decay": {"layer_decay": 0.9},
    "top layer anew": {"encoder.reinitialize": 1},
    "mixed layers": {"encoder.layer_pooling": "weighted"},
    "layer shared by pairs": {"pair_layer": "relu"},
    "LoRA": {"encoder.lora": {"rank": 8, "alpha": 16}},
    "frozen embeddings": {"encoder.freeze": "embeddings"},
    "three frozen layers": {"encoder.freeze": 3},
    "frozen encoder": {"encoder.freeze": "all"},
    "masked words": {"mask_words": 0.1},
    "words left out": {"word_dropout": 0.1},
    "pairs swapped": {"swap_pairs": 0.5},
}


def configured(name: str, epochs: int) -> TrainConfig:
    """The trial of a technique."""
    changes = dict(TECHNIQUES[name])
    heads = changes.pop("heads", None)
    encoder = {key.removeprefix("encoder."): changes.pop(key) for key in list(changes) if "." in key}
    config = trial(ROWS, 64, epochs=epochs, steps_per_epoch=STEPS, heads=heads, **changes)
    settings = config.model_dump()
    settings["encoder"] |= encoder
    return TrainConfig.model_validate(settings)


def peak_megabytes(name: str) -> float:
    """Highest resident size of a process that trains a technique, in MiB."""
    command = [sys.executable, "-m", "benchmarks.techniques", name]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def one(name: str) -> float:
    """Trains a technique here, and returns the peak of this process."""
    from model.trainer import train
    from sweeper.paths import data_folder

    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder:
        results = train(
            configured(name, 2), Path(folder) / "run", data=data_folder(), cache=Path(folder) / "cache"
        )
        return max(result.peak_memory_mb for result in results)


def measure() -> dict[str, Any]:
    """Ratios of a step and differences of memory, by technique; needs the real files."""
    if not available():
        return {}
    torch.set_num_threads(THREADS)
    # First: a process begins with the highest size of the one that starts it, and this one grows below.
    peaks = {name: peak_megabytes(name) for name in TECHNIQUES}
    measured: dict[str, list[Stretch]] = {name: [] for name in TECHNIQUES}
    with tempfile.TemporaryDirectory() as folder:
        variants: dict[str, Iterator[Stretch]] = {
            name: ours(configured(name, STRETCHES), Path(folder) / str(number))
            for number, name in enumerate(TECHNIQUES)
        }
        for _ in range(STRETCHES):
            for name, variant in variants.items():
                measured[name].append(next(variant))
    seconds = {name: [s.train_seconds for s in found[1:]] for name, found in measured.items()}
    copy = sum(p.numel() for p in MultitaskEncoder(configured(PLAIN, 1), 30522, 0).parameters()) * 4 / 2**20
    print(f"  medians of {STRETCHES - 1} turns of {STEPS} steps, {THREADS} threads; P = {copy:.0f} MiB")
    results: dict[str, Any] = {"ratios": {}, "copies": {}}
    print(f"    {PLAIN:24} {1000 * median(seconds[PLAIN]) / STEPS:8.0f} ms a step, {peaks[PLAIN]:.0f} MiB")
    for name in TECHNIQUES:
        if name != PLAIN:
            results["ratios"][name] = ratio(seconds[name], seconds[PLAIN])
            results["copies"][name] = (peaks[name] - peaks[PLAIN]) / copy
            print(
                f"    {name:24} {results['ratios'][name]:8.2f} of a step, {results['copies'][name]:+.1f} P",
                flush=True,
            )
    return results


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(one(sys.argv[1])))
    else:
        measure()
