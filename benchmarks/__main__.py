"""Runs benchmarks, prints their tables, and writes their figures to ``results.json`` and ``README.md``.

Example: python -m benchmarks limit training

Without names all of them run, which takes two hours and more on two cores. Figures of those that do not run
stay, and so do those of CPUs with other vectors.
"""

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path

import torch

from sweeper.executors.processor import processor
from sweeper.sweep.workingfolder import working_folder

from . import summary

NAMES = (
    "padding",
    "limit",
    "training",
    "steps",
    "techniques",
    "packed",
    "bf16",
    "frozen",
    "profile_trial",
    "demo_trial",
    "orchestration",
    "scaling",
    "simulate",
    "raytable",
    "sweeps",
    "search",
    "warm",
    "report",
    "claims",
    "chance",
    "largefile",
    "predicting",
    "surgery_memory",
    "checkpointing_memory",
)
PACKAGES = (
    *("torch", "transformers", "optuna", "sqlalchemy", "numpy", "torchjd"),
    *("sentence-transformers", "smart-pytorch", "accelerate", "ray"),
)
RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NAMES, []], help=", ".join(NAMES))
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    names, folder = parser.parse_args().names or NAMES, working_folder(Path(__file__).parent)
    commit = None if folder is None else folder.commit[:7] + (", changed" if folder.changed else "")
    for name in names:
        module = import_module(f"benchmarks.{name}")
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        if figures := module.measure():
            vectors = torch.backends.cpu.get_cpu_capability()
            results.setdefault(name, {})[vectors] = {"measured": _where(commit), "figures": figures}
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        summary.write(results)
    print(f"\nwritten: {RESULTS}")


def _where(commit: str | None) -> dict[str, object]:
    return {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": commit,
        "machine": f"{processor()}, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _version(package: str) -> str | None:
    """The version of a package; None where it is not installed, as a peer that was not asked."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _restart_as_a_trial() -> None:
    """Starts this process once more: some of what trials are started with is read at the start alone."""
    if "SWEEPER_BENCHMARKS" not in os.environ:
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "SWEEPER_BENCHMARKS": "restarted"})  # noqa: S606


if __name__ == "__main__":
    _restart_as_a_trial()
    main()
