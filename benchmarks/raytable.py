"""The rows of Ray Tune's table of scalability: its overhead, and ours with the trials' time virtual or slept.

Overhead is (what a row took - the least possible) / the least possible. Theirs are the times of Ray's
documentation, on its machines: https://docs.ray.io/en/latest/tune/tutorials/tune-scalability.html. Ours
come from two cores, in two ways.

*Virtual*: all trials of the row. The driver, the search (TPE, twelve arms, five seeds; Ray's rows draw at
random), the leases and the SQLite database run for real; the processor time of the driver's thread passes
on the virtual clock too, in which the workers wait (`benchmarks.virtualclock`), so that neither the
machine's other programs nor its disk count. Virtual is what a trial does: its sleep, and the start of its
process. How long that takes, by the fastest twentieth, and what the driver works in its executor for a
trial and for an event, was measured in the slept row of one second.

*Slept*: fewer trials, or shorter ones, as far as two cores carry them, and nothing is virtual: `sweep.run`
with this machine's executor, a process for each trial that sleeps its time, reports and saves real
checkpoints, on the cores that the driver runs on too. What happens once, until the first trial is up, is
set against the least time of the whole row, all else against that of the part that was run.

A result here holds fourteen numbers, all of which are recorded; Ray's holds one.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console

from sweeper.executors.local import LocalExecutor
from sweeper.executors.protocol import Event, Job, Started
from sweeper.paths import Home
from sweeper.sweep.order import Order, Places
from sweeper.sweep.sweep import run

from .nodes import Load
from .simulate import Case, large_study, simulate


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        trials: Trials of the study.
        workers: Of them at once.
        seconds: Of a trial.
        results: Of a trial.
        theirs: Seconds that Ray Tune took.
        megabytes: Of a checkpoint, which goes with each result; 0: there are none.
        slept: Trials, seconds and results of each, as two cores carry them; None: they do not.
    """

    trials: int
    workers: int
    seconds: float
    results: int
    theirs: float
    megabytes: float = 0.0
    slept: tuple[int, float, int] | None = None

    @property
    def least(self) -> float:
        """Seconds that the row takes at least."""
        return self.seconds * self.trials / self.workers


ROWS = {
    "10,000 x 1 s": Row(10_000, 16, 1, 1, 715.27, slept=(480, 1, 1)),
    "1,000 at once": Row(1_000, 1_000, 100, 10, 168.18),
    "10 results a second": Row(96, 96, 100, 1_000, 168.94, slept=(96, 20, 200)),
    "200 nodes": Row(200, 200, 300, 300, 2280.82),
    "10 MB checkpoints": Row(16, 16, 300, 50, 392.42, megabytes=10, slept=(16, 60, 10)),
}
SLEEP = "SWEEPER_BENCHMARKS_SLEEP"
"""Environment variable of the slept trials: seconds of a trial, its results, MB of its checkpoints."""

STARTED_BY = "10,000 x 1 s"
"""The slept row whose starts the virtual ones have."""


