"""Eight drivers, each a process, work at once on one study of instant trials, on SQLite and on PostgreSQL.

    python -m tests.faults.eight_drivers --trials 200

Each database is created by the drivers themselves, all at the same moment. Demanded: every driver ends well
and in silence; every number from 0 is there once and complete, was run by exactly one driver, and has each
metric of each epoch once; Optuna's tables say the same.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sweeper.store.database import Database
from sweeper.trial import RunState
from tests.faults import postgresql

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Contention:
    """What became of a study on which several drivers worked at once.

    Attributes:
        seconds: Wall time until the last driver ended, the start of Python included.
        shares: Trials that each driver ran.
    """

    seconds: float
    shares: tuple[int, ...]

    def __str__(self) -> str:
        shares = " ".join(map(str, self.shares))
        return (
            f"{len(self.shares)} drivers, 0 dead; {sum(self.shares)} trials complete, 0 double, 0 lost; "
            f"trials by driver: {shares}; {self.seconds:.1f} s"
        )


def contend(url: str, home: Path, drivers: int, trials: int, limit: float = 600.0) -> Contention:
    """Lets drivers work on a study and checks what they leave.

    Args:
        url: Of a database without our tables.
        home: Folder of the runs.
        drivers: Processes at once.
        trials: Of the study, in total.
        limit: Seconds after which the drivers count as hung.

    Raises:
        AssertionError: If a driver died or said anything, or a trial is lost, double or incomplete.
    """
    command = [sys.executable, "-m", "tests.faults.instant_driver", url, str(home)]
    command += ["--drivers", str(drivers), "--trials", str(trials)]
    began = time.monotonic()
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=limit, env=os.environ, check=False
    )
    seconds = time.monotonic() - began
    assert (done.returncode, done.stderr) == (0, ""), f"a driver died or complained: {done.stderr}"
    ran = json.loads(done.stdout)
    assert len(ran) == drivers
    numbers = sorted(number for numbers in ran for number in numbers)
    assert numbers == list(range(trials)), "a trial was run twice, or not at all"
    check(url, trials)
    return Contention(seconds, tuple(len(numbers) for numbers in ran))


def check(url: str, trials: int) -> None:
    """Checks that the study is whole: every trial once and complete, every metric of every epoch once."""
    with Database(url, must_exist=True) as database:
        (store,) = database.studies()
        runs = store.trials.rows()
        assert [run.number for run in runs] == list(range(trials))
        assert {run.state for run in runs} == {RunState.COMPLETE}
        assert {run.attempts for run in runs} == {1}
        assert len({run.trial_id for run in runs}) == trials
        assert store.trials.untold() == []
        # A number beyond the total may be claimed when two drivers reach for the last one.
        assert [number for number, _ in store.trials.orphans() if number < trials] == []
        epochs = store.trials.epochs_frame()
    assert not epochs.duplicated(["number", "epoch", "split", "task", "metric"]).any()
    metrics = sum(run.config["epochs"] * (len(run.config["tasks"]) + 1) for run in runs)
    assert len(epochs) == metrics, f"{len(epochs)} metrics instead of {metrics}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drivers", type=int, default=8, help="processes at once (default: 8)")
    parser.add_argument("--trials", type=int, default=200, help="of each study, in total (default: 200)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'sqlite/studies.db'}"
        print(f"SQLite: {contend(url, folder, given.drivers, given.trials)}", flush=True)
        if not postgresql.available():
            print(f"PostgreSQL: skipped: {postgresql.MISSING}")
            return
        with postgresql.server(folder / "postgresql") as server:
            print(f"PostgreSQL: {contend(server.url, folder, given.drivers, given.trials)}", flush=True)


if __name__ == "__main__":
    main()
