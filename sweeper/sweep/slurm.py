"""A study whose drivers are jobs of a cluster: submits them, and watches how far the study comes."""

import time
from collections import Counter
from functools import partial
from pathlib import Path

from ..errors import DatabaseError, JobsError
from ..executors.slurm import Jobs, Slurm, Worker, check_slurm, check_storage
from ..importpath import interpreter
from ..observers.tally import Tally
from ..observers.terminal import say
from ..paths import STORAGE
from ..show.status import attention, tally, watch
from ..store.database import Database
from ..store.engine import check_url
from ..store.retrying import DATABASE_SECONDS, RetryPolicy
from ..store.study import StudyStore
from ..study.owncode import KEY, TRAINER
from ..study.recorded import trial_of
from ..text import last_line, one_line
from ..trial import Outcome, Standing, TrialRow
from .checks import prepare, say_data
from .files import RunFiles
from .order import Order
from .stopping import Stopper
from .sweep import begin

ASK_SECONDS = 10.0
"""Time between two questions to SLURM, whose controller serves everybody."""


def run(order: Order, slurm: Slurm) -> Tally:
    """Runs a study's missing trials in jobs of SLURM; jobs of an earlier call that live are counted in.

    When a limit of the sweep is reached, by all jobs together, they are cancelled. Those of a trial and of
    failures in a row hold for each job's driver too. The nodes find the order's places where they are here.

    Args:
        order: What is to be done.
        slurm: How many jobs, and what they ask for.

    Returns:
        How many trials are done and how many failed.

    Raises:
        InputError: As ``sweep.run``; if jobs cannot be submitted here or are refused, or the nodes cannot
            share the database.
        ConflictError: If the study was begun with other settings.
        DatabaseError: If the database cannot be used.
        KeyboardInterrupt: If the user stops watching; the jobs go on, and the message says so.
        JobsError: If the jobs have ended before the study.
    """
    check_slurm()
    read = prepare(order)
    study, places, console = order.study, order.places, order.console
    storage = check_url(places.storage).render_as_string(hide_password=False)
    check_storage(storage, slurm)
    with Database(places.storage, waits=RetryPolicy(DATABASE_SECONDS, partial(say, console))) as database:
        before = database.find(study.name)
        asked_before = before.row.wanted if before else None
        study, store = begin(database, order, here=False)
        say_data(order, read)
        files = RunFiles.of(places.home, store)
        files.take(partial(say, console))
        jobs = Jobs(files.study.jobs)
        worker = _worker(order, storage, store.row.uuid)
        watched = Watch(store, jobs, Stopper(order.limits, store.trials.past()))
        while True:
            missing = _missing(jobs, slurm, tally(store))
            if missing:
                array = jobs.submit(study.name, missing, worker, slurm, study.workload.resources)
                say(console, f"{missing} jobs submitted as {array}; their scripts and logs: {jobs.folder}")
                asked_before = None
            try:
                watch(lambda: watched.look(console.is_terminal), console)
                break
            except KeyboardInterrupt as stop:
                raise type(stop)(_detached(order, jobs)) from None
            except JobsError:
                # Jobs of an earlier call alone, which end with as many trials as were asked for then.
                if asked_before is None or tally(store).finished < asked_before:
                    raise
        if watched.ended:
            say(console, f"Ended early: {watched.ended}")
        return tally(store.fresh())


