"""How close a joint step comes to the machine's fp32 matrix-multiply rate, on real tokens alone.

The trainer itself trains all-MiniLM-L6-v2 on three tasks, 32 rows of each a step, from the first 2,048 of the
rows that a trial would take. The floating-point operations are those of the matrix products of a forward
pass over every real token, attention among the real tokens of its sentence included, and twice as many for
the backward pass; no padding, no dropout, no normalisation, no optimizer. The rate is that of 2048 x 2048
matrices on the same threads, measured between the stretches of the same run: by `torch.mm`, and by oneDNN,
which on some CPUs, AMD's with AVX-512 for one, is far ahead of the BLAS behind torch.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.config import TrainConfig
from model.data.batches import BatchStream
from model.data.corpus import load_corpus
from model.network.multitask import MultitaskEncoder
from model.trainer import train
from sweeper.paths import data_folder

from .stopwatch import Stopwatch
from .subset import THREADS, available, trial

SIZE = 2048
ROWS, STEPS, STRETCHES = 2048, 8, 7
CAPABILITY = torch.backends.cpu.get_cpu_capability()
PRODUCTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "torch.mm": torch.mm,
    "oneDNN": lambda left, right: torch.ops.mkldnn._linear_pointwise(left, right, None, "none", [], "none"),
}
PASSES = {"forward": 1, "backward": 2}
"""Passes over the matrix products, in forward passes."""


def measure(rows: int = ROWS, steps: int = STEPS, stretches: int = STRETCHES) -> dict[str, Any]:
    """Shares of the rate that a step and its parts reach; needs the real files.

    Args:
        rows: Training rows of each task.
        steps: Steps of a stretch.
        stretches: How often the rate and the steps take turns; the first time warms up.
    """
    if not available():
        return {}
    torch.set_num_threads(THREADS)
    config = trial(rows, dev_rows=8, epochs=stretches, steps_per_epoch=steps)
    rates: dict[str, list[float]] = {name: [] for name in PRODUCTS}
    clocked = []
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder, watch.on_trainer():
        cache = Path(folder) / "cache"
        work = operations(config, cache)
        for result in train(config, Path(folder) / "trial", data=data_folder(), cache=cache):
            clocked.append(watch.seconds | {"step": result.train_seconds})
            padding = sum(result.padded_tokens.values()) / sum(result.tokens.values())
            watch.seconds.clear()
            for name, product in PRODUCTS.items():
                rates[name].append(multiply_rate(product))
    return _summary(work[1:], clocked[1:], {name: found[1:] for name, found in rates.items()}, padding, steps)


def operations(config: TrainConfig, cache: Path) -> list[float]:
    """Floating-point operations of a forward pass over the rows of each stretch.

    Args:
        config: The trial.
        cache: Folder of its tokenised data.
    """
    corpus = load_corpus(config, data_folder(), cache)
    bert = MultitaskEncoder(config, corpus.tokenizer.vocabulary_size, corpus.tokenizer.pad_id).encoder.bert
    steps = config.steps_per_epoch or 1
    totals = np.zeros(config.epochs * steps)
    for number, split in enumerate(corpus.train.values()):
        stream = BatchStream(split.row_lengths, config.batch_size, (config.seed, number))
        for step in range(len(totals)):
            lengths = split.sentences.lengths[split.sequence_numbers(stream.batch(step))]
            totals[step] += forward_operations(bert.config, lengths)
    return totals.reshape(config.epochs, steps).sum(axis=1).tolist()


def forward_operations(bert: Any, lengths: NDArray[np.int64]) -> float:
    """Floating-point operations of the matrix products of a forward pass, without the heads.

    Args:
        bert: Configuration of the encoder.
        lengths: Tokens of each sentence.
    """
    width = bert.hidden_size
    token = 2 * (4 * width * width + 2 * width * bert.intermediate_size)
    attention = 2 * 2 * width * np.square(lengths).sum()
    return float(bert.num_hidden_layers * (token * lengths.sum() + attention))


def multiply_rate(product: Callable[[Tensor, Tensor], Tensor], times: int = 5) -> float:
    """Floating-point operations a second of products of two square fp32 matrices, the median of some.

    Args:
        product: Multiplies them.
        times: How often, besides once to warm up.
    """
    left, right = torch.randn(SIZE, SIZE), torch.randn(SIZE, SIZE)
    seconds = []
    for _ in range(times + 1):
        began = time.perf_counter()
        product(left, right)
        seconds.append(time.perf_counter() - began)
    seconds = seconds[1:]
    return 2 * SIZE**3 / median(seconds)


def _summary(
    work: list[float],
    clocked: list[dict[str, float]],
    rates: dict[str, list[float]],
    padding: float,
    steps: int,
) -> dict[str, Any]:
    reached = {
        name: median(3 * w / s["step"] / rate for w, s, rate in zip(work, clocked, found, strict=True))
        for name, found in rates.items()
    }
    results: dict[str, Any] = {
        "matmul_gflops": {name: median(found) / 1e9 for name, found in rates.items()},
        "gflop_a_step": 3 * median(work) / steps / 1e9,
        "padding": padding,
        "step_percent": {name: 100 * share for name, share in reached.items()},
        "milliseconds": {"step": 1000 * median(s["step"] for s in clocked) / steps},
        "gflops": {},
    }
    products = ", ".join(f"{rate:.0f} by {name}" for name, rate in results["matmul_gflops"].items())
    print(
        f"  {len(work)} stretches of {steps} steps, {THREADS} threads, {CAPABILITY}; products of {SIZE}³: "
        f"{products} GFLOP/s; a step has {results['gflop_a_step']:.0f} GFLOP, its batches as rectangles hold "
        f"{padding:.3f} times their real tokens"
    )
    for part in ("batches", "forward", "backward", "clipping", "optimizer"):
        milliseconds = results["milliseconds"][part] = 1000 * median(s[part] for s in clocked) / steps
        rate = ""
        if part in PASSES:
            gflops = median(PASSES[part] * w / s[part] for w, s in zip(work, clocked, strict=True)) / 1e9
            results["gflops"][part] = gflops
            rate = f", {gflops:5.0f} GFLOP/s"
        print(f"    {part:9} {milliseconds:7.1f} ms{rate}")
    shares = ", ".join(f"{share:.0f} % of {name}'s rate" for name, share in results["step_percent"].items())
    print(f"    step      {results['milliseconds']['step']:7.1f} ms, {shares}")
    return results


if __name__ == "__main__":
    measure()
