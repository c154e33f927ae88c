"""Peak memory and time of a step of a 12-layer encoder, with and without gradient checkpointing.

A fresh process each: forward, loss and backward of 32 sentences of 64 tokens through a BERT of 12 layers, 384
wide, with the weights of no one. Linux only.
"""

import json
import subprocess
import sys
import time

import torch

from model.config import TrainConfig
from model.network.multitask import MultitaskEncoder
from sweeper.study.load import load_study

from .growth import STEPS, growth

ROWS, LENGTH, VOCABULARY = 32, 64, 1000


def measure() -> dict[str, dict[str, float]]:
    """MiB and seconds of a step of each kind, and their ratios to the step that keeps its activations."""
    if sys.platform != "linux":
        print("  skipped: only Linux can reset the high-water mark of memory")
        return {}
    results = {}
    for name in ("kept", "checkpointed"):
        command = [sys.executable, "-m", "benchmarks.checkpointing_memory", name]
        child = subprocess.run(command, check=True, capture_output=True, text=True)
        mebibytes, seconds = json.loads(child.stdout)
        results[name] = {"mebibytes": mebibytes, "seconds": seconds}
        print(f"  activations {name:12} {mebibytes:6.0f} MiB, {seconds:5.2f} s a step")
    kept, again = results["kept"], results["checkpointed"]
    ratio = {field: again[field] / kept[field] for field in kept}
    print(f"  ratio: memory {ratio['mebibytes']:.2f}, time {ratio['seconds']:.2f}")
    return results | {"ratio": ratio}


def run(name: str) -> tuple[float, float]:
    """MiB that a step takes in this process, and its seconds."""
    torch.set_num_threads(1)
    given = load_study("sbert-grid", "demo").config("S-BERT", {}, seed=11711)
    encoder = {
        "source": "tiny",
        "layers": 12,
        "hidden_size": 384,
        "attention_heads": 12,
        "max_length": LENGTH,
    }
    settings = given.model_dump() | {"encoder": encoder, "gradient_checkpointing": name == "checkpointed"}
    model = MultitaskEncoder(TrainConfig.model_validate(settings), VOCABULARY, pad_id=0).train()
    ids = torch.arange(ROWS * LENGTH).view(ROWS, LENGTH) % (VOCABULARY - 1) + 1
    seconds = 0.0

    def step(rows: int = ROWS) -> None:
        nonlocal seconds
        began = time.perf_counter()
        model("sst", 1, ids[:rows], torch.ones_like(ids[:rows])).square().mean().backward()
        seconds += time.perf_counter() - began

    step(rows=1)  # so that the code of every layer is resident
    seconds = 0.0
    # The gradients stay, as the same tensors: what grows is the activations.
    grown = growth(step, lambda: None)
    return grown / 2**20, seconds / STEPS


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
