"""Kills drivers and trials with SIGKILL at random moments, starts them again, and counts what is left.

    python -m tests.faults.kill --kills 100

Every study of 40 trials is killed several times over, with 1, 2 and 4 workers in turn: now its driver, now
the process of a trial, now both. After the last kill the study is brought to its end, with `sweeper retry`
where trials have failed as killed. Demanded: exactly the trials asked for, numbered from 0, none twice, all
complete, no process left, nothing in the home nor among the temporary files that a finished study does not
need, and every configuration with the metrics, epoch by epoch, that it has where nobody
disturbed; with one worker the whole table is that of the undisturbed sweep.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psutil

from tests.faults.sweep import Run, Sweep, assert_equal
from tests.faults.verdict import Verdict

WORKERS = (1, 2, 4)
KINDS = ("driver", "trial", "both")
AT_START = 0.2
"""Share of the moments that fall into the seconds in which a driver starts; the others follow its work."""


class Killer:
    """Kills at random, and counts.

    Args:
        seed: Of the moments and of the victims.
        start_seconds: How long a driver takes until its first trial starts.
    """

    def __init__(self, seed: int, start_seconds: float) -> None:
        self.kills: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._start_seconds = start_seconds

    def wait(self, run: Run) -> None:
        """Waits for a random moment; less if the driver ends before."""
        if self._random.random() < AT_START:
            run.wait_for_lines(10**6, self._random.uniform(0, self._start_seconds))
        else:
            run.wait_for_lines(self._random.randint(1, 20))
            run.wait_for_lines(10**6, self._random.uniform(0, 0.5))

    def strike(self, sweep: Sweep, run: Run) -> None:
        """Kills a driver, a trial or both, if there are any."""
        kind = self._random.choice(KINDS)
        victims = [] if kind == "driver" else run.trials()[:1]
        if kind != "trial" and run.running():
            victims.append(psutil.Process(run.process.pid))
        self._random.shuffle(victims)
        for victim in victims:
            try:
                victim.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
            self.kills["driver" if victim.pid == run.process.pid else "trial"] += 1
        if kind != "trial":
            run.end()
            assert sweep.gone(), f"left behind: {sweep.processes()}"


def disturb(sweep: Sweep, killer: Killer, kills: int) -> int:
    """Kills so many times in one study, then brings it to its end; returns how often a driver was started."""
    last = killer.kills.total() + kills
    run, starts = sweep.start(), 1
    while killer.kills.total() < last:
        if run.running():
            killer.wait(run)
            killer.strike(sweep, run)
        elif run.end() == 0:
            break  # it was quicker than its killer
        else:
            assert run.process.returncode in (1, -signal.SIGKILL), run.errors
            run, starts = sweep.start(), starts + 1
    assert run.end() in (0, 1, -signal.SIGKILL), run.errors
    return starts + finish(sweep)


def left_behind(sweep: Sweep) -> list[str]:
    """What lies in the home and the folder for temporary files without use, once a study is finished."""
    found = [*Path(sweep.environment["TMPDIR"]).iterdir(), *sweep.home.rglob(".*")]
    found += sweep.home.rglob("checkpoints")
    weights = list(sweep.home.rglob("best.safetensors"))
    arms = {run.arm for run in sweep.runs()}
    return [str(path) for path in found] + [str(path) for path in weights[len(arms) :]]


def finish(sweep: Sweep) -> int:
    """Runs a study to its end, failed trials once more; returns how often the driver was started."""
    for starts in range(1, 10):
        run = sweep.start()
        code = run.end()
        assert code in (0, 1), run.errors
        if code == 0:
            assert sweep.gone(), f"left behind: {sweep.processes()}"
            return starts
        retry = sweep.command("retry", sweep.name, "--class", "killed")
        assert retry.end() == 0, retry.errors
    raise AssertionError("trials fail again and again")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=12, help="in all (default: 12)")
    parser.add_argument("--studies", type=int, default=3, help="that share them (default: 3)")
    parser.add_argument("--trials", type=int, default=40, help="of each study (default: 40)")
    parser.add_argument("--seed", type=int, default=0, help="of moments and victims (default: 0)")
    given = parser.parse_args()
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name:
        undisturbed = Sweep(Path(name) / "undisturbed", given.trials)
        began = time.monotonic()
        run = undisturbed.start()
        assert run.wait_for("trial 0 starts")
        killer = Killer(given.seed, time.monotonic() - began)
        assert run.end() == 0, run.errors
        print(f"undisturbed: {given.trials} trials in {time.monotonic() - began:.0f} s", flush=True)
        for study in range(given.studies):
            workers = WORKERS[study % len(WORKERS)]
            share = (study + 1) * given.kills // given.studies - study * given.kills // given.studies
            temporary = Path(name) / f"temporary-{study}"
            temporary.mkdir()
            home, environment = Path(name) / f"study-{study}", {"TMPDIR": str(temporary)}
            sweep = replace(undisturbed, home=home, workers=workers, environment=environment)
            began, before = time.monotonic(), killer.kills.copy()
            what = (
                f"study {study}, workers {workers}: {given.trials} trials, none lost, none double, all equal"
            )
            with verdict.case(what):
                starts = disturb(sweep, killer, share)
                assert_equal(sweep, undisturbed, numbers=workers == 1)
                assert left_behind(sweep) == []
            counts = ", ".join(f"{count} of a {what}" for what, count in (killer.kills - before).items())
            print(f"    kills: {counts}; {starts} starts, {time.monotonic() - began:.0f} s", flush=True)
    drivers, trials = killer.kills["driver"], killer.kills["trial"]
    counts = f"{drivers + trials} kills ({drivers} of drivers, {trials} of trials) in {given.studies} studies"
    sys.exit(verdict.exit_code(counts))


if __name__ == "__main__":
    main()
