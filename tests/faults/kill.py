"""Kills drivers and trials with SIGKILL, starts them again, and counts what is left.

    python -m tests.faults.kill --kills 300
    python -m tests.faults.kill --kills 0 --between 200
    python -m tests.faults.kill --kills 60 --study own-trainer@demo

At random, with 1, 2 and 4 workers in turn, a study of 40 trials is killed some fifty times: now its driver,
now the process of a trial, now both. Between statements, on SQLite and on PostgreSQL, each line of the store
has the driver killed just before and just after what it asks the database for, the making of the tables and
commits included. After its last kill a study is brought to its end, with `sweeper retry` where trials have
failed as killed. Demanded: exactly the trials asked for, numbered from 0, none twice, all complete, no
process left, nothing in the home, among the temporary files and in shared memory that a finished study does
not need, and every configuration with the metrics, epoch by epoch, that it has where nobody disturbed; with
one worker the whole table is that of the undisturbed sweep.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from tests.faults import postgresql
from tests.faults.leftovers import Leftovers
from tests.faults.moments import Moments
from tests.faults.sweep import Run, Sweep, assert_equal
from tests.faults.verdict import Verdict

WORKERS = (1, 2, 4)
KINDS = ("driver", "trial", "both")
KILLS_A_STUDY, STRIKES_A_STUDY = 50, 10
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


def at_random(verdict: Verdict, undisturbed: Sweep, kills: int, seed: int) -> str:
    """Kills drivers and trials at random; returns the counts."""
    leftovers, folder, trials = Leftovers(), undisturbed.home.parent, undisturbed.trials
    began = time.monotonic()
    run = undisturbed.start()
    assert run.wait_for("trial 0 starts")
    killer = Killer(seed, time.monotonic() - began)
    assert run.end() == 0, run.errors
    print(f"undisturbed: {trials} trials in {time.monotonic() - began:.0f} s", flush=True)
    study = 0
    while killer.kills.total() < kills:
        workers = WORKERS[study % len(WORKERS)]
        sweep = leftovers.place(undisturbed, folder / f"study-{study}", workers=workers)
        began, before = time.monotonic(), killer.kills.copy()
        with verdict.case(f"study {study}, workers {workers}: none lost, none double, all equal"):
            starts = disturb(sweep, killer, min(KILLS_A_STUDY, kills - killer.kills.total()))
            assert_equal(sweep, undisturbed, numbers=workers == 1)
            leftovers.check(sweep)
            counts = ", ".join(f"{count} of a {what}" for what, count in (killer.kills - before).items())
            print(f"    kills: {counts}; {starts} starts, {time.monotonic() - began:.0f} s", flush=True)
        study += 1
    drivers, others = killer.kills["driver"], killer.kills["trial"]
    return f"{drivers + others} kills at random ({drivers} of drivers, {others} of trials) in {study} studies"


def between_statements(verdict: Verdict, undisturbed: Sweep, url: str | None, kills: int, seed: int) -> str:
    """Kills drivers at moments of their talk with one kind of database; returns the counts."""
    kind, done, study = "SQLite" if url is None else "PostgreSQL", 0, 0
    leftovers, moments = Leftovers(), Moments(seed)

    def place(name: str) -> Sweep:
        storage = None if url is None else postgresql.new_database(url, name)
        return leftovers.place(undisturbed, undisturbed.home.with_name(f"{kind}-{name}"), storage=storage)

    moments.meet(place("met"))
    while done < kills:
        sweep = place(f"study{study}")
        with verdict.case(f"{kind}, study {study}: none lost, none double, all equal"):
            for _ in range(min(STRIKES_A_STUDY, kills - done)):
                code, struck = moments.strike(sweep, "kill")
                assert (code, struck) in {(0, 0), (-signal.SIGKILL, 1)}, f"exit code {code}, {struck} strikes"
                assert sweep.gone(), f"left behind: {sweep.processes()}"
                done += struck
                if not struck:
                    break  # the moment did not come, and the study is done
            finish(sweep)
            assert_equal(sweep, undisturbed)
            leftovers.check(sweep)
        print(f"    {done} kills so far", flush=True)
        study += 1
    return f"{kind}: {done} kills between statements in {study} studies, {moments}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=12, help="at random (default: 12)")
    parser.add_argument("--between", type=int, default=0, help="between statements (default: 0)")
    parser.add_argument("--trials", type=int, default=40, help="of a study killed at random (default: 40)")
    parser.add_argument("--seed", type=int, default=0, help="of moments and victims (default: 0)")
    parser.add_argument(
        "--study", default="faults@seconds", help="killed at random (default: faults@seconds)"
    )
    given = parser.parse_args()
    verdict, counts = Verdict(), list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.kills:
            study, _, workload = given.study.partition("@")
            sweep = Sweep(folder / "random" / "undisturbed", given.trials, study, workload)
            counts.append(at_random(verdict, sweep, given.kills, given.seed))
        if given.between:
            undisturbed = Sweep(folder / "between" / "undisturbed", 12)
            undisturbed.finish()
            on_server = given.between // 2 if postgresql.available() else 0
            on_file = given.between - on_server
            counts.append(between_statements(verdict, undisturbed, None, on_file, given.seed))
            if on_server:
                with postgresql.server(folder / "postgresql") as server:
                    counts.append(between_statements(verdict, undisturbed, server.url, on_server, given.seed))
    sys.exit(verdict.exit_code("; ".join(counts)))


if __name__ == "__main__":
    main()
