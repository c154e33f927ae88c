"""What a finished study has no use for: in its home, among the temporary files and in shared memory."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from sweeper.report.files import MARK
from tests.faults.sweep import Sweep

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - it is looked at, not written

PATIENCE = 60.0
"""Seconds for which a program that is none of ours may have something there, opened by nobody yet."""


class Leftovers:
    """Looks for them; made before the sweeps are."""

    def __init__(self) -> None:
        self._before = set(_shared())

    def place(self, sweep: Sweep, home: Path, **changes: Any) -> Sweep:
        """The sweep in another home, with a folder for temporary files of its own."""
        temporary = home.with_name(f"{home.name}-temporary")
        temporary.mkdir()
        environment = {**sweep.environment, "TMPDIR": str(temporary)}
        return replace(sweep, home=home, environment=environment, **changes)

    def check(self, sweep: Sweep) -> None:
        """Fails if a sweep that has ended, and was placed here, left anything."""
        temporary = Path(sweep.environment["TMPDIR"]).iterdir()
        # torch keeps a cache there for all programs of a user.
        found = [path for path in temporary if not path.name.startswith("torchinductor")]
        found += (path for path in sweep.home.rglob(".*") if path.name != MARK)  # a report says whose it is
        found += sweep.home.rglob("checkpoints")
        arms = {run.arm for run in sweep.runs()}
        found += list(sweep.home.rglob("best.safetensors"))[len(arms) :]
        found += self._in_shared_memory()
        assert not found, f"left behind: {[str(path) for path in found]}"

    def _in_shared_memory(self) -> list[Path]:
        """New there and opened by no process, nor what it holds: other programs have theirs there too."""
        deadline = time.monotonic() + PATIENCE
        while True:
            opened = set(_opened())
            left = [path for path in _shared() if path not in self._before and str(path) not in opened]
            left = [path for path in left if not any(one.startswith(f"{path}/") for one in opened)]
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.5)


def _shared() -> list[Path]:
    found = SHARED_MEMORY.iterdir() if SHARED_MEMORY.is_dir() else ()
    return [path for path in found if not path.name.startswith("PostgreSQL.")]  # no sweep starts a server


def _opened() -> Iterator[str]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            yield from (mapped.path for mapped in process.memory_maps())
            yield from (opened.path for opened in process.open_files())
