"""Six drivers work on one study for minutes while everything happens to them at once, at random.

    python -m tests.faults.chaos --seconds 300 --runs 3

Drivers and trials are killed, interrupted, terminated, hung up, stopped and continued; a driver that is gone
is followed by another; status, list, report, show, clean and retry are typed beside them, and killed as well;
on PostgreSQL connections are cut. The first run is on SQLite, the others are on PostgreSQL. Then the study is
brought to its end.
Demanded: no traceback, and no word on standard error but how to go on; exactly the trials asked for, none
lost, none double, all complete; each configuration with the metrics, epoch by epoch, that it has where nobody
disturbed; no process left, nothing in the home, among the temporary files and in shared memory that a
finished study does not need.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil

from sweeper.signals import STOPPING
from tests.faults import postgresql
from tests.faults.kill import finish
from tests.faults.leftovers import Leftovers
from tests.faults.sweep import Run, Sweep, assert_equal
from tests.faults.verdict import Verdict

DRIVERS = 6

PAUSE = 1.0
"""Seconds between two events, on average."""

STANDSTILL = 10.0
"""Seconds for which a process is stopped, at most."""

COMMANDS = (("status",), ("list",), ("show", "0"), ("report",), ("clean", "--yes"), ("retry",))


class Chaos:
    """What happens to a study.

    Args:
        sweep: The study.
        seed: Of events, victims and moments.

    Attributes:
        counts: What has happened.
        broken: What was said or done that must not be.
    """

    def __init__(self, sweep: Sweep, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        self._sweep = sweep
        self._random = random.Random(seed)
        self._drivers: list[Run] = []
        self._typed: list[tuple[str, Run]] = []
        self._stopped: list[tuple[float, psutil.Process]] = []
        self._events: list[Callable[[], None]] = [self._driver, self._trial, self._still, self._type]
        if sweep.storage:
            self._events.append(self._cut)

    def last(self, seconds: float) -> None:
        """Goes on for a while, and leaves no process."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._drivers = [run for run in self._drivers if not self._over("run", run)]
            self._typed = [(what, run) for what, run in self._typed if not self._over(what, run)]
            while len(self._drivers) < DRIVERS:
                self._drivers.append(self._sweep.start())
                self.counts["drivers begun"] += 1
            self._go_on(time.monotonic())
            self._random.choice(self._events)()
            time.sleep(self._random.uniform(0, 2 * PAUSE))
        self._go_on(end + STANDSTILL)
        for run in (*self._drivers, *(run for _, run in self._typed)):
            run.kill()
        assert self._sweep.gone(), f"left behind: {self._sweep.processes()}"

    def _over(self, what: str, run: Run) -> bool:
        """Whether a command has ended; notes how it must not have."""
        if run.running():
            return False
        code = run.end()
        said = run.errors.removesuffix(self._sweep.stopped)
        # A signal may come before Python has got as far as to hear it.
        known = {0, 1, -signal.SIGKILL, *(128 + n for n in STOPPING), *(-n for n in STOPPING)}
        if said or code not in known:
            self.broken.append(f"{what}: exit code {code}: {said}")
        return True

    def _send(self, process: psutil.Process, number: int, what: str) -> None:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
            self.counts[what] += 1

    def _driver(self) -> None:
        run = self._random.choice(self._drivers)
        number = self._random.choice([signal.SIGKILL, *STOPPING])
        name = signal.Signals(number).name
        if self._random.random() < 0.5:
            self._send(psutil.Process(run.process.pid), number, f"{name} to a driver")
        else:
            run.interrupt(number)
            self.counts[f"{name} to its group"] += 1

    def _trial(self) -> None:
        if trials := self._random.choice(self._drivers).trials():
            self._send(self._random.choice(trials), signal.SIGKILL, "SIGKILL to a trial")

    def _still(self) -> None:
        """Stops a driver or a trial for a while."""
        run = self._random.choice(self._drivers)
        processes = [psutil.Process(run.process.pid), *run.trials()]
        victim = self._random.choice(processes)
        self._send(victim, signal.SIGSTOP, "SIGSTOP")
        self._stopped.append((time.monotonic() + self._random.uniform(0, STANDSTILL), victim))

    def _go_on(self, now: float) -> None:
        for _, process in [one for one in self._stopped if one[0] <= now]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
        self._stopped = [one for one in self._stopped if one[0] > now]

    def _type(self) -> None:
        """Types a command beside the drivers, or kills one that was typed."""
        if len(self._typed) > 1:
            _, run = self._random.choice(self._typed)
            run.process.kill()
            self.counts["commands killed"] += 1
            return
        command, *rest = self._random.choice(COMMANDS)
        name = [] if command == "list" else [self._sweep.name]
        folder = ["--folder", str(self._sweep.home / "reports")] if command == "report" else []
        self._typed.append((command, self._sweep.command(command, *name, *rest, *folder)))
        self.counts["commands typed"] += 1

    def _cut(self) -> None:
        self.counts["connections cut"] += postgresql.cut(self._sweep.url)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="of each run (default: 60)")
    parser.add_argument("--runs", type=int, default=2, help="one after the other (default: 2)")
    parser.add_argument("--trials", type=int, default=200, help="of each study (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of all that happens (default: 0)")
    given = parser.parse_args()
    if not postgresql.available():
        sys.exit(postgresql.MISSING)
    verdict, counts = Verdict(), Counter[str]()
    with (
        tempfile.TemporaryDirectory() as name,
        postgresql.server(Path(name) / "postgresql") as server,
    ):
        leftovers = Leftovers()
        undisturbed = Sweep(Path(name) / "undisturbed", given.trials, workload="epochs", workers=2)
        undisturbed.finish()
        for number in range(given.runs):
            storage = postgresql.new_database(server.url, f"run{number}") if number else None
            sweep = leftovers.place(undisturbed, Path(name) / f"run-{number}", storage=storage, workers=1)
            chaos = Chaos(sweep, given.seed + number)
            with verdict.case(f"run {number}, {'PostgreSQL' if storage else 'SQLite'}: whole, nothing left"):
                replace(sweep, trials=2).finish()
                chaos.last(given.seconds)
                states = Counter(str(run.state) for run in sweep.runs())
                print(f"    {told(chaos.counts)}; trials then: {told(states)}", flush=True)
                finish(sweep)
                assert_equal(sweep, undisturbed, numbers=False)
                leftovers.check(sweep)
                assert not chaos.broken, "\n".join(chaos.broken)
            counts += chaos.counts
    sys.exit(verdict.exit_code(f"{given.runs} runs of {given.seconds:g} s: {told(counts)}"))


def told(counts: Counter[str]) -> str:
    """Counts in words."""
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))


if __name__ == "__main__":
    main()
