"""What one CUDA device does with sweeper, in less than eight minutes: one table, one JSON file.

Encoders of the shapes of all-MiniLM-L6-v2 and bert-base with random weights, in bf16 where the device
computes it: a joint step and an epoch as the product pads them and packed (`benchmarks.varlen`), against the
course's plain loop and sentence-transformers; the memory that PCGrad adds; MiniLM's step compiled and in
CUDA graphs; one device shared by several trials. Rows are those of the course's files, where SWEEPER_DATA
names them, or of the built-in corpus.

Each part has a process and a time limit of its own: one that fails or takes too long is told in the table,
and the others go on. It has not been run on a CUDA device yet. `--device cpu --size tiny` runs all of it in
a minute on a CPU in the device's place, on encoders of a few thousand weights: that shows that it runs, and
its figures say nothing.

Example: benchmarks/gpu.sh --out gpu.json
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from . import gpuparts
from .gpuparts import Figures, Setup

SECONDS = 465.0
"""For all parts together."""


class Part(NamedTuple):
    """A part.

    Attributes:
        seconds: What it may take.
        measure: Measures it.
    """

    seconds: float
    measure: Callable[[Setup], Figures]


PARTS = {
    "encoders": Part(40, gpuparts.make_encoders),
    "MiniLM": Part(60, partial(gpuparts.sides, name="MiniLM")),
    "bert-base": Part(90, partial(gpuparts.sides, name="bert-base")),
    "MiniLM, sentence-transformers": Part(45, partial(gpuparts.sentence_transformers, name="MiniLM")),
    "bert-base, sentence-transformers": Part(60, partial(gpuparts.sentence_transformers, name="bert-base")),
    "PCGrad, bert-base": Part(45, gpuparts.surgery),
    "launches, MiniLM": Part(75, gpuparts.launches),
    "shared by trials": Part(80, gpuparts.shared),
}


def measure(device: str, size: str, out: Path, seconds: float = SECONDS) -> dict[str, Any]:
    """Runs all parts, one after the other; writes what there is after each of them.

    Args:
        device: `cuda` or `cpu`.
        size: `full` or `tiny`.
        out: The JSON file.
        seconds: Of all parts together.
    """
    began = time.monotonic()
    results: dict[str, Any] = {"where": _where(device, size), "parts": {}}
    print(f"  {json.dumps(results['where'])}")
    with tempfile.TemporaryDirectory() as folder:
        for name, part in PARTS.items():
            left = min(part.seconds, began + seconds - time.monotonic())
            started = time.monotonic()
            results["parts"][name] = found = _part(name, device, size, Path(folder), left)
            found["seconds"] = time.monotonic() - started
            results["seconds"] = time.monotonic() - began
            out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
            print(f"  {name}: {found.get('failed') or 'measured'} ({found['seconds']:.0f} s)", flush=True)
    print(table(results))
    return results


def table(results: dict[str, Any]) -> str:
    """All figures, part by part, as Markdown."""
    where = results["where"]
    lines = ["", where["note"], ""] if where["note"] else [""]
    lines += [f"| on {where['name']} | figure | value |", "|---|---|---|"]
    for name, part in results["parts"].items():
        for figure, value in part.get("figures", {}).items():
            lines.append(f"| {name} | {figure} | {value:.4g} |")
        if "failed" in part:
            lines.append(f"| {name} | failed: {part['failed'].replace('|', '/')} | |")
    return "\n".join(lines)


def _part(name: str, device: str, size: str, folder: Path, seconds: float) -> dict[str, Any]:
    """Runs a part in a process of its own, whose children end with it; its figures, or why there are none."""
    if seconds < 1:
        return {"failed": "no time is left"}
    answer, log = folder / "figures.json", folder / "log.txt"
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.gpu", "--part", name, "--device", device, "--size", size]
    with log.open("wb") as said:
        child = subprocess.Popen(
            [*command, "--folder", str(folder), "--out", str(answer)],
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return {"failed": f"took longer than {seconds:.0f} s"}
    if child.returncode == 0:
        return {"figures": json.loads(answer.read_text(encoding="utf-8"))}
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no word"]
    return {"failed": f"exit code {child.returncode}: {lines[-1][:300]}"}


def _where(device: str, size: str) -> dict[str, Any]:
    real = device == "cuda" and torch.cuda.is_available()
    note = "" if real and size == "full" else "A CPU or tiny encoders stand in: these figures say nothing."
    return {
        "name": torch.cuda.get_device_name() if real else f"{platform.machine()}, in a device's place",
        "size": size,
        "note": note,
        "torch": torch.__version__,
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def main() -> None:
    """Measures all parts; with `--part` one of them, in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--size", choices=["full", "tiny"], default="full")
    parser.add_argument(
        "--out", type=Path, default=Path("gpu.json"), help="the JSON file (default: gpu.json)"
    )
    parser.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part is not None:
        figures = PARTS[given.part].measure(Setup(given.folder, given.device, given.size == "tiny"))
        given.out.write_text(json.dumps(figures), encoding="utf-8")
        return
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.exit(2, "gpu: torch sees no CUDA device here; --device cpu --size tiny stands in for one\n")
    results = measure(given.device, given.size, given.out)
    sys.exit(int(any("failed" in part for part in results["parts"].values())))


if __name__ == "__main__":
    main()
