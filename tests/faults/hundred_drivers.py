"""A hundred drivers, each a process with a connection of its own, on one study in one PostgreSQL.

    python -m tests.faults.hundred_drivers                 # trials of 5 to 10 s
    python -m tests.faults.hundred_drivers --seconds 2     # trials of 2 to 4 s
    python -m tests.faults.hundred_drivers --seconds 0     # trials of no time: each driver wants the next

The study has thousands of finished trials before, and a sampler that learns from them. Measured is a
proposal: from a driver's wish for a trial to the moment at which it is recorded. Demanded: 99 of 100 take at
most 0.5 s; no trial is lost or double; the server has seen no deadlock.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random

import numpy as np
import psutil
import psycopg

from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.leases import Rivals
from sweeper.store.optuna_tables.mirror import Distributions
from sweeper.store.retrying import RetryPolicy
from sweeper.study.load import load_study
from sweeper.sweep.attempt import Ready
from sweeper.sweep.driver import Driver
from sweeper.trial import RunState, TrialSpec
from tests.faults import postgresql
from tests.faults.sleeping import SleepingExecutor
from tests.faults.ten_thousand import fill
from tests.sweeper_tests.instant import InstantExecutor

STUDY = ("sbert-grid", "demo")
BEGINNING = 60.0  # seconds in which they begin: a hundred machines do not start to the second
P99_SECONDS = 0.5
CONNECTIONS = "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname IS NOT NULL"


@dataclass(frozen=True)
class Work:
    """What one driver did.

    Attributes:
        numbers: Of the trials that it ran.
        proposals: How long each of its proposals took, in seconds.
        conflicts: Proposals that another driver was quicker with, and that were made anew.
        waits: What it said while it waited for the database.
    """

    numbers: list[int]
    proposals: list[float]
    conflicts: int
    waits: list[str]


@dataclass(frozen=True)
class Load:
    """What became of a study.

    Attributes:
        seconds: From the moment at which all drivers were ready to the end of the last.
        proposals: How long each proposal took, in seconds.
        conflicts: Proposals that had to be made anew, as another driver had added the same.
        deadlocks: As the server counts them.
        connections: Of all drivers at once, at most.
        cpu: Share of this machine's cores that was busy.
    """

    seconds: float
    proposals: list[float]
    conflicts: int
    deadlocks: int
    connections: int
    cpu: float

    def p(self, percent: float) -> float:
        """A percentile of the proposals' time in seconds."""
        return float(np.percentile(self.proposals, percent))

    def __str__(self) -> str:
        return (
            f"{len(self.proposals)} trials in {self.seconds:.1f} s, {len(self.proposals) / self.seconds:.1f} "
            f"proposals a second: p50 {self.p(50):.3f} s, p99 {self.p(99):.3f} s, longest "
            f"{max(self.proposals):.3f} s; {self.conflicts} made anew; 0 double, 0 lost, {self.deadlocks} "
            f"deadlocks; {self.connections} connections; {psutil.cpu_count()} cores {100 * self.cpu:.0f} % "
            "busy"
        )


_together: Barrier


def _wait_with(barrier: Barrier) -> None:
    global _together  # noqa: PLW0603 - a pool hands a barrier over in no other way
    _together = barrier


def drive(url: str, home: Path, wanted: int, shortest: float, driver: int) -> Work:
    """Works on the study until nothing is left.

    Args:
        url: Of the database.
        home: Folder of the runs.
        wanted: Trials in total, the finished ones included.
        shortest: Seconds that a trial takes at least, and half of the most. With 0 all drivers begin at once,
            otherwise over a minute.
        driver: Which of them this is.
    """
    study, random = load_study(*STUDY), Random(driver)
    executor = InstantExecutor()
    if shortest:
        executor = SleepingExecutor(lambda _: random.uniform(shortest, 2 * shortest))
    waits: list[str] = []
    with Database(url) as database:
        loop = Driver(
            store=database.study(study.name),
            study=study,
            wanted=wanted,
            executor=executor,
            home=Home(home / str(driver)),
            data=None,
            observer=Observer(),
        )
        loop._backlog.history()  # once for each driver, at its start; not part of a proposal
        database.access.retry_policy = RetryPolicy(60.0, waits.append)
        proposals = _timed(loop)
        refused = _refused(loop)
        _together.wait()
        time.sleep(random.uniform(0.0, BEGINNING if shortest else 0.0))
        loop.run()
    return Work([job.number for job in executor.submitted], proposals, len(refused), waits)


