"""Fills the disk under a running sweep at random moments, makes room again, and runs the same command.

    python -m tests.faults.disk_full --rounds 6

The home is a small file system in memory (tmpfs), on Linux and for root only. What is left of it is taken by
a file, all of it or all but a random rest, or by empty files, until no other can be made, so that now a
checkpoint, now the database, now a log cannot be written. Demanded each time: one clear line on standard
error and an exit code, or a sweep that ends whole all the same; a database of which `PRAGMA integrity_check`
says ok; and, once there is room, the same command ends whole, with the results of an undisturbed sweep.
"""

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from model.files import remove
from tests.faults.sweep import Run, Sweep, assert_equal
from tests.faults.verdict import Verdict

MIB = 2**20
SIZE = 24 * MIB
"""Of the file system: what a study of a few trials needs, twice over."""

INODES = 600
"""Files and folders that it holds at most."""

INODES_SHARE = 1 / 3
"""Of the disks: those that have room left, and can make no file."""


def unavailable() -> str | None:
    """Why no file system can be mounted here; None if one can."""
    if sys.platform != "linux":
        return "tmpfs is Linux's"
    if os.geteuid() != 0:
        return "only root may mount a file system"
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder)):
                return None
        except subprocess.CalledProcessError as error:
            return f"mount says: {error.stderr.strip()}"


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mounts a file system of `SIZE` on a folder."""
    options = f"size={SIZE},nr_inodes={INODES}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def fill(file: Path, rest: int) -> None:
    """Takes what is left of a file's disk, all but `rest` bytes."""
    room = shutil.disk_usage(file.parent).free - rest
    with file.open("wb") as out:
        try:
            os.posix_fallocate(out.fileno(), 0, max(room, 1))
        except OSError:
            return  # the sweep was quicker: it is full


def fill_inodes(folder: Path, rest: int) -> None:
    """Makes empty files until none can be made any more, but `rest`."""
    try:
        folder.mkdir()
        for number in range(os.statvfs(folder).f_favail - rest):
            (folder / str(number)).touch()
    except OSError:
        return


def integrity(home: Path) -> str:
    """What SQLite says of a home's database; ok if there is none yet."""
    with tempfile.TemporaryDirectory() as elsewhere:  # on the full disk there is no room to look at it
        for file in home.glob("studies.db*"):
            shutil.copy(file, elsewhere)
        copy = Path(elsewhere) / "studies.db"
        if not copy.exists() or copy.stat().st_size == 0:
            return "ok"
        with closing(sqlite3.connect(copy)) as connection:
            return "\n".join(row[0] for row in connection.execute("PRAGMA integrity_check"))


def starve(sweep: Sweep, moments: random.Random) -> Run:
    """Runs a sweep on a disk that fills up at a random moment; returns it at its end."""
    run = sweep.start()
    run.wait_for_lines(moments.randint(1, 5 * sweep.trials), 60)
    run.wait_for_lines(10**6, moments.uniform(0, 0.4))
    rest = moments.choice((0, moments.randrange(4096, 600_000), moments.randrange(4096, 600_000)))
    if moments.random() < INODES_SHARE:
        fill_inodes(sweep.home / "filler", moments.randrange(6))
    else:
        fill(sweep.home / "filler", rest)
    run.end(timeout=300)
    return run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=6, help="disks filled (default: 6)")
    parser.add_argument("--trials", type=int, default=6, help="of each study (default: 6)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    given = parser.parse_args()
    reason = unavailable()
    if reason is not None:
        print(f"skipped: {reason}")
        return
    verdict, moments, stopped = Verdict(), random.Random(given.seed), 0
    with tempfile.TemporaryDirectory() as name:
        undisturbed = Sweep(Path(name) / "undisturbed", given.trials)
        undisturbed.finish()
        for number in range(given.rounds):
            home = Path(name) / f"disk-{number}"
            home.mkdir()
            with small_disk(home):
                sweep = replace(undisturbed, home=home)
                run = starve(sweep, moments)
                code, errors = run.process.returncode, run.errors
                stopped += code != 0
                print(
                    f"round {number}: exit code {code}: {errors.strip() or run.lines[-1].strip()}", flush=True
                )
                with verdict.case(f"round {number}: one clear line, or nothing to complain of"):
                    assert code == 0 or (errors.startswith("Error: ") and errors.count("\n") == 1), errors
                    assert code == 0 or "space" in errors or "full" in errors, errors
                with verdict.case(f"round {number}: the database is intact"):
                    assert sweep.gone(), f"left behind: {sweep.processes()}"
                    assert integrity(home) == "ok"
                remove(home / "filler")
                with verdict.case(f"round {number}: with room again it ends whole"):
                    sweep.finish()
                    assert_equal(sweep, undisturbed)
                    assert integrity(home) == "ok"
    sys.exit(verdict.exit_code(f"{given.rounds} disks filled, {stopped} sweeps stopped by it"))


if __name__ == "__main__":
    main()
