"""What PCGrad and SMART add to a step, and what TorchJD and smart-pytorch add to the same one.

all-MiniLM-L6-v2, three tasks, 32 rows of each a step. Every variant trains the same batches from the same
weights with the same clipping and optimizer, ours by the trainer itself; all take turns, a few steps each.
"""

import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import torch

from .paired import Stretch, ours, ratio
from .peers import smart_peer, torchjd_peer
from .peers.joint import Gradients, stretches
from .subset import THREADS, available, trial

ROWS, STEPS, STRETCHES = 2048, 4, 4
PAPER = ("sst", "sts")
"""What the study regularises, as the paper did."""
ALL = ("sst", "para", "sts")
OURS: dict[str, dict[str, Any]] = {
    "summed loss": {},
    "PCGrad": {"gradient": "pcgrad"},
    "UPGrad": {"gradient": "upgrad"},
    "SMART, sst and sts": {"smart": {"enabled": True, "tasks": PAPER}},
    "SMART, all tasks": {"smart": {"enabled": True, "tasks": ALL}},
    "SMART, all tasks, no Bregman term": {"smart": {"enabled": True, "tasks": ALL, "bregman": 0.0}},
}
PEERS: dict[str, Gradients] = {
    "TorchJD PCGrad": torchjd_peer.pcgrad(),
    "TorchJD UPGrad": torchjd_peer.upgrad(),
    "smart-pytorch, sst and sts": smart_peer.smart(PAPER),
    "smart-pytorch, all tasks": smart_peer.smart(ALL),
}
RATIOS = (
    ("PCGrad", "summed loss"),
    ("PCGrad", "TorchJD PCGrad"),
    ("UPGrad", "TorchJD UPGrad"),
    ("SMART, sst and sts", "summed loss"),
    ("SMART, all tasks", "summed loss"),
    ("SMART, all tasks, no Bregman term", "summed loss"),
    ("SMART, sst and sts", "smart-pytorch, sst and sts"),
    ("SMART, all tasks", "smart-pytorch, all tasks"),
    ("SMART, all tasks, no Bregman term", "smart-pytorch, all tasks"),
)


def measure(rows: int = ROWS, steps: int = STEPS, runs: int = STRETCHES) -> dict[str, Any]:
    """Milliseconds and losses of a step of each variant, and ratios; needs the real files.

    Args:
        rows: Training rows of each task.
        steps: Steps of a turn.
        runs: Turns of each variant; the first one warms up.
    """
    if not available():
        return {}
    torch.set_num_threads(THREADS)
    versions = {name: metadata.version(name) for name in ("torch", "torchjd", "smart-pytorch")}
    print("  " + ", ".join(f"{name} {version}" for name, version in versions.items()))
    settings = {"dev_rows": 8, "epochs": runs, "steps_per_epoch": steps}
    measured: dict[str, list[Stretch]] = {name: [] for name in (*OURS, *PEERS)}
    with tempfile.TemporaryDirectory() as folder:
        variants: dict[str, Iterator[Stretch]] = {
            name: ours(trial(rows, **settings, **changes), Path(folder) / str(number))
            for number, (name, changes) in enumerate(OURS.items())
        }
        for name, gradients in PEERS.items():
            variants[name] = stretches(trial(rows, **settings), Path(folder) / "cache", gradients)
        for _ in range(runs):
            for name, variant in variants.items():
                measured[name].append(next(variant))
    seconds = {name: [s.train_seconds for s in found[1:]] for name, found in measured.items()}
    print(f"  medians of {runs - 1} turns of {steps} steps, {THREADS} threads; losses of the last turn")
    results: dict[str, Any] = {"milliseconds": {}, "losses": {}, "ratios": {}}
    for name, found in measured.items():
        milliseconds = results["milliseconds"][name] = 1000 * median(seconds[name]) / steps
        losses = results["losses"][name] = found[-1].losses
        values = ", ".join(f"{task} {loss:.3f}" for task, loss in losses.items())
        print(f"    {name:34} {milliseconds:8.0f} ms a step; {values}")
    for top, bottom in RATIOS:
        value = results["ratios"][f"{top} / {bottom}"] = ratio(seconds[top], seconds[bottom])
        print(f"    {top} / {bottom}: {value:.2f}")
    return results


if __name__ == "__main__":
    measure()
