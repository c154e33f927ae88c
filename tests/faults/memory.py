"""Trials that run out of memory, or whose loss is not a number, beside others; on Linux only.

    python -m tests.faults.memory --trials 10

The address space of every process of the sweep is limited (RLIMIT_AS) to what an ordinary trial needs and
some 900 MiB. Of the five arms one fits, one fits in half the micro-batch only, one never fits, one has a
loss and one a dev score that is not a number. Demanded: the classes oom and nan where they belong, with a
traceback, and every other trial complete, with the scores that the trial has, or `sweeper replay` finds,
without a limit.
"""

import argparse
import re
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from sweeper.trial import ErrorClass, RunState, TrialRow
from tests.faults.sweep import Sweep
from tests.faults.verdict import Verdict

UNAVAILABLE = "RLIMIT_AS and /proc are Linux's"
ROOM = 920 * 2**20
"""Bytes above an ordinary trial's need: half of the arm `Fits by halves` needs 680 MiB, the whole 1,170."""


def address_space(sweep: Sweep) -> int:
    """Runs a sweep; returns the largest address space of a trial's process, in bytes."""
    largest = 0
    run = sweep.start()
    while run.running():
        for trial in run.trials():
            # The most that it has had so far: a look that comes late sees no less.
            with suppress(OSError):
                status = Path(f"/proc/{trial.pid}/status").read_text(encoding="utf-8")
                largest = max(
                    largest, *(2**10 * int(peak) for peak in re.findall(r"VmPeak:\s*(\d+) kB", status))
                )
        time.sleep(0.01)
    assert run.end() == 0, run.errors
    assert largest, "no trial was seen"
    return largest


def limited(sweep: Sweep, size: int) -> list[TrialRow]:
    """Runs a sweep in so much address space; returns its trials."""
    import resource

    run = sweep.start()
    # The server that forks the trials, and so they themselves, inherit it.
    resource.prlimit(run.process.pid, resource.RLIMIT_AS, (size, size))
    code = run.end()
    assert (code, run.errors) == (1, ""), f"exit code {code}: {run.errors}"
    return sweep.runs()


def check(verdict: Verdict, sweep: Sweep, runs: list[TrialRow], ordinary: TrialRow) -> None:
    """Compares each trial with what its arm promises, and with the one that had no limit."""
    for run in runs:
        with verdict.case(f"trial {run.number}, arm {run.arm!r}: {run.state} {run.error_class or ''}"):
            if run.arm in ("Fits", "Fits by halves"):
                assert run.state is RunState.COMPLETE, run.traceback
                assert run.halvings == (run.arm == "Fits by halves")
                if (run.arm, run.params) == (ordinary.arm, ordinary.params):
                    assert run.scores == ordinary.scores
                    continue
                replay = sweep.command("replay", sweep.name, str(run.number))
                assert replay.end() == 0, "".join(replay.lines) + replay.errors
                continue
            expected = ErrorClass.OOM if run.arm == "Never fits" else ErrorClass.NAN
            assert (run.state, run.error_class) == (RunState.FAILED, expected), run.traceback
            assert run.traceback, "no traceback"


def work(verdict: Verdict, folder: Path, trials: int) -> str:
    """Runs the study under the limit and checks its trials; returns what was counted."""
    free = Sweep(folder / "ordinary", 1, study="memory")
    size = address_space(free) + ROOM
    sweep = Sweep(folder / "limited", trials, study="memory")
    runs = limited(sweep, size)
    with verdict.case(f"all {trials} trials have an outcome"):
        assert [run.number for run in runs] == list(range(trials))
        assert all(run.state.final for run in runs)
    check(verdict, sweep, runs, *free.runs())
    classes = [run.error_class for run in runs]
    oom, nan = classes.count(ErrorClass.OOM), classes.count(ErrorClass.NAN)
    return f"limit {size // 2**20} MiB: {classes.count(None)} trials complete, {oom} oom, {nan} nan"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=10, help="of the study with five arms (default: 10)")
    given = parser.parse_args()
    if sys.platform != "linux":
        print(f"skipped: {UNAVAILABLE}")
        return
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name:
        counts = work(verdict, Path(name), given.trials)
    sys.exit(verdict.exit_code(counts))


if __name__ == "__main__":
    main()
