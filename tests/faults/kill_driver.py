"""Kills the driver of a sweep with SIGKILL at random moments, starts it again, and counts what is left.

    python -m tests.faults.kill_driver --rounds 10 --study sbert-grid --trials 40

Each round begins a fresh study, kills its driver once at a random moment, runs the same command again to
the end, and demands: exactly the trials asked for, all complete, numbered from 0, none twice, no process
left, and with one worker the same parameters and scores as a sweep that nobody disturbed.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil

from sweeper.database import Database
from sweeper.run import RunState

LEFT_BEHIND_SECONDS = 10.0
"""How long a trial may take to notice that its driver died."""


@dataclass(frozen=True)
class Sweep:
    """One study in a home of its own."""

    home: Path
    study: str
    workload: str
    trials: int
    workers: int = 1

    def start(self) -> subprocess.Popen[bytes]:
        """Starts the driver."""
        command = [sys.executable, "-m", "sweeper", "run", "--study", self.study, "--workload", self.workload]
        command += ["--trials", str(self.trials), "--workers", str(self.workers)]
        return subprocess.Popen(
            command,
            env={**os.environ, "SWEEPER_HOME": str(self.home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self) -> None:
        """Runs the driver to its end."""
        driver = self.start()
        _, errors = driver.communicate()
        assert driver.returncode == 0, errors.decode()

    def processes(self) -> list[psutil.Process]:
        """Every living process of this home."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("SWEEPER_HOME") == str(self.home):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        return found

    def table(self) -> pd.DataFrame:
        """Numbers, parameters and scores, after checking that every trial is there exactly once."""
        name = f"{self.study}@{self.workload}"
        with Database(f"sqlite:///{self.home / 'studies.db'}", must_exist=True) as database:
            runs = database.runs(name)
            assert [run.number for run in runs] == list(range(self.trials))
            assert {run.state for run in runs} == {RunState.COMPLETE}
            assert database.untold(name) == []
            assert database.orphans(name) == []
            epochs = database.epochs_frame(name)
        assert not epochs.duplicated(["number", "epoch", "split", "task", "metric"]).any()
        rows = [{"number": run.number, "arm": run.arm, **run.params, **(run.scores or {})} for run in runs]
        return pd.DataFrame(rows)

    def gone(self) -> bool:
        """Whether every process has ended within the time allowed."""
        deadline = time.monotonic() + LEFT_BEHIND_SECONDS
        while self.processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def disturb(sweep: Sweep, after: float) -> bool:
    """Kills the driver after some seconds; returns whether it was still at work."""
    driver = sweep.start()
    try:
        driver.wait(after)
    except subprocess.TimeoutExpired:
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        assert sweep.gone(), f"left behind: {sweep.processes()}"
        return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--study", default="sbert-grid")
    parser.add_argument("--workload", default="demo")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    moments = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:

        def sweep(name: str) -> Sweep:
            return Sweep(Path(folder) / name, given.study, given.workload, given.trials, given.workers)

        undisturbed = sweep("undisturbed")
        began = time.monotonic()
        undisturbed.finish()
        duration = time.monotonic() - began
        expected = undisturbed.table()
        print(f"undisturbed: {given.trials} trials in {duration:.0f} s", flush=True)
        killed = 0
        for number in range(given.rounds):
            disturbed = sweep(f"round-{number}")
            after = moments.uniform(0, duration)
            killed += disturb(disturbed, after)
            disturbed.finish()
            assert disturbed.gone(), f"left behind: {disturbed.processes()}"
            if given.workers == 1:
                pd.testing.assert_frame_equal(disturbed.table(), expected, check_exact=True)
            else:
                disturbed.table()
            print(
                f"round {number}: killed after {after:.1f} s; {given.trials} trials, none lost or twice",
                flush=True,
            )
        print(f"{given.rounds} rounds, {killed} drivers killed; 0 trials lost, 0 double, 0 processes left")


if __name__ == "__main__":
    main()
