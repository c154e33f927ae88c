"""A sweep as a user runs it, in a home of its own: what the scripts of this folder disturb."""

import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from sweeper.signals import STOPPING
from sweeper.store.database import Database
from sweeper.trial import RunState, TrialRow
from sweeper.url import Url

FOLDER = Path(__file__).parent
"""Holds ``studies/``, which a driver finds because it works here."""

LEFT_BEHIND_SECONDS = 60.0
"""How long a trial may take to notice that its driver died."""


def _hear_signals() -> None:
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)


class Run:
    """A driver's process, with what it has printed so far.

    Args:
        command: What to run.
        home: SWEEPER_HOME.
        environment: Further variables.
    """

    def __init__(self, command: Sequence[str], home: Path, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=FOLDER,
            env={
                **os.environ,
                "PYTHONPATH": str(FOLDER.parents[1]),
                "SWEEPER_HOME": str(home),
                "COLUMNS": "200",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # What runs in the background of a shell ignores Ctrl-C, under nohup SIGHUP, and so its children.
            preexec_fn=_hear_signals,  # noqa: PLW1509
            start_new_session=True,  # as a shell does: one process group, which Ctrl-C reaches as a whole
        )
        self.lines: list[str] = []
        self.errors = ""
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)
        ]
        for reader in self._readers:
            reader.start()

    def wait_for(self, text: str, timeout: float = 240.0) -> bool:
        """Waits until a line holds `text`; False if the driver ends or the time is up before."""
        return self.wait_for_lines(1, timeout, text)

    def wait_for_lines(self, lines: int, timeout: float = 240.0, text: str = "") -> bool:
        """Waits for further lines that hold `text`; False if the driver ends or the time is up before."""
        deadline = time.monotonic() + timeout
        while lines > 0:
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return False
            if line is None:
                self._queue.put(None)
                return False
            lines -= text in line
        return True

    def end(self, timeout: float = 600.0) -> int:
        """Waits for the end; returns the exit code."""
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join()
        return code

    def running(self) -> bool:
        """Whether the driver is at work."""
        return self.process.poll() is None

    def trials(self) -> list[psutil.Process]:
        """The processes of its trials: what the server that forks them has forked."""
        found = []
        with suppress(psutil.Error):
            for server in psutil.Process(self.process.pid).children():
                with suppress(psutil.Error):
                    if "forkserver" in " ".join(server.cmdline()):
                        found += server.children()
        return [trial for trial in found if _lives(trial)]

    def kill(self) -> None:
        """SIGKILL for the driver alone."""
        self.process.kill()
        self.end()

    def interrupt(self, number: int = signal.SIGINT, whole: bool = True) -> None:
        """Ctrl-C, or another signal; for the whole process group, or for the driver alone."""
        (os.killpg if whole else os.kill)(self.process.pid, number)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.append(line)
                self._queue.put(line)
        self._queue.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as errors:
            self.errors = errors.read()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@dataclass(frozen=True)
class Sweep:
    """One study in a home of its own.

    Attributes:
        home: SWEEPER_HOME.
        trials: In total.
        study: Name of the study, shipped or of this folder.
        workload: Its workload.
        workers: Trials at once.
        storage: URL of the database; None: the default one, in the home.
        module: What is run as ``python -m``.
        environment: Further variables of the driver.
    """

    home: Path
    trials: int
    study: str = "faults"
    workload: str = "seconds"
    workers: int = 1
    storage: str | None = None
    module: str = "sweeper"
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name in the database."""
        return f"{self.study}@{self.workload}"

    @property
    def url(self) -> str:
        """The database."""
        return self.storage or f"sqlite:///{self.home / 'studies.db'}"

    @property
    def stopped(self) -> str:
        """What a driver says last that was told to stop."""
        where = f" --storage {shlex.quote(str(Url(self.storage)))}" if self.storage else ""
        return f"Stopped; go on with: sweeper resume {self.name}{where}\n"

    def start(self) -> Run:
        """Starts the driver: the same command each time."""
        arguments = ["--study", self.study, "--workload", self.workload, "--trials", str(self.trials)]
        return self.command("run", *arguments, "--workers", str(self.workers))

    def command(self, *arguments: str) -> Run:
        """Starts any command of sweeper."""
        storage = ["--storage", self.storage] if self.storage else []
        command = [sys.executable, "-m", self.module, *arguments, *storage]
        return Run(command, self.home, self.environment)

    def finish(self, code: int = 0, timeout: float = 600.0) -> Run:
        """Runs the driver to its end, which must be `code` with nothing on standard error."""
        run = self.start()
        found = run.end(timeout)
        assert (found, run.errors) == (code, ""), f"exit code {found}: {run.errors}"
        return run

    def processes(self) -> list[psutil.Process]:
        """Every living process of this home."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("SWEEPER_HOME") == str(self.home):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def gone(self) -> bool:
        """Whether every process has ended within the time allowed."""
        deadline = time.monotonic() + LEFT_BEHIND_SECONDS
        while self.processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def runs(self) -> list[TrialRow]:
        """The trials as they stand."""
        with Database(self.url, must_exist=True) as database:
            return database.study(self.name).trials.rows()

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Trials and their metrics by epoch, after checking that every trial is complete, once."""
        with Database(self.url, must_exist=True) as database:
            trials = database.study(self.name).trials
            runs = trials.rows()
            assert [run.number for run in runs] == list(range(self.trials)), "a trial is lost or double"
            unfinished = {run.number: str(run.state) for run in runs if run.state is not RunState.COMPLETE}
            assert not unfinished, f"not complete: {unfinished}"
            assert trials.untold() == []
            orphans = [number for number, _ in trials.orphans() if number < self.trials]
            assert orphans == [], f"claimed and never run: {orphans}"
            epochs = trials.epochs_frame()
        assert not epochs.duplicated(["number", "epoch", "split", "task", "metric"]).any()
        for run in runs:
            assert set(epochs.loc[epochs["number"] == run.number, "epoch"]) == set(
                range(1, run.config["epochs"] + 1)
            ), f"trial {run.number} lacks an epoch"
        rows: list[dict[str, Any]] = [
            {"number": run.number, "arm": run.arm, "seed": run.seed, "best_epoch": run.best_epoch}
            | {f"params.{name}": value for name, value in run.params.items()}
            | (run.scores or {})
            for run in runs
        ]
        return pd.DataFrame(rows), epochs


def assert_equal(found: Sweep, expected: Sweep, numbers: bool = True) -> None:
    """Compares two finished sweeps bit for bit.

    Args:
        found: The disturbed one.
        expected: The undisturbed one.
        numbers: Whether equal configurations must have equal numbers too; with several workers they need not.
    """
    for one, other in zip(_comparable(found, numbers), _comparable(expected, numbers), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def _comparable(sweep: Sweep, numbers: bool) -> list[pd.DataFrame]:
    trials, epochs = sweep.tables()
    epochs = epochs.drop(columns="arm")
    if numbers:
        return [trials, epochs]
    place = ["arm", "seed", *(name for name in trials.columns if name.startswith("params."))]
    epochs = epochs.merge(trials[["number", *place]], on="number")
    return [
        frame.drop(columns="number").sort_values(place, kind="stable", ignore_index=True)
        for frame in (trials, epochs)
    ]
