"""Interrupts sweeps with signals at random moments, and sets the clock back between two runs.

    python -m tests.faults.interrupt --interrupts 60

SIGINT, SIGTERM and SIGHUP in turn go to the whole process group, as a terminal and a batch system send them,
or to the driver alone, and the same command is given again; every step of training is counted. Demanded: the
signal's exit code and the line that says how to go on, no process left, every trial resumable, at most one
step lost by each interrupt and trial under way, in the end the table of the undisturbed sweep, and nothing
left in the home, among the temporary files and in shared memory that a finished study does not need.

A second driver whose clock is an hour slow joins one that is at work, and then takes over from one that was
killed. Demanded: it steals no living trial, and adopts the dead one's.
"""

import argparse
import itertools
import random
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sweeper.signals import STOPPING
from sweeper.trial import RunState
from tests.faults.leftovers import Leftovers
from tests.faults.sweep import Run, Sweep, assert_equal
from tests.faults.verdict import Verdict

EPOCHS, STEPS = 3, 60  # of workload `steps`

SIGNALS = tuple(itertools.product(STOPPING, (True, False)))
"""Each with whether the whole process group gets it."""


def steps(sweep: Sweep) -> int:
    """Training steps begun so far."""
    file = sweep.home / "steps"
    return file.stat().st_size if file.exists() else 0


def interrupt(run: Run, moments: random.Random, number: int, whole: bool) -> bool:
    """Sends a signal at a random moment; returns whether the driver was still at work."""
    run.wait_for_lines(moments.randint(1, 8), 60)
    run.wait_for_lines(10**6, moments.uniform(0, 1.0))
    if not run.running():
        return False
    run.interrupt(number, whole)
    return True


def is_done(run: Run, sweep: Sweep, number: int) -> bool:
    """Whether a driver had said its last word before a signal, which may then still end Python."""
    code = run.end(60)
    return code in (0, -number) and f"{sweep.trials} of {sweep.trials} trials" in "".join(run.lines)


def check_stopped(sweep: Sweep, run: Run, number: int = signal.SIGINT) -> None:
    """Checks what a driver that got a signal says and leaves."""
    code = run.end(60)
    assert code == 128 + number, f"exit code {code}: {run.errors}"
    assert run.errors == sweep.stopped, run.errors
    assert sweep.gone(), f"left behind: {sweep.processes()}"
    states = {row.state for row in sweep.runs()}
    assert states <= {RunState.QUEUED, RunState.RUNNING, RunState.COMPLETE}, states


def interrupts(verdict: Verdict, folder: Path, trials: int, wanted: int, seed: int) -> int:
    """Interrupts sweeps so many times in all; returns the largest number of steps lost by one interrupt."""
    moments, count, study, worst, leftovers = random.Random(seed), 0, 0, 0.0, Leftovers()
    undisturbed = Sweep(folder / "undisturbed", trials, workload="steps", module="tests.faults.counted")
    undisturbed.finish()
    assert steps(undisturbed) == trials * EPOCHS * STEPS, "the steps are not counted"
    while count < wanted:
        sweep = leftovers.place(undisturbed, folder / f"interrupted-{study}", workers=1 + study % 2)
        before = count
        run = sweep.start()
        while count < wanted:
            number, whole = SIGNALS[count % len(SIGNALS)]
            if not interrupt(run, moments, number, whole) or is_done(run, sweep, number):
                break  # nothing was left to interrupt
            count += 1
            to = "the group" if whole else "the driver"
            with verdict.case(f"interrupt {count}, {number.name} to {to}: everything is resumable"):
                check_stopped(sweep, run, number)
            run = sweep.start()
        with verdict.case(f"study {study}, workers {sweep.workers}, {count - before} interrupts: ends whole"):
            code = run.end()
            ended = code == 0 or is_done(run, sweep, number)
            assert (ended, run.errors) == (True, ""), f"exit code {code}: {run.errors}"
            assert_equal(sweep, undisturbed, numbers=sweep.workers == 1)
            leftovers.check(sweep)
        with verdict.case(f"study {study}: at most one step lost by each interrupt and worker"):
            lost = steps(sweep) - steps(undisturbed)
            worst = max(worst, lost / max(1, count - before))
            print(f"    {lost} steps lost by {count - before} interrupts", flush=True)
            assert 0 <= lost <= (count - before) * sweep.workers, f"{lost} steps were lost"
        study += 1
    print(f"worst study: {worst:.2f} steps lost by an interrupt", flush=True)
    return count


def clock(verdict: Verdict, folder: Path, trials: int) -> None:
    """Two drivers on one study, the second one an hour behind."""
    undisturbed = Sweep(folder / "undisturbed", trials, workload="steps")
    for what in ("joins a living driver", "follows a dead driver"):
        sweep = replace(undisturbed, home=folder / what.replace(" ", "-"))
        slow = replace(sweep, module="tests.faults.slow_clock")
        first = sweep.start()
        assert first.wait_for("trial 0 epoch 1/"), first.errors
        if what == "follows a dead driver":
            first.kill()
            assert sweep.gone()
        began = time.monotonic()
        second = slow.start()
        with verdict.case(f"a driver an hour slow {what}: every trial trained once, and whole"):
            assert second.end(400) == 0, second.errors
            assert first.end() in (0, -9), first.errors
            print(f"    the second driver took {time.monotonic() - began:.0f} s", flush=True)
            assert_equal(sweep, undisturbed, numbers=False)
            stolen = [row.number for row in sweep.runs() if row.attempts > 1]
            assert stolen == ([] if what == "joins a living driver" else [0]), f"started twice: {stolen}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--interrupts", type=int, default=20, help="in all (default: 20)")
    parser.add_argument("--trials", type=int, default=8, help="of each study (default: 8)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    given = parser.parse_args()
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name:
        count = interrupts(verdict, Path(name), given.trials, given.interrupts, given.seed)
        clock(verdict, Path(name), given.trials)
    sys.exit(verdict.exit_code(f"{count} interrupts, 2 runs with a clock an hour slow"))


if __name__ == "__main__":
    main()
