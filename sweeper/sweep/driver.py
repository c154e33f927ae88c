"""The loop of a sweep: adopt, propose, dispatch, watch, record."""

import time
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from model.config import TrainConfig
from model.files import CHECKPOINTS, RunFolder
from model.result import EpochResult

from ..errors import DiskFullError
from ..executors import Evaluated, Event, Executor, Failed, Finished, Job, NodeLost, Noted, Started, Stopped
from ..executors.cores import threads_each
from ..observers.observer import Observer
from ..paths import Home
from ..search.pruning import should_prune
from ..sharedfolder import SharedFolder
from ..store.database import Database
from ..store.owners import Owner
from ..study.study import Study
from ..trial import ErrorClass, Outcome, RunState, TrialRow, TrialSpec
from ..version import __version__
from .attempt import Attempt
from .backlog import Backlog, Ready
from .stopping import Limits, Stopper
from .weights import KeptWeights

LEASE_SECONDS = 120.0


POLL_SECONDS = 0.5


RESTARTS = 2
"""How often a trial whose process was killed goes on from its checkpoint before it has failed."""


VERSIONED = ("torch", "transformers", "tokenizers", "optuna", "numpy")


class Driver:
    """Runs a study's trials until the total asked for is reached.

    Trials of a driver that died are continued first, under their own numbers, from their checkpoints. A trial
    whose configuration and seed are those of another is not trained: it gets that one's result.

    Args:
        database: Where everything is recorded; holds the study already.
        study: What to run.
        wanted: Number of trials that the study shall have in total.
        executor: Where the trials run.
        home: Folder of the runs and of the token cache.
        data: Folder of the user's data files, if there is one.
        observer: Hears what happens.
        limits: What ends the sweep, or a trial, early.
        best: Best `overall` of the study so far.
        lease_seconds: How long a trial is this driver's without a renewal; renewed eight times as often.
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
        limits: Limits = Limits(),  # noqa: B008 - frozen
        best: float | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._study = study
        self._executor = executor
        self._home = home
        self._data = data
        self._observer = observer
        self._limits = limits
        self._referee = Stopper(limits, best)
        self._weights = KeptWeights(database, study.name, home)
        self._lease_seconds = lease_seconds
        self._owner = str(Owner.this_process())
        self._active: dict[int, Attempt] = {}
        self._backlog = Backlog(database, study, wanted, self._owner, lease_seconds, self._reuse)
        self._stopping = self._said_stopping = False
        self._ending: str | None = None
        self._threads = study.workload.resources.cpus or threads_each(executor.workers)
        self._versions = {"sweeper": __version__} | {name: metadata.version(name) for name in VERSIONED}
        self._renewed = time.monotonic()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping

    def stop(self) -> None:
        """Lets the trials under way save a checkpoint after their step, and begins no other."""
        self._stopping = True
        self._executor.stop()

    def run(self) -> str | None:
        """Works until no trial is left to do; on any exception every trial stays resumable.

        Returns:
            Why the sweep ended before its last trial, if one of the limits was reached.
        """
        for number in self._database.untold(self._study.name):
            self._database.tell(self._study.name, number)
        try:
            self._backlog.adopt(self._active)
            self._submit()
            while self._active or (
                not self._stopping and (self._backlog.adopt(self._active) or self._backlog.deferred)
            ):
                if self._active:
                    for event in self._executor.poll(timeout=POLL_SECONDS):
                        self._record(event)
                elif not self._backlog.ready:
                    time.sleep(POLL_SECONDS)
                self._say_stopping()
                self._renew()
                self._end_overdue()
                self._backlog.settle()
                self._check_limits()
                self._submit()
        finally:
            self._executor.close()
        self._database.release(self._study.name, self._owner)
        return self._ending

    def _reuse(self, trial: TrialSpec, twin: TrialRow) -> None:
        self._database.reuse(self._study.name, trial.number, twin.number)
        outcome = Outcome(
            state=RunState.COMPLETE, seconds=0.0, best_epoch=twin.best_epoch, scores=twin.scores
        )
        self._observer.noted(
            f"trial {trial.number} is identical to trial {twin.number}: its result is reused"
        )
        self._observer.submitted(trial, resumed=False)
        self._observer.ended(trial.number, outcome, "")
        self._referee.heard(trial, outcome, "")

    def _submit(self) -> None:
        while len(self._active) < self._executor.workers and not self._stopping:
            ready = self._backlog.take()
            if ready is None:
                return
            self._start(ready)

    def _start(self, ready: Ready) -> None:
        trial = ready.trial
        rundir = self._home.run(self._study.name, trial.number)
        shared = self._home.shared_run(self._study.name, trial.number)
        kept = SharedFolder(shared).holds(CHECKPOINTS) if shared else RunFolder(rundir).checkpoints.exists()
        self._active[trial.number] = Attempt(
            trial, time.monotonic(), ready.halvings, ready.kills, ready.displaced
        )
        self._observer.submitted(trial, resumed=kept)
        self._executor.submit(
            Job(trial.number, trial.config, rundir, self._data, self._home.cache, self._threads, shared)
        )

    def _record(self, event: Event) -> None:
        number = event.number
        active = self._active.get(number)
        if active is None:
            return  # what a cancelled trial still had to say
        match event:
            case Started():
                self._started(active, event)
            case Evaluated(result=result):
                self._evaluated(active, result)
            case Finished():
                self._finish(active, active.outcome(RunState.COMPLETE), "")
            case Stopped():
                self._withdraw(number)
            case Noted(text=text):
                self._observer.noted(f"trial {number}: {text}")
            case NodeLost(message=message):
                self._displaced(active, message)
            case Failed():
                self._failed(active, event)

    def _started(self, active: Attempt, event: Started) -> None:
        active.began = time.monotonic()
        self._database.start_run(
            self._study.name, event.number, event.threads, event.device, self._versions, event.machine
        )
        if active.displaced:
            whence = "from its start: no checkpoint is left"
            if event.epochs is not None:
                whence = f"from its checkpoint, epoch {event.epochs} of {active.trial.config.epochs}"
            self._observer.noted(f"trial {event.number} goes on, on {event.machine}, {whence}")

    def _displaced(self, active: Attempt, message: str) -> None:
        """Puts a trial back that lost its machine, which is no fault of its own."""
        trial = active.trial
        self._withdraw(trial.number)
        self._observer.noted(f"trial {trial.number}: {message}; it is placed anew")
        self._backlog.put_back(Ready(trial, active.halvings, active.kills, displaced=True))

    def _evaluated(self, active: Attempt, result: EpochResult) -> None:
        name, number = self._study.name, active.trial.number
        self._database.record_epoch(name, number, result)
        active.kills = 0
        active.best = result if result.best else active.best
        active.curve[result.epoch] = result.overall
        active.peak_memory_mb = max(active.peak_memory_mb or 0.0, result.peak_memory_mb)
        self._observer.evaluated(number, result)
        pruner = self._study.spec.pruner
        if pruner.name != "none" and result.epoch < active.trial.config.epochs:
            # Only wilcoxon compares with other seeds.
            seed = None if pruner.name == "wilcoxon" else active.trial.seed
            arm = None if pruner.peers == "study" else active.trial.arm
            others = self._database.curves(name, arm, seed)
            if should_prune(self._study, active.trial, active.curve, others):
                self._executor.cancel(number)
                self._finish(active, active.outcome(RunState.PRUNED), "")

    def _failed(self, active: Attempt, event: Failed) -> None:
        trial, number = active.trial, active.trial.number
        if event.disk_full:
            self._withdraw(number)
            raise DiskFullError(f"trial {number} stays resumable, but the disk is full: {event.message}")
        if event.error_class is ErrorClass.KILLED and active.kills < RESTARTS:
            self._withdraw(number)
            self._observer.noted(f"trial {number}: {event.message}; it goes on from its checkpoint")
            self._backlog.put_back(Ready(trial, active.halvings, active.kills + 1))
        elif event.error_class is ErrorClass.OOM and active.halvings == 0 and _can_halve(trial.config):
            self._withdraw(number)
            config = trial.config.model_copy(update={"accumulation": 2 * trial.config.accumulation})
            self._database.halve(self._study.name, number, config.model_dump(mode="json"))
            self._discard(number)
            self._observer.noted(
                f"trial {number} ran out of memory; again with half the micro-batch "
                f"(accumulation {config.accumulation})"
            )
            self._backlog.put_back(Ready(replace(trial, config=config), halvings=1))
        else:
            self._finish(active, active.outcome(RunState.FAILED, event), event.message)

    def _finish(self, active: Attempt, outcome: Outcome, message: str) -> None:
        name, number = self._study.name, active.trial.number
        if not self._database.finish_run(name, number, outcome):
            self._lost(number)
            return
        del self._active[number]
        shared = self._home.shared_run(name, number)
        if shared is not None:
            SharedFolder(shared).fetch(self._home.run(name, number), checkpoints=False)
        self._weights.settle(number, active.trial.arm, outcome)
        if outcome.state is not RunState.FAILED:
            self._discard(number)
        self._referee.heard(active.trial, outcome, message)
        self._observer.ended(number, outcome, message)

    def _discard(self, number: int) -> None:
        RunFolder(self._home.run(self._study.name, number)).discard_checkpoints()
        shared = self._home.shared_run(self._study.name, number)
        if shared is not None:
            SharedFolder(shared).remove(CHECKPOINTS)

    def _withdraw(self, number: int) -> None:
        del self._active[number]
        self._observer.withdrawn(number)

    def _lost(self, number: int) -> None:
        self._withdraw(number)
        self._observer.noted(f"trial {number} was taken over by another driver")

    def _renew(self) -> None:
        if time.monotonic() - self._renewed < self._lease_seconds / 8:
            return
        mine = self._database.renew(self._study.name, self._owner, self._lease_seconds)
        self._renewed = time.monotonic()
        for number in [number for number in self._active if number not in mine]:
            self._executor.cancel(number)
            self._lost(number)
        self._backlog.keep(mine)

    def _end_overdue(self) -> None:
        limit = self._limits.trial_seconds
        for number, active in list(self._active.items()):
            if limit is not None and time.monotonic() - active.began > limit:
                self._executor.cancel(number)
                message = f"took longer than the {limit:g} s that a trial may take"
                self._failed(active, Failed(number, ErrorClass.TIMEOUT, message, ""))

    def _check_limits(self) -> None:
        verdict = None if self._stopping else self._referee.verdict()
        if verdict is not None and (self._active or not self._backlog.exhausted):
            self._ending = verdict
            self.stop()

    def _say_stopping(self) -> None:
        if self._stopping and self._active and not self._said_stopping:
            self._said_stopping = True
            self._observer.noted("stopping after the step under way; once more Ctrl-C: at once")


def _can_halve(config: TrainConfig) -> bool:
    return config.accumulation < config.batch_size
