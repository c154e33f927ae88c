"""Trials that run out of memory, or whose loss is not a number, beside others; on Linux only.

    python -m tests.faults.memory --trials 5

The address space of every process of the sweep is limited (RLIMIT_AS) to what an ordinary trial needs and a
gigabyte. Of the study's five arms one fits, one fits in half the micro-batch only, one never fits, one has a
loss and one a dev score that is not a number. Demanded: the classes oom and nan where they belong, with a
traceback, and every other trial complete, with the results that it has without a limit.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from sweeper.run import ErrorClass, RunRow, RunState
from tests.faults.sweep import Sweep
from tests.faults.verdict import Verdict

UNAVAILABLE = "RLIMIT_AS and /proc are Linux's"
ROOM = 1000 * 2**20
"""Bytes above an ordinary trial's need: half of the arm `Fits by halves` needs 700 MiB, the whole 1,400."""


def address_space(sweep: Sweep) -> int:
    """Runs a sweep; returns the largest address space of a trial's process, in bytes."""
    largest = 0
    run = sweep.start()
    while run.running():
        for trial in run.trials():
            try:
                largest = max(largest, trial.memory_info().vms)
            except psutil.Error:
                continue
        time.sleep(0.02)
    assert run.end() == 0, run.errors
    return largest


def limited(sweep: Sweep, size: int) -> list[RunRow]:
    """Runs a sweep in so much address space; returns its trials."""
    import resource

    run = sweep.start()
    # The server that forks the trials, and so they themselves, inherit it.
    resource.prlimit(run.process.pid, resource.RLIMIT_AS, (size, size))
    code = run.end()
    assert (code, run.errors) == (1, ""), f"exit code {code}: {run.errors}"
    return sweep.runs()


def check(verdict: Verdict, runs: list[RunRow], undisturbed: dict[int, RunRow]) -> None:
    """Compares each trial with what its arm promises."""
    for run in runs:
        with verdict.case(f"trial {run.number}, arm {run.arm!r}: {run.state} {run.error_class or ''}"):
            if run.arm in ("Fits", "Fits by halves"):
                assert run.state is RunState.COMPLETE, run.traceback
                if run.arm == "Fits":
                    assert run.scores == undisturbed[run.number].scores
                else:
                    assert run.halvings == 1
                continue
            expected = ErrorClass.OOM if run.arm == "Never fits" else ErrorClass.NAN
            assert (run.state, run.error_class) == (RunState.FAILED, expected), run.traceback
            assert run.traceback, "no traceback"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=5, help="of the study with five arms (default: 5)")
    given = parser.parse_args()
    if sys.platform != "linux":
        print(f"skipped: {UNAVAILABLE}")
        return
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = address_space(Sweep(folder / "ordinary", 1, study="memory")) + ROOM
        sweep = Sweep(folder / "limited", given.trials, study="memory")
        runs = limited(sweep, size)
        with verdict.case(f"all {given.trials} trials have an outcome"):
            assert [run.number for run in runs] == list(range(given.trials))
            assert all(run.state.final for run in runs)
        free = replace(sweep, home=folder / "free")
        assert free.start().end() == 1
        check(verdict, runs, {run.number: run for run in free.runs()})
    classes = [run.error_class for run in runs]
    oom, nan = classes.count(ErrorClass.OOM), classes.count(ErrorClass.NAN)
    counts = f"{classes.count(None)} trials complete, {oom} oom, {nan} nan"
    sys.exit(verdict.exit_code(f"limit {size // 2**20} MiB: {counts}"))


if __name__ == "__main__":
    main()
