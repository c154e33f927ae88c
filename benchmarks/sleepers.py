"""Imported by the server of trials' processes beside what it loads otherwise: their trials sleep.

All else of a trial's process is the product's: its fork, its folder, its pipes, and its checkpoints, which
`model.checkpoint` writes whole and to the disk.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from model import checkpoint, trainer
from model.config import TrainConfig
from model.result import EpochResult
from sweeper.executors import preload  # noqa: F401 - what a server loads

from .nodes import result
from .raytable import SLEEP


def sleep(config: TrainConfig, rundir: Path, **_: Any) -> Iterator[EpochResult]:
    """A trial that takes its time, reports evenly, and saves checkpoints where they have a size."""
    seconds, results, megabytes = json.loads(os.environ[SLEEP])
    began, device = time.monotonic(), torch.device("cpu")
    network = nn.Linear(1, int(1e6 * megabytes / 4), bias=False)
    trained = checkpoint.Trained(network, torch.optim.SGD(network.parameters(), 0.1), device, {})
    progress = checkpoint.Progress("asleep")
    for epoch in range(1, results + 1):
        time.sleep(max(0.0, began + seconds * epoch / results - time.monotonic()))
        progress = progress.after(result(config, epoch))
        if megabytes:
            checkpoint.save(rundir, trained, progress)
        yield progress.results[-1]


trainer.train = sleep  # type: ignore[assignment]
