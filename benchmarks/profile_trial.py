"""Where the seconds of a whole trial go, from the command line to the database, part by part.

`sweeper run` on the workloads demo and minilm-minutes (600 training rows of each task, two epochs), one arm,
in a fresh process and an empty home: one trial that tokenises its data, then another that finds them in the
cache. The trials run in the driver's process, so that one clock sees all parts. `start` is Python and every
import, which a sweep pays once.
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import psutil
from rich.console import Console

from sweeper.executors.inline import InlineExecutor
from sweeper.paths import Home, data_folder
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.sweep import checks
from sweeper.sweep.order import Order, Places
from sweeper.sweep.sweep import run as run_sweep

from .stopwatch import Stopwatch

WORKLOADS = ("demo", "minilm-minutes")
TRIALS = ("first trial", "second trial")
STUDY = """
name: profile
base: {sst_head: mlp, paraphrase_head: sbert, sts_head: cosine, precision: fp32}
arms: {S-BERT: {}}
space: {learning_rate: workload}
sampler: {name: random}
"""
PARTS = (
    "start", "checks", "data", "model load", "batches", "forward", "backward", "clipping", "optimizer",
    "loop", "evaluation", "checkpoint", "database", "driver",
)  # fmt: skip
"""`checks`: before the sweep begins; `loop`: the rest of the trial; `driver`: the rest of the sweep."""

Table = dict[str, dict[str, float]]


def measure() -> dict[str, Table]:
    """Seconds of each part of both trials of each workload; minilm-minutes needs the real files."""
    results = {}
    for workload in WORKLOADS:
        if workload != "demo" and data_folder() is None:
            print(f"  {workload} skipped: SWEEPER_DATA names no folder")
            continue
        command = [sys.executable, "-m", "benchmarks.profile_trial", workload]
        child = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        results[workload] = json.loads(child.stdout.splitlines()[-1])
        _print(workload, results[workload])
    return results


def profile(workload: str) -> Table:
    """Seconds of each part of two trials in this process.

    Args:
        workload: Name of the workload.
    """
    # What the trial's process imports; everything else was imported above.
    from model import trainer  # noqa: F401

    table: Table = {"first trial": {"start": time.time() - psutil.Process().create_time()}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.yaml"
        file.write_text(STUDY, encoding="utf-8")
        study, home = load_study(str(file), workload), Home(Path(folder) / "home")
        places = Places(_storage(home), home, data_folder())
        watch = Stopwatch()
        with ExitStack() as stack:
            stack.enter_context(watch.on_trainer())
            for name in ("__init__", *(name for name in dir(Database) if not name.startswith("_"))):
                if callable(method := getattr(Database, name)):
                    stack.enter_context(patch.object(Database, name, watch.timed("database", method)))
            stack.enter_context(
                patch.object(checks, "check_inputs", watch.timed("checks", checks.check_inputs))
            )
            stack.enter_context(
                patch.object(InlineExecutor, "poll", watch.timed("loop", InlineExecutor.poll))
            )
            run = watch.timed("driver", run_sweep)
            for number, name in enumerate(TRIALS, start=1):
                done = run(Order(study, number, places, Console(quiet=True)), InlineExecutor())
                assert done.failed == 0
                table.setdefault(name, {}).update(watch.seconds)
                watch.seconds.clear()
    return table


def _storage(home: Home) -> str:
    home.root.mkdir()
    return home.storage


def _print(workload: str, table: Table) -> None:
    totals = {name: sum(table[name].values()) for name in TRIALS}
    print(f"  {workload:14}" + "".join(f"{name:>22}" for name in TRIALS))
    for part in PARTS:
        cells = ""
        for name in TRIALS:
            seconds = table[name].get(part, 0.0)
            cells += f"{seconds:13.3f} s{100 * seconds / totals[name]:5.1f} %"
        print(f"    {part:12}{cells}")
    print("    total       " + "".join(f"{totals[name]:13.3f} s       " for name in TRIALS))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(profile(sys.argv[1])))
    else:
        measure()
