"""Takes the database away from a running sweep for a while, and gives it back.

    python -m tests.faults.locked --seconds 20
    python -m tests.faults.locked --seconds 0 --cuts 60

- Another process holds SQLite's write lock: in the midst of a run, while a second run starts, and over a file
  without tables, before the first run makes them.
- PostgreSQL is stopped in the midst of a run and started again.
- PostgreSQL cuts the driver's connection: half of the times at random, half just before and just after a
  statement or a commit, so that it does not arrive, or is carried out and its answer is lost.

Demanded each time: the sweep waits, says nothing on standard error, and ends whole, with the results of an
undisturbed one.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.faults import postgresql
from tests.faults.leftovers import Leftovers
from tests.faults.moments import Moments
from tests.faults.sweep import Run, Sweep, assert_equal
from tests.faults.verdict import Verdict

CUTS_A_RUN = 8

HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def lock(file: Path) -> Iterator[None]:
    """Lets another process hold the write lock of a SQLite file."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    try:
        yield
    finally:
        holder.communicate("\n")


def whole(run: Run, sweep: Sweep, undisturbed: Sweep) -> None:
    """Waits for the end of a sweep and compares it."""
    code = run.end()
    assert (code, run.errors) == (0, ""), f"exit code {code}: {run.errors}"
    assert_equal(sweep, undisturbed)


def lock_in_the_midst(sweep: Sweep, undisturbed: Sweep, seconds: float) -> None:
    """The lock is held while a trial trains that must be recorded."""
    run = sweep.start()
    assert run.wait_for("trial 1 starts"), run.errors
    with lock(sweep.home / "studies.db"):
        time.sleep(seconds)
        assert run.running(), f"it gave up: {run.errors}"
    whole(run, sweep, undisturbed)


def lock_at_the_start(sweep: Sweep, undisturbed: Sweep, seconds: float) -> None:
    """The lock is held when a run begins that goes on with a study."""
    replace(sweep, trials=sweep.trials // 2).finish()
    with lock(sweep.home / "studies.db"):
        run = sweep.start()
        time.sleep(seconds)
        assert run.running(), f"it gave up: {run.errors}"
    whole(run, sweep, undisturbed)


def lock_before_the_tables(sweep: Sweep, undisturbed: Sweep, seconds: float) -> None:
    """The lock is held on a file without tables when the first run begins."""
    sweep.home.mkdir(parents=True)
    with lock(sweep.home / "studies.db"):
        run = sweep.start()
        time.sleep(seconds)
        assert run.running(), f"it gave up: {run.errors}"
    whole(run, sweep, undisturbed)


def stop_in_the_midst(server: postgresql.Server, sweep: Sweep, undisturbed: Sweep, seconds: float) -> None:
    """The server is stopped while a trial trains that must be recorded."""
    sweep = replace(sweep, storage=server.url)
    run = sweep.start()
    assert run.wait_for("trial 1 starts"), run.errors
    server.stop()
    time.sleep(seconds)
    waited = run.running()
    server.start()
    assert waited, f"it gave up: {run.errors}"
    whole(run, sweep, undisturbed)


def cut(verdict: Verdict, url: str, undisturbed: Sweep, cuts: int, seed: int) -> str:
    """Connections are cut, most of them many times in a run; returns the counts."""
    leftovers, moments, wait = Leftovers(), Moments(seed), random.Random(seed)
    count, study = 0, 0

    def place(name: str) -> Sweep:
        home, storage = undisturbed.home.with_name(name), postgresql.new_database(url, name)
        return leftovers.place(undisturbed, home, storage=storage)

    moments.meet(place("met"))
    while count < cuts // 2 or moments.struck.total() < cuts - cuts // 2:
        at_random = count < cuts // 2
        sweep = place(f"cut{study}")
        with verdict.case(f"PostgreSQL, run {study}, cut {'at random' if at_random else 'at moments'}"):
            if at_random:
                run = sweep.start()
                while run.running():
                    count += postgresql.cut(sweep.url)
                    time.sleep(wait.uniform(0, 1.0))
                whole(run, sweep, undisturbed)
            else:
                code, _ = moments.strike(sweep, "cut", CUTS_A_RUN)
                assert code == 0, f"exit code {code}"
                assert_equal(sweep, undisturbed)
            leftovers.check(sweep)
        study += 1
    return f"{count} connections cut at random; between statements: {moments}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20, help="without a database (default: 20)")
    parser.add_argument("--cuts", type=int, default=0, help="of connections (default: 0)")
    parser.add_argument("--seed", type=int, default=0, help="of the cuts (default: 0)")
    parser.add_argument("--trials", type=int, default=8, help="of each study (default: 8)")
    given = parser.parse_args()
    verdict, counts = Verdict(), [f"databases away for {given.seconds:g} s"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        undisturbed = Sweep(folder / "undisturbed", given.trials)
        undisturbed.finish()
        for disturb in (lock_in_the_midst, lock_at_the_start, lock_before_the_tables):
            if given.seconds:
                with verdict.case(f"SQLite, {disturb.__name__.replace('_', ' ')}, {given.seconds:g} s"):
                    home = folder / disturb.__name__
                    disturb(replace(undisturbed, home=home), undisturbed, given.seconds)
        if postgresql.available():
            with postgresql.server(folder / "postgresql") as server:
                if given.seconds:
                    with verdict.case(f"PostgreSQL, stopped in the midst, {given.seconds:g} s"):
                        home = folder / "stopped"
                        stop_in_the_midst(server, replace(undisturbed, home=home), undisturbed, given.seconds)
                if given.cuts:
                    counts.append(cut(verdict, server.url, undisturbed, given.cuts, given.seed))
        else:
            print(f"PostgreSQL: skipped: {postgresql.MISSING}")
    sys.exit(verdict.exit_code("; ".join(counts)))


if __name__ == "__main__":
    main()