class ClockedExecutor(LocalExecutor):
    """Notes when trials are handed out and begin, and what the driver works for that."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, preloaded=["benchmarks.sleepers"])
        self.first: float | None = None
        self.starts: list[float] = []
        self.submitting: list[float] = []
        self.hearing = 0.0
        self.events = 0
        self._handed: dict[int, float] = {}

    def submit(self, job: Job) -> None:
        """Notes the moment."""
        self._handed[job.number], worked = time.perf_counter(), time.process_time()
        super().submit(job)
        self.submitting.append(time.process_time() - worked)

    def poll(self, timeout: float) -> list[Event]:
        """Notes what has begun."""
        worked = time.process_time()
        heard = super().poll(timeout)
        self.hearing += time.process_time() - worked
        self.events += len(heard)
        now = time.perf_counter()
        for event in heard:
            if isinstance(event, Started):
                self.first = self.first or now
                self.starts.append(now - self._handed[event.number])
        return heard


def slept(name: str) -> dict[str, float]:
    """Runs what two cores carry of a row, in this process.

    Args:
        name: Of the row.

    Returns:
        Its overhead, and the medians of what the virtual rows take from it, in seconds.
    """
    row = ROWS[name]
    assert row.slept is not None
    trials, seconds, results = row.slept
    os.environ[SLEEP] = json.dumps([seconds, results, row.megabytes])
    executor = ClockedExecutor(row.workers)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        began = time.perf_counter()
        order = Order(large_study(results), trials, Places(home.storage, home, None), Console(quiet=True))
        done = run(order, executor)
        ended = time.perf_counter()
    assert (done.finished, done.failed, executor.first is None) == (trials, 0, False)
    least, once = seconds * trials / row.workers, (executor.first or ended) - began
    later = executor.starts[row.workers :] or executor.starts  # the first ones come all at once
    return {
        "overhead": once / row.least + (ended - began - once - least) / least,
        "trials": trials,
        "seconds": ended - began,
        "once_s": once,
        "start_s": float(np.quantile(later, 0.05)),
        "load": os.getloadavg()[0],
        "submit_s": median(executor.submitting),
        "event_s": executor.hearing / executor.events,
    }


def virtual(row: Row, starts: dict[str, float]) -> dict[str, float]:
    """Runs all of a row on the virtual clock.

    Args:
        row: The row.
        starts: What `slept` measured of a trial's start and of the executor's work.
    """
    load = Load(
        trial_seconds=row.seconds + starts["start_s"],
        spread=0.0,
        epochs=row.results,
        start_seconds=starts["start_s"],
        lost=0.0,
        submit_seconds=starts["submit_s"],
        event_seconds=starts["event_s"],
    )
    with tempfile.TemporaryDirectory() as folder:
        figures = simulate(Case(row.workers, row.trials, load=load), Path(folder), time.thread_time)
    seconds = 3600 * figures["hours"]
    return {
        "overhead": (seconds - row.least) / row.least,
        "seconds": seconds,
        "driver_busy": figures["driver_busy"] / 100,
        "driver_ms": figures["driver_ms"],
        "database_ms": figures["database_ms"],
    }


def measure(names: tuple[str, ...] = tuple(ROWS)) -> dict[str, dict[str, Any]]:
    """Overheads by row: `theirs`, `virtual` and, where two cores carry some of it, `slept`."""
    starts = _slept_elsewhere(STARTED_BY)
    print(
        f"  start of a trial's process {starts['start_s']:.3f} s; in the executor the driver works "
        f"{1e3 * starts['submit_s']:.2f} ms for it, and {1e3 * starts['event_s']:.2f} ms for an event"
    )
    print(
        "| row | least, s | Ray Tune, s | overhead | virtual, s | overhead | driver busy | slept | overhead |"
    )
    print("|---" * 9 + "|", flush=True)
    found: dict[str, dict[str, Any]] = {"start": starts}
    for name in names:
        row = ROWS[name]
        theirs, ours = (row.theirs - row.least) / row.least, virtual(row, starts)
        found[name] = {"theirs": theirs, "virtual": ours, "ratio": ours["overhead"] / theirs}
        told = ("", "")
        if row.slept is not None:
            part = starts if name == STARTED_BY else _slept_elsewhere(name)
            found[name]["slept"] = part
            told = (
                f"{row.slept[0]} x {row.slept[1]:g} s: {part['seconds']:.1f} s",
                f"{part['overhead']:.1%}",
            )
        cells = (
            *(name, f"{row.least:g}", f"{row.theirs:g}", f"{theirs:.0%}", f"{ours['seconds']:.1f}"),
            *(f"{ours['overhead']:.1%}", f"{ours['driver_busy']:.0%}", *told),
        )
        print(f"| {' | '.join(cells)} |", flush=True)
    found["worst"] = {"ratio": max(found[name]["ratio"] for name in names)}
    return found


def _slept_elsewhere(name: str) -> dict[str, float]:
    """Runs a row in a process of its own: the server of trials' processes has the row's sleep for ever."""
    # Not by `-m`: every trial would import the module that its driver began with once more.
    call = f"import json; from benchmarks import raytable; print(json.dumps(raytable.slept({name!r})))"
    child = subprocess.run([sys.executable, "-c", call], check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(child.stdout.splitlines()[-1]))


if __name__ == "__main__":
    measure()
