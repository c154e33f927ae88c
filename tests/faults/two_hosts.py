"""Two drivers on two machines share a study of sleeping trials over one PostgreSQL.

    python -m tests.faults.two_hosts

The machines are network namespaces with host names and homes of their own, which reach the server over TCP
and nothing else; where there can be none, the drivers have homes and names of their own on this machine.
Demanded: every trial is complete once and was run by one driver, both drivers have worked, and one takes at
least 1.9 times as long as two.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from unittest.mock import patch

from model import maker
from sweeper.executors.protocol import Job
from sweeper.store.database import Database
from tests.faults import postgresql
from tests.faults.eight_drivers import ROOT, check
from tests.faults.hosts import SERVER, Host, hosts, unavailable
from tests.faults.instant_driver import drive
from tests.faults.sleeping import SleepingExecutor

WORKERS = 2
SPEED_UP = 1.9
READY, BEGUN = "ready\n", "begun\n"
"""What a driver says before it begins, and once it has a trial."""


@dataclass(frozen=True)
class Shared:
    """What became of a study.

    Attributes:
        seconds: From when all drivers have begun with a trial to the last result.
        shares: Trials of each driver.
    """

    seconds: float
    shares: tuple[int, ...]


@dataclass(frozen=True)
class Machine:
    """Where a driver runs.

    Attributes:
        name: Host name.
        url: The database as seen from there.
        prefix: What stands before its command.
    """

    name: str
    url: str
    prefix: tuple[str, ...] = ()

    @classmethod
    def of(cls, host: Host, database: str) -> "Machine":
        """A namespace."""
        return cls(host.name, f"postgresql://postgres@{host.server}/{database}", host.prefix)


def share(
    machines: Sequence[Machine], seen_from_here: str, folder: Path, trials: int, seconds: float
) -> Shared:
    """Lets one driver on each machine work on one study.

    Args:
        machines: The machines.
        seen_from_here: URL of their database.
        folder: Of their homes.
        trials: Of the study.
        seconds: How long a trial sleeps.

    Raises:
        AssertionError: If a driver died or said anything, or a trial is lost, double or incomplete.
    """
    drivers = [
        subprocess.Popen(
            [
                *(*machine.prefix, sys.executable, "-m", "tests.faults.two_hosts", "--as", machine.name),
                *("--home", str(folder / machine.name), "--trials", str(trials), "--seconds", str(seconds)),
                *(*(() if machine.prefix else ("--here",)), machine.url),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=os.environ,
        )
        for machine in machines
    ]
    for word in (READY, BEGUN):
        _wait_for(drivers, word)
        began = datetime.now(UTC)
        _let_go(drivers)
    ran = [driver.communicate(timeout=600)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0] * len(drivers), ran
    numbers = [json.loads(text) for text in ran]
    assert sorted(chain.from_iterable(numbers)) == list(range(trials)), "a trial was run twice, or not at all"
    with Database(seen_from_here, must_exist=True) as database:
        (store,) = database.studies()
        runs = store.trials.rows()
    last = max(run.finished or run.created for run in runs)
    return Shared((last - began).total_seconds(), tuple(map(len, numbers)))


def _wait_for(drivers: Sequence["subprocess.Popen[str]"], word: str) -> None:
    """Waits until each has said it: with one alone a study might be done before the others begin."""
    for driver in drivers:
        assert driver.stdout is not None
        said = driver.stdout.readline()
        assert said == word, said + driver.communicate()[0]


def _let_go(drivers: Sequence["subprocess.Popen[str]"]) -> None:
    for driver in drivers:
        assert driver.stdin is not None
        driver.stdin.write("go\n")
        driver.stdin.flush()


def owners(url: str) -> set[str]:
    """The host names that the trials of a database belonged to."""
    with Database(url, must_exist=True) as database:
        (store,) = database.studies()
        return {(run.owner or "").partition(":")[0].partition("/")[0] for run in store.trials.rows()}


def one_and_two(folder: Path, trials: int, seconds: float) -> tuple[Shared, Shared]:
    """A study by one driver, and another by two.

    Returns:
        What became of each.
    """
    reason = unavailable()
    with ExitStack() as stack:
        made = stack.enter_context(hosts("one", "two")) if reason is None else []
        server = stack.enter_context(postgresql.server(folder / "postgresql"))
        if made:
            server.listen(SERVER, {host.server: host.network for host in made})
            machines = [Machine.of(host, "postgres") for host in made]
        else:
            print(f"homes of their own instead of network namespaces: {reason}")
            machines = [Machine(name, server.url) for name in ("one", "two")]
        found = []
        for number in (1, 2):
            _empty(server.url)
            found.append(share(machines[:number], server.url, folder / str(number), trials, seconds))
            check(server.url, trials)
            assert owners(server.url) == {machine.name for machine in machines[:number]}
    return found[0], found[1]


def _empty(url: str) -> None:
    """Makes a database new, with all tables."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    Database(url).close()


class _Together(SleepingExecutor):
    """Its first trial begins when the other drivers have one too."""

    def submit(self, job: Job) -> None:
        if not self.submitted:
            _wait_with(BEGUN)
        super().submit(job)


def _wait_with(word: str) -> None:
    print(word, end="", flush=True)
    sys.stdin.readline()


def _drive(given: argparse.Namespace) -> None:
    """The driver of one machine."""
    given.home.mkdir(parents=True)
    _wait_with(READY)
    executor = _Together(lambda _: given.seconds, WORKERS)
    with patch.object(maker, "host", lambda: given.host) if given.here else nullcontext():
        numbers = drive(given.url, given.home, given.trials, executor=executor)
    print(json.dumps(numbers))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=120, help="of each study (default: 120)")
    parser.add_argument("--seconds", type=float, default=1.0, help="that a trial sleeps (default: 1)")
    parser.add_argument("--as", dest="host", help=argparse.SUPPRESS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("url", nargs="?", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.host:
        _drive(given)
        return 0
    with tempfile.TemporaryDirectory() as name:
        one, two = one_and_two(Path(name), given.trials, given.seconds)
    gain = one.seconds / two.seconds
    good = gain >= SPEED_UP
    print(
        f"{given.trials} trials of {given.seconds:g} s, {WORKERS} at once on each machine, 0 double, 0 lost: "
        f"{one.seconds:.1f} s by one driver, {two.seconds:.1f} s by two ({two.shares[0]} + {two.shares[1]} "
        f"trials), {gain:.2f} times as fast (at least {SPEED_UP}): {'ok' if good else 'TOO SLOW'}"
    )
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
