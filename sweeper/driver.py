"""The loop of a sweep: adopt, propose, dispatch, watch, record."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Protocol

from model.config import TrainConfig
from model.result import EpochResult

from .database import Database
from .executors import Evaluated, Event, Executor, Failed, Finished, Job, Started
from .owner import Owner
from .run import Outcome, RunRow, RunState
from .rundir import Home, discard_checkpoints
from .search import distributions, propose
from .study import Study, TrialSpec

LEASE_SECONDS = 120.0
RENEW_SECONDS = 15.0
VERSIONED = ("sweeper", "torch", "transformers", "tokenizers", "optuna", "numpy")


class Observer(Protocol):
    """Hears what a sweep does, to show it."""

    def submitted(self, trial: TrialSpec, resumed: bool) -> None:
        """A trial was handed to the executor, for the first time or to be continued."""

    def evaluated(self, number: int, result: EpochResult) -> None:
        """A trial has finished an epoch."""

    def ended(self, number: int, outcome: Outcome, message: str) -> None:
        """A trial has its outcome; `message` says why it failed."""


@dataclass
class _Active:
    """A trial under way, and its best epoch so far."""

    trial: TrialSpec
    submitted: float
    best: EpochResult | None = None
    peak_memory_mb: float | None = None

    def outcome(self, event: Finished | Failed) -> Outcome:
        """What is recorded when the trial ends with `event`."""
        failure = event if isinstance(event, Failed) else None
        best = self.best
        return Outcome(
            state=RunState.FAILED if failure else RunState.COMPLETE,
            seconds=time.monotonic() - self.submitted,
            best_epoch=best.epoch if best else None,
            scores={"overall": best.overall, **best.dev_scores()} if best else None,
            peak_memory_mb=self.peak_memory_mb,
            error_class=failure.error_class if failure else None,
            traceback=(failure.traceback or failure.message) if failure else None,
        )


class Driver:
    """Runs a study's trials until the total asked for is reached.

    Trials of a driver that died are continued first, under their own numbers, from their checkpoints.

    Args:
        database: Where everything is recorded; holds the study already.
        study: What to run.
        wanted: Number of trials that the study shall have in total.
        executor: Where the trials run.
        home: Folder of the runs and of the token cache.
        data: Folder of the user's data files, if there is one.
        observer: Hears what happens.
    """

    def __init__(
        self,
        *,
        database: Database,
        study: Study,
        wanted: int,
        executor: Executor,
        home: Home,
        data: Path | None,
        observer: Observer,
    ) -> None:
        self._database = database
        self._study = study
        self._wanted = wanted
        self._executor = executor
        self._home = home
        self._data = data
        self._observer = observer
        self._owner = str(Owner.this_process())
        self._active: dict[int, _Active] = {}
        self._threads = max(1, _cores() // executor.workers)
        self._versions = {package: metadata.version(package) for package in VERSIONED}
        self._renewed = time.monotonic()

    def run(self) -> None:
        """Works until no trial is left to do; on any exception, Ctrl-C too, every trial stays resumable."""
        for number in self._database.untold(self._study.name):
            self._database.tell(self._study.name, number)
        queue = self._queue()
        try:
            self._submit(queue)
            while self._active:
                for event in self._executor.poll(timeout=1.0):
                    self._record(event)
                self._renew()
                self._submit(queue)
        finally:
            self._executor.close()

    def _queue(self) -> Iterator[TrialSpec]:
        """The trials to run, each made this driver's own when it is taken: abandoned ones, then new ones."""
        name = self._study.name
        for row in self._database.runs(name):
            expired = row.lease_expires is None or row.lease_expires < datetime.now(UTC)
            if row.state.final or row.number >= self._wanted:
                continue
            if self._take_over(row.number, row.owner, expired):
                yield _trial(row)
        orphans = self._database.orphans(name)
        for number, owner in orphans:
            if number < self._wanted and self._take_over(number, owner, expired=False):
                yield from self._propose(number)
        while len(self._database.history(name)) + len(self._database.orphans(name)) < self._wanted:
            number = self._database.claim_number(name, self._owner)
            # Another driver may have been quicker; the number then waits until more trials are asked for.
            if number < self._wanted:
                yield from self._propose(number)

    def _take_over(self, number: int, owner: str | None, expired: bool) -> bool:
        """Makes a trial this driver's own if its driver is gone: dead on this host, or silent for long."""
        abandoned = expired or owner is None or owner == self._owner or Owner.parse(owner).is_dead()
        return abandoned and self._database.take_over(
            self._study.name, number, owner, self._owner, LEASE_SECONDS
        )

    def _propose(self, number: int) -> Iterator[TrialSpec]:
        name = self._study.name
        trial = propose(self._study, number, self._database.history(name))
        if trial is not None:
            space = distributions(self._study)
            if self._database.add_run(name, trial, space, self._owner, LEASE_SECONDS):
                yield trial

    def _submit(self, queue: Iterator[TrialSpec]) -> None:
        while len(self._active) < self._executor.workers:
            trial = next(queue, None)
            if trial is None:
                return
            rundir = self._home.run(self._study.name, trial.number)
            self._active[trial.number] = _Active(trial, time.monotonic())
            self._observer.submitted(trial, resumed=(rundir / "checkpoints").exists())
            self._executor.submit(
                Job(trial.number, trial.config, rundir, self._data, self._home.cache, self._threads)
            )

    def _record(self, event: Event) -> None:
        name, number = self._study.name, event.number
        active = self._active[number]
        match event:
            case Started(threads=threads, device=device):
                self._database.start_run(name, number, threads, device, self._versions)
            case Evaluated(result=result):
                self._database.record_epoch(name, number, result)
                if result.best:
                    active.best = result
                active.peak_memory_mb = max(active.peak_memory_mb or 0.0, result.peak_memory_mb)
                self._observer.evaluated(number, result)
            case Finished() | Failed():
                outcome = active.outcome(event)
                self._database.finish_run(name, number, outcome)
                del self._active[number]
                if outcome.state is RunState.COMPLETE:
                    discard_checkpoints(self._home.run(name, number))
                self._observer.ended(number, outcome, event.message if isinstance(event, Failed) else "")

    def _renew(self) -> None:
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            self._database.renew(self._owner, LEASE_SECONDS)
            self._renewed = time.monotonic()


def _cores() -> int:
    """Cores that this process may use; all of them where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _trial(row: RunRow) -> TrialSpec:
    config = TrainConfig.model_validate(row.config)
    return TrialSpec(row.number, row.arm, row.params, config, row.seed, row.configuration)
