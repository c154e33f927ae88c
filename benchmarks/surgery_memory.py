"""Peak memory of a step of three tasks on all-MiniLM-L6-v2, in copies of the weights (P), fresh processes.

A variant runs in a process of its own: it loads the network, copies the weights out of the mapped file, and
makes one step on a tiny encoder, so that the code of every layer, of autograd and of TorchJD is resident.
Freed memory is handed back to the system and the kernel's high-water mark is reset; the growth of that mark
over the resident size is what a step took, the largest of three: gradients, and activations of the same few
short sentences. The optimizer is left out; its state is the same for all.

glibc keeps freed blocks in gaps that depend on the order of the calls, tenths of P from run to run. So each
variant is measured twice: with every block above 64 KB returned to the system once it is free, which shows
the memory in use, and with glibc as it comes. Linux with glibc only.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchjd.aggregation import PCGrad
from torchjd.autojac import jac_to_grad, mtl_backward

from model.config import TrainConfig
from model.config.gradient import GradientStorage
from model.gradients.surgery import GradientSurgery
from model.network.multitask import MultitaskEncoder
from sweeper.study.load import load_study

from .growth import STEPS, growth

ROWS, LENGTH = 8, 8


class Bench:
    """Three tasks over one encoder, and the ways to get from their losses to gradients."""

    def __init__(self, config: TrainConfig, vocabulary_size: int) -> None:
        self.tasks = config.tasks
        self.model = MultitaskEncoder(config, vocabulary_size, pad_id=0)
        for parameter in self.model.parameters():
            parameter.data = parameter.data.clone()
        self.parameters = list(self.model.parameters())
        self.surgery: dict[GradientStorage, GradientSurgery] = {
            storage: GradientSurgery(self.parameters, list(self.tasks), "pcgrad", storage)
            for storage in ("fp32", "bf16")
        }
        self.seconds = 0.0

    def loss(self, name: str) -> Tensor:
        """Loss of one task on its few sentences."""
        columns = len(self.tasks[name].text)
        ids = torch.arange(columns * ROWS * LENGTH).view(-1, LENGTH) + 1
        outputs: Tensor = self.model(name, columns, ids, torch.ones_like(ids))
        return outputs.square().mean()

    def summed(self) -> None:
        """The gradient of the summed losses, task by task as the trainer does it."""
        for name in self.tasks:
            self.loss(name).backward()

    def ours(self, storage: GradientStorage) -> None:
        """PCGrad by `GradientSurgery`."""
        surgery = self.surgery[storage]
        for name in self.tasks:
            self.loss(name).backward()
            began = time.perf_counter()
            surgery.collect(name)
            self.seconds += time.perf_counter() - began
        began = time.perf_counter()
        surgery.combine()
        self.seconds += time.perf_counter() - began

    def torchjd(self, lean: bool) -> None:
        """PCGrad by TorchJD's own engine, as it comes or with its two settings that save memory."""
        features: list[Tensor] = []
        hook = self.model.encoder.register_forward_hook(lambda *call, kept=features: kept.append(call[-1]))
        losses = [self.loss(name) for name in self.tasks]
        hook.remove()
        shared = list(self.model.encoder.parameters())
        mtl_backward(losses, features, shared_params=shared, parallel_chunk_size=1 if lean else None)
        del losses, features
        jac_to_grad(shared, PCGrad(), optimize_gramian_computation=lean)

    def stacked(self) -> None:
        """PCGrad in its plain form: flatten each task's gradients, stack, project, sum, cut up."""
        rows = []
        for name in self.tasks:
            self.model.zero_grad()
            self.loss(name).backward()
            parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
            rows.append(torch.cat([part.view(-1) for part in parts]))
        original = torch.stack(rows)
        projected = original.clone()
        for i in range(len(rows)):
            for j in torch.randperm(len(rows)).tolist():
                product = projected[i] @ original[j]
                if j != i and product < 0:
                    projected[i] -= product / original[j].square().sum() * original[j]
        joined = projected.sum(dim=0).split([p.numel() for p in self.parameters])
        for parameter, part in zip(self.parameters, joined, strict=True):
            parameter.grad = part.view_as(parameter).clone()


VARIANTS: dict[str, Callable[[Bench], None]] = {
    "summed loss": Bench.summed,
    "ours, fp32": lambda bench: bench.ours("fp32"),
    "ours, bf16": lambda bench: bench.ours("bf16"),
    "TorchJD": lambda bench: bench.torchjd(lean=False),
    "TorchJD, sparing": lambda bench: bench.torchjd(lean=True),
    "flatten and stack": Bench.stacked,
}


ALLOCATORS = {"in_use": {"MALLOC_MMAP_THRESHOLD_": "65536"}, "glibc": {}}


def measure() -> dict[str, dict[str, float]]:
    """Growth of each variant in P under both allocators; milliseconds of surgery in a step for ours."""
    if sys.platform != "linux":
        print("  skipped: only Linux can reset the high-water mark of memory")
        return {}
    results: dict[str, dict[str, float]] = {}
    for name in VARIANTS:
        command = [sys.executable, "-m", "benchmarks.surgery_memory", name]
        results[name] = row = {}
        for allocator, settings in ALLOCATORS.items():
            environment = os.environ | settings
            child = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            row[allocator], milliseconds = json.loads(child.stdout)
        if milliseconds:
            row["surgery_ms"] = milliseconds
        surgery = f", surgery {milliseconds:.0f} ms a step" if milliseconds else ""
        print(f"  {name:18} in use {row['in_use']:5.2f} P, with glibc's gaps {row['glibc']:5.2f} P{surgery}")
    return results


def run(name: str) -> tuple[float, float]:
    """Growth of one variant in this process, and milliseconds of surgery in a step."""
    torch.set_num_threads(1)
    variant = VARIANTS[name]
    config = load_study("sbert-grid", "minilm").config("S-BERT", {}, seed=11711)
    bench = Bench(config, vocabulary_size=30522)
    tiny = config.encoder.model_copy(update={"source": "tiny", "layers": 1, "hidden_size": 64})
    variant(Bench(config.model_copy(update={"encoder": tiny}), vocabulary_size=500))
    copy = sum(p.numel() * p.element_size() for p in bench.parameters)
    grown = growth(lambda: variant(bench), lambda: bench.model.zero_grad(set_to_none=True))
    return grown / copy, 1000 * bench.seconds / STEPS


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
