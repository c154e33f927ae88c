"""What a joint step of all-mpnet-base-v2 takes without its padding, beside the same step with it.

Needs the real files, and the model in the cache of Hugging Face (HF_HOME, HF_HUB_OFFLINE=1).
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from unittest import mock

import torch

from model.network import encoder

from .paired import Stretch, ours, ratio
from .subset import THREADS, available, trial

MODEL = "sentence-transformers/all-mpnet-base-v2"
ROWS, STEPS, TURNS = 512, 2, 4


def measure(rows: int = ROWS, steps: int = STEPS, turns: int = TURNS) -> dict[str, float]:
    """Seconds of a step of 3 × 32 rows, packed and padded in turns; the first turn warms up.

    Args:
        rows: Training rows of each task.
        steps: Steps of a turn.
        turns: Turns of each.
    """
    if not available():
        return {}
    torch.set_num_threads(THREADS)
    config = trial(
        rows,
        dev_rows=64,
        epochs=turns,
        steps_per_epoch=steps,
        encoder={"source": "hub", "name": MODEL, "pooling": "mean"},
    )
    measured: dict[str, list[Stretch]] = {"packed": [], "padded": []}
    with tempfile.TemporaryDirectory() as folder:
        variants: dict[str, Iterator[Stretch]] = {
            name: ours(config, Path(folder) / name) for name in measured
        }
        for _ in range(turns):
            for name, variant in variants.items():
                # Read when the network is built, in the first turn.
                kinds = encoder.KINDS if name == "packed" else frozenset[str]()
                with mock.patch.object(encoder, "KINDS", kinds):
                    measured[name].append(next(variant))
    seconds = {name: [s.train_seconds / steps for s in found[1:]] for name, found in measured.items()}
    evaluation = {name: [s.eval_seconds for s in found[1:]] for name, found in measured.items()}
    results = {
        "packed seconds": median(seconds["packed"]),
        "padded seconds": median(seconds["padded"]),
        "step": ratio(seconds["packed"], seconds["padded"]),
        "evaluation": ratio(evaluation["packed"], evaluation["padded"]),
    }
    print("  " + ", ".join(f"{name} {value:.3g}" for name, value in results.items()))
    return results
