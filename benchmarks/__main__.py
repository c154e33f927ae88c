"""Runs every benchmark, prints its table, and writes ``benchmarks/results.json``."""

import json
import platform
from importlib import metadata
from pathlib import Path

from . import checkpointing_memory, orchestration, padding, report, surgery_memory

PACKAGES = ("torch", "transformers", "optuna", "sqlalchemy", "numpy", "torchjd")


def main() -> None:
    """Measures, prints and writes."""
    results: dict[str, object] = {
        "machine": {"processor": platform.processor() or platform.machine(), "system": platform.system()},
        "versions": {"python": platform.python_version()}
        | {name: metadata.version(name) for name in PACKAGES},
    }
    for module in (padding, orchestration, report, surgery_memory, checkpointing_memory):
        name = module.__name__.rpartition(".")[2]
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}")
        results[name] = module.measure()
    target = Path(__file__).parent / "results.json"
    target.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"\nwritten: {target}")


if __name__ == "__main__":
    main()
