"""The loop of a sweep: adopt, propose, dispatch, watch, record."""

from dataclasses import asdict
from pathlib import Path

from ..errors import DiskFullError
from ..executors.cores import threads_each
from ..executors.protocol import (
    Evaluated,
    Event,
    Executor,
    Failed,
    Finished,
    Loaded,
    NodeLost,
    Noted,
    Progressed,
    Started,
    Stopped,
    Waiting,
)
from ..observers.observer import Observer
from ..paths import Home
from ..store.owners import Owner
from ..store.study import StudyStore
from ..study.study import Study
from ..trial import ErrorClass, Outcome, RunState, TrialRow, TrialSpec
from ..version import versions
from .attempt import Attempt, Ready
from .attempts import Attempts
from .backlog import Backlog
from .files import RunFiles
from .heard import parted
from .pruned import prunes
from .recovery import Anew, Fail, Halve, Restart, after_failure
from .renewal import Renewal
from .stopping import Limits, Stopper
from .twins import Twins
from .weights import KeptWeights
from .workingfolder import WorkingFolder

LEASE_SECONDS, POLL_SECONDS = 120.0, 0.5


class Driver:
    """Runs a study's trials until the total asked for is reached.

    Trials of a driver that died are continued first, under their own numbers, from their checkpoints. A trial
    whose configuration and seed are those of another is not trained: it gets that one's result.

    Args:
        store: Where everything is recorded; its clock is the driver's.
        study: What to run.
        wanted: Number of trials that the study shall have in total.
        executor: Where the trials run.
        home: Folder of the runs and of the token cache.
        data: Folder of the user's data files, if there is one.
        observer: Hears what happens.
        limits: What ends the sweep, or a trial, early.
        lease_seconds: How long a trial is this driver's without a renewal; renewed eight times as often.
        owner: Who it is; by default this process.
        working_folder: What git says of the user's working folder; None where it says nothing.
    """

    def __init__(
        self,
        *,
        store: StudyStore,
        study: Study,
        wanted: int,
        executor: Executor,
        home: Home,
        data: Path | None,
        observer: Observer,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        lease_seconds: float = LEASE_SECONDS,
        owner: Owner | None = None,
        working_folder: WorkingFolder | None = None,
    ) -> None:
        me = str(owner or Owner.this_process())
        self._clock = store.access.clock
        self._trials = store.trials
        self._leases = store.leases(me, lease_seconds)
        self._outcomes = store.outcomes(me)
        self._study, self._prunes = study, bool(study.spec.pruner.method.decides)
        self._executor = executor
        self._observer = observer
        self._limits = limits
        self._stopper = Stopper(limits, self._trials.past(), self._clock)
        self._backlog = Backlog(study, wanted, self._trials, self._leases, self._reuse)
        self._files, self._twins = RunFiles.of(home, store, observer.noted), Twins(store, data, home.cache)
        self._weights = KeptWeights(self._backlog.history, self._files)
        self._stopping = self._said_stopping = False
        self._ending: str | None = None
        self._renewal = Renewal(self._leases, self._clock)
        threads = study.workload.resources.cpus or threads_each(executor.workers)
        self._active = Attempts(
            executor=executor,
            files=self._files,
            data=data,
            threads=threads,
            plugins=study.sources,
            observer=observer,
            clock=self._clock,
            between=self._renewal.between,
        )
        self._versions = versions() | (study.spec.code.versions() if study.spec.code else {})
        self._working_folder = asdict(working_folder) if working_folder else None

    @property
    def stopped(self) -> bool:
        """Whether the user asked it to stop."""
        return self._stopping and self._ending is None

    def stop(self) -> None:
        """Lets the trials under way save a checkpoint after their step, and begins no other."""
        self._stopping = True
        self._executor.stop()

    def run(self) -> str | None:
        """Works until no trial is left to do; on any exception every trial stays resumable.

        Returns:
            Why the sweep ended before its last trial: a limit, or nothing more to propose; else None.
        """
        self._files.take(self._observer.noted)
        # Earlier versions wrote an outcome, and told Optuna after it: a crash in between left them apart.
        for number in self._trials.untold():
            self._outcomes.tell(number)
        try:
            self._check_limits()
            self._backlog.adopt(self._active)
            self._submit()
            while self._active or (
                not self._stopping and (self._backlog.adopt(self._active) or self._backlog.deferred)
            ):
                if self._active:
                    for event in parted(self._active.hear(POLL_SECONDS), self._prunes):
                        self._record(event)
                elif not self._backlog.ready:
                    self._clock.sleep(POLL_SECONDS)
                self._say_stopping()
                self._renew()
                self._end_overdue()
                self._backlog.settle()
                self._check_limits()
                self._submit()
        finally:
            self._executor.close()
            self._leases.abandon()
        self._leases.release()
        return self._ending or self._backlog.ended

    def _reuse(self, trial: TrialSpec, twin: TrialRow) -> bool:
        number, done = trial.number, RunState.COMPLETE
        same = f"trial {number} is identical to trial {twin.number}"
        if not self._twins.read_the_same(trial, twin):
            self._observer.noted(f"{same}, but the data files or weights have changed since: it is trained")
            return False
        self._files.remove_weights(number)  # of an attempt that died before its twin was done
        self._files.tidy(number, checkpoints=True)
        self._outcomes.reuse(number, twin.number)
        outcome = Outcome(state=done, seconds=0.0, best_epoch=twin.best_epoch, scores=twin.scores)
        self._observer.noted(f"{same}: its result is reused")
        self._observer.submitted(trial, resumed=False)
        self._observer.ended(number, outcome, "")
        self._stopper.heard(trial, outcome, "")
        return True

    def _submit(self) -> None:
        while self._active.room and not self._stopping and (ready := self._backlog.take(self._active)):
            self._active.start(ready)

    def _record(self, event: Event | list[Evaluated]) -> None:
        if isinstance(event, list):
            self._evaluated(event)
            return
        number = event.number
        active = self._active.get(number)
        if active is None:
            return  # what a cancelled trial still had to say
        match event:
            case Started():
                self._started(active, event)
            case Loaded(inputs=inputs):
                self._outcomes.loaded(number, asdict(inputs))
            case Finished():
                self._finish(active, RunState.COMPLETE)
            case Stopped():
                self._active.withdraw(number)
            case Noted() | Progressed() | Waiting():
                self._active.told(event)
            case Failed() | NodeLost():
                self._failed(active, event)

    def _started(self, active: Attempt, event: Started) -> None:
        note = active.started(event, self._clock.monotonic())
        self._outcomes.started(
            event.number,
            active.ready.attempts,
            threads=event.threads,
            device=event.device,
            versions=self._versions,
            kept=event.epochs or 0,
            machine=event.machine,
            processor=event.processor,
            working_folder=self._working_folder,
        )
        if note is not None:
            self._observer.noted(note)

    def _evaluated(self, events: list[Evaluated]) -> None:
        known = [(active, event.result) for event in events if (active := self._active.get(event.number))]
        self._outcomes.epochs([(active.trial.number, result) for active, result in known])
        for active, result in known:
            trial, curve = active.trial, active.curve
            active.evaluated(result)
            self._observer.evaluated(trial.number, result)
            if prunes(self._study, trial, curve, self._trials):
                self._executor.cancel(trial.number)
                self._finish(active, RunState.PRUNED)

    def _failed(self, active: Attempt, event: Failed | NodeLost) -> None:
        number = active.trial.number
        if isinstance(event, Failed) and event.disk_full:
            self._active.withdraw(number)
            raise DiskFullError(f"trial {number} stays resumable, but the disk is full: {event.message}")
        match after_failure(active.ready, event):
            case Restart(ready, note, last):
                self._again(ready, note, last)
            case Halve(ready, note):
                config = ready.trial.config.model_dump(mode="json")
                self._anew(ready, note, self._outcomes.halve(number, config, ready.halvings))
            case Anew(ready, note):
                self._anew(ready, note, self._outcomes.forget(number))
            case Fail(failure):
                self._finish(active, RunState.FAILED, failure)

    def _anew(self, ready: Ready, note: str, stands: bool) -> None:
        if stands:
            # After the epochs in the database: a checkpoint that a crash leaves is found to be outdated.
            self._files.discard_checkpoints(ready.trial.number)
            self._again(ready, note)
        else:
            self._active.lose(ready.trial.number)

    def _again(self, ready: Ready, note: str, last: bool = False) -> None:
        """Puts a trial back in front of those that wait, or behind them."""
        self._active.withdraw(ready.trial.number)
        self._observer.noted(note)
        self._backlog.put_back(ready, last)

    def _finish(self, active: Attempt, state: RunState, failure: Failed | None = None) -> None:
        number, message = active.trial.number, failure.message if failure else ""
        outcome = active.outcome(state, self._clock.monotonic(), failure)
        if not self._outcomes.finished(number, outcome):
            self._active.lose(number)
            return
        self._active.end(number)
        if state is not RunState.FAILED:  # else a retry may have given its folder to another attempt by now
            self._files.fetch(number, outcome.best_epoch)
        self._weights.settle(number, active.trial.arm, outcome)
        self._files.tidy(number, checkpoints=state is not RunState.FAILED)
        self._stopper.heard(active.trial, outcome, message)
        self._observer.ended(number, outcome, message)

    def _renew(self) -> None:
        if not self._renewal.due:
            return
        if taken := self._files.taken():
            for number in self._active:
                self._active.take_back(number)
            self._ending = taken
            self.stop()
        mine = self._renewal.renew()
        self._active.keep(mine)
        self._backlog.keep(mine)
        self._stopper.look(self._backlog.history)

    def _end_overdue(self) -> None:
        limit = self._limits.trial_seconds
        for active in self._active.overdue(limit):
            self._executor.cancel(active.trial.number)
            message = f"took longer than the {limit:g} s that a trial may take"
            self._failed(active, Failed(active.trial.number, ErrorClass.TIMEOUT, message, ""))

    def _check_limits(self) -> None:
        verdict = None if self._stopping else self._stopper.verdict()
        if verdict is not None and (self._active or not self._backlog.exhausted):
            self._ending = verdict
            self.stop()

    def _say_stopping(self) -> None:
        if self._stopping and self._active and not self._said_stopping:
            self._said_stopping = True
            self._observer.noted("stopping after the step under way; once more Ctrl-C: at once")