def _timed(driver: Driver) -> list[float]:
    """Notes how long the driver waits for each new trial, from now on."""
    seconds: list[float] = []
    backlog = driver._backlog
    take = backlog.take

    def timed(active: Collection[int]) -> Ready | None:
        new = not backlog.ready
        began = time.monotonic()
        ready = take(active)
        if new and ready is not None:
            seconds.append(time.monotonic() - began)
        return ready

    backlog.take = timed  # type: ignore[method-assign]
    return seconds


def _refused(driver: Driver) -> list[int]:
    """Notes the numbers of the trials that could not be added as proposed, from now on."""
    numbers: list[int] = []
    leases = driver._leases
    add = leases.add

    def noted(trial: TrialSpec, distributions: Distributions, rivals: Rivals | None = None) -> bool:
        added = add(trial, distributions, rivals)
        if not added:
            numbers.append(trial.number)
        return added

    leases.add = noted  # type: ignore[method-assign]
    return numbers


def load(  # noqa: PLR0917 - a server, and how much of what
    server: postgresql.Server, home: Path, drivers: int, trials: int, history: int, shortest: float
) -> Load:
    """Lets drivers work on a study and checks what they leave.

    Args:
        server: An empty one, which allows enough connections.
        home: Folder of the runs.
        drivers: Processes at once.
        trials: That they shall run together.
        history: Finished trials before.
        shortest: See `drive`.

    Raises:
        AssertionError: If a driver died, or a trial is lost, double or incomplete.
    """
    study = load_study(*STUDY)
    fill(server.url, study, history)
    with Database(server.url) as database:
        database.study(study.name).set_wanted(history + trials)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # as it would be after so many trials
    context = get_context("fork")
    barrier = context.Barrier(drivers + 1)
    gc.freeze()  # a driver that looked through all that it shares with the others would copy it
    with ProcessPoolExecutor(drivers, context, _wait_with, (barrier,)) as pool:
        work = partial(drive, server.url, home, history + trials, shortest)
        waiting = [pool.submit(work, driver) for driver in range(drivers)]
        barrier.wait(300)
        began = time.monotonic()
        psutil.cpu_percent()
        connections = 0
        while wait(waiting, timeout=1.0).not_done:
            connections = max(connections, _ask(server.url, CONNECTIONS))
        done = [one.result() for one in waiting]
        seconds, cpu = time.monotonic() - began, psutil.cpu_percent() / 100
    assert [text for one in done for text in one.waits] == []
    numbers = sorted(number for one in done for number in one.numbers)
    assert numbers == list(range(history, history + trials)), "a trial was run twice, or not at all"
    with Database(server.url) as database:
        trials_of = database.study(study.name).trials
        standings = trials_of.standings()
        assert [one.number for one in standings] == list(range(history + trials))
        assert {one.state for one in standings[history:]} == {RunState.COMPLETE}
        assert trials_of.untold() == []
    deadlocks = _ask(server.url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    proposals = [one for each in done for one in each.proposals]
    return Load(seconds, proposals, sum(one.conflicts for one in done), deadlocks, connections, cpu)


def _ask(url: str, query: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        (row,) = connection.execute(query.encode())
        return int(row[0])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drivers", type=int, default=100, help="processes at once (default: 100)")
    parser.add_argument("--trials", type=int, default=1500, help="that they run together (default: 1,500)")
    parser.add_argument("--history", type=int, default=5000, help="finished trials before (default: 5,000)")
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="of a trial, up to twice as many (default: 5)"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, postgresql.server(Path(name) / "postgresql") as server:
        server.set(max_connections=str(3 * given.drivers + 10))
        found = load(server, Path(name), given.drivers, given.trials, given.history, given.seconds)
    good = found.p(99) <= P99_SECONDS and found.deadlocks == 0
    kind = f"{given.seconds:g} to {2 * given.seconds:g} s" if given.seconds else "no time"
    print(f"{given.drivers} drivers, trials of {kind}, {given.history} trials before: {found}")
    print(f"p99 at most {P99_SECONDS} s and no deadlock: {'ok' if good else 'MISSED'}")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