class Watch:
    """What is shown of a study while jobs work on it, and when that is over.

    Args:
        store: The study, where the jobs' drivers record the trials.
        jobs: Its jobs.
        referee: Hears of the trials that end from now on.
    """

    def __init__(self, store: StudyStore, jobs: Jobs, referee: Stopper) -> None:
        self.ended: str | None = None
        self._store = store
        self._jobs = jobs
        self._referee = referee
        self._heard = {trial.number for trial in store.trials.standings() if trial.state.final}
        self._states: Counter[str] | None = None
        self._asked = -ASK_SECONDS

    def look(self, whole: bool) -> list[str] | None:
        """How the study stands; None once there is nothing more to wait for.

        Args:
            whole: Whether its unfinished and failed trials are listed too.

        Raises:
            JobsError: If no job is left, and trials are.
        """
        # The jobs first: what the last one recorded before its end is in the database then.
        self._ask()
        try:
            store = self._store.fresh()
            row, standings = store.row, store.trials.standings()
            self._hear(standings)
            running = max(1, (self._states or Counter())["running"])
            count = Tally.of(row.wanted, row.arms, standings, running)
            lines = [f"{row.name}: {count.summary()} · jobs: {self._jobs_in_words()}", *count.details()]
            lines += attention(store, standings) if whole else []
        except DatabaseError as error:
            if not error.passing:
                raise
            return [f"{self._store.row.name}: {one_line(str(error))}; the jobs wait for it as well"]
        self.ended = self._referee.verdict()
        over = count.finished >= count.wanted
        if over:
            self._jobs.cancel(waiting=True)
            self.ended = None
            return None
        if self.ended:
            if self._jobs.cancel():
                return None
            return [*lines, f"{self.ended}: the jobs are to be cancelled, but SLURM does not answer"]
        if self._states is not None and not self._states:
            self._states, self._asked = None, -ASK_SECONDS
            raise JobsError(
                f"the jobs have ended, and {count.wanted - count.finished} of {count.wanted} trials are "
                f"left: see the logs in {self._jobs.folder}, then type the same command again"
            )
        return lines

    def _ask(self) -> None:
        if time.monotonic() - self._asked >= ASK_SECONDS:
            self._asked = time.monotonic()
            living = self._jobs.living()
            self._states = None if living is None else sum(living.values(), Counter())

    def _jobs_in_words(self) -> str:
        if self._states is None:
            return "SLURM does not answer"
        return ", ".join(f"{count} {state}" for state, count in sorted(self._states.items())) or "none"

    def _hear(self, standings: list[Standing]) -> None:
        for trial in standings:
            if not trial.state.final or trial.number in self._heard:
                continue
            self._heard.add(trial.number)
            found = self._store.trials.row(trial.number)
            if found is not None and found.state.final:
                self._referee.heard(trial_of(found), _outcome(found), last_line(found.traceback))


def _missing(jobs: Jobs, slurm: Slurm, count: Tally) -> int:
    """How many jobs there are too few, of as many as asked for or as there are trials left."""
    living = jobs.living()
    if living is None:
        raise JobsError("SLURM does not answer: squeue fails; nothing was submitted")
    return max(
        0, min(slurm.workers, count.wanted - count.finished) - sum(map(Counter.total, living.values()))
    )


def _worker(order: Order, storage: str, uuid: str) -> Worker:
    """A driver with one worker that goes on with the study as it is stored, whatever it is called by then."""
    limits, places = order.limits, order.places
    command = [*interpreter(), "-m", "sweeper", "resume", uuid]
    if order.study.sources and order.study.written:
        command += ["--code", str(Path(order.study.written.study.path).resolve())]
        # Own code of a workload is found by its file, which need not be where those of a name are.
        if any(file.data.keys() & {KEY, TRAINER} for file in order.study.written.workloads):
            command += ["--workload", str(Path(order.study.written.workloads[0].path).resolve())]
    command += ["--max-failures", str(limits.max_failures)] if limits.max_failures else []
    command += ["--trial-timeout", f"{limits.trial_seconds}s"] if limits.trial_seconds else []
    for tool in order.logs:
        command += ["--log", tool]
    # Not among the arguments, which everybody on the node can see.
    home = places.home.shared.whole if places.home.shared else str(places.home.root)
    environment = {"SWEEPER_HOME": home, STORAGE: storage}
    if places.data is not None:
        environment["SWEEPER_DATA"] = str(places.data)
    return Worker(command, environment)


def _detached(order: Order, jobs: Jobs) -> str:
    arrays, limits = " ".join(jobs.living() or ["JOB"]), order.limits
    watched = any(limit is not None for limit in (limits.seconds, limits.until, limits.stale_trials))
    lapses = ", which alone holds --timeout, --until and --patience" if watched else ""
    return (
        f"The jobs go on, and the study with them. Watch it again with the same command{lapses}; "
        f"cancel the jobs with: scancel {arrays}"
    )


def _outcome(row: TrialRow) -> Outcome:
    return Outcome(
        state=row.state,
        seconds=row.seconds or 0.0,
        best_epoch=row.best_epoch,
        scores=row.scores,
        error_class=row.error_class,
        traceback=row.traceback,
    )
