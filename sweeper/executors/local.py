"""Trials on this machine, one process each, forked from a server that has the trainer loaded."""

import io
import os
import select
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import forkserver, get_context, resource_tracker, util
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import ModuleType

from model.files import RunFolder, remove
from model.maker import temporary_name

from ..importpath import environment
from ..signals import STOPPING
from ..trial import ErrorClass
from .devices import VISIBLE
from .process import disk_full, failure, run_trial
from .protocol import Event, Failed, Finished, Job, Progressed, Stopped

STOP = b"stop"

START_TRIES, START_SECONDS = 5, 0.1
"""How often a process is asked of the server, which may have died, and how long is waited in between."""

NOTE = "sweeper"
"""Word in the name of a note in the system's folder for temporary files: what it says is the name of a folder
there, that of the server's socket. What a killed process leaves of both is removed by it."""

PRELOADED = ["sweeper.executors.preload"]
"""What imports everything that the server shall have loaded."""

ENVIRONMENT = {"GOMP_SPINCOUNT": "3000", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""What a trial's process is started with, unless the user has set it otherwise.

Threads that spin for long while they wait cost a busy machine most of its speed, and those that never spin
a quiet one a tenth: 3,000 rounds do neither, by MiniLM's joint step on two cores with and without another
process. Large pages spare a step most of its page faults.
"""


@dataclass(frozen=True)
class _Child:
    """The process of a trial, as its driver sees it.

    Attributes:
        process: The process.
        events: Where its events arrive.
        lifeline: By which it is asked to stop; it ends itself when this closes.
        device: The CUDA device that it sees alone; None where it sees what this process sees.
    """

    process: ForkServerProcess
    events: Connection
    lifeline: Connection
    device: str | None


class LocalExecutor:
    """One process per trial: its memory, a crash or a kill concern that trial alone.

    A child watches a pipe whose other end only the driver holds; when the driver dies, however it dies, the
    pipe closes and the child ends itself.

    Args:
        workers: How many trials run at once.
        devices: CUDA devices, as `CUDA_VISIBLE_DEVICES` names them. A trial sees one alone, that with the
            fewest trials; without any named here it sees those that this process sees.
        preloaded: Modules that the server of their processes has loaded.
    """

    def __init__(
        self, workers: int = 1, devices: Sequence[str] = (), preloaded: Sequence[str] = PRELOADED
    ) -> None:
        self.workers = workers
        self._devices = devices
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(list(preloaded))
        self._children: dict[int, _Child] = {}
        self._unstarted: list[Event] = []
        self._stopping = False

    def submit(self, job: Job) -> None:
        """Forks a process for the trial; if its server dies meanwhile, from another one."""
        for tries_left in reversed(range(START_TRIES)):
            try:
                self._fork(job)
                return
            except (OSError, EOFError) as error:
                if tries_left:
                    time.sleep(START_SECONDS)  # it may be dying still
                else:
                    self._unstarted.append(_not_started(job.number, error))

    def _fork(self, job: Job) -> None:
        events, sender = self._context.Pipe(duplex=False)
        watched, lifeline = self._context.Pipe(duplex=False)
        device = self._freest_device()
        process = self._context.Process(
            target=_child, args=(job, sender, watched, device), name=f"trial-{job.number}"
        )
        try:
            _start_server()
            with _without_main():
                process.start()
        except BaseException:
            # Whatever was forked ends with its lifeline.
            events.close()
            lifeline.close()
            raise
        finally:
            sender.close()
            watched.close()
        self._children[job.number] = _Child(process, events, lifeline, device)

    def poll(self, timeout: float) -> list[Event]:
        """Events of all trials; a process that ended without a last word is a failure of class `killed`."""
        if self._stopping:
            self._stopping = False
            self._ask_to_stop()
        heard, self._unstarted = self._unstarted, []
        ready = wait([child.events for child in self._children.values()], 0 if heard else timeout)
        for number, child in list(self._children.items()):
            if child.events in ready:
                heard += self._read(number, child.events)
        return heard

    def cancel(self, number: int) -> None:
        """Kills the trial's process."""
        self._unstarted = [event for event in self._unstarted if event.number != number]
        if number not in self._children:
            return
        self._children[number].process.kill()
        self._reap(number)

    def stop(self) -> None:
        """Notes that the trials shall stop; `poll` tells them."""
        self._stopping = True

    def close(self) -> None:
        """Kills every process; checkpoints are written whole or not at all, so that nothing is lost."""
        for child in self._children.values():
            child.process.kill()
        for number in list(self._children):
            self._reap(number)

    def _freest_device(self) -> str | None:
        trials = Counter(child.device for child in self._children.values())
        return min(self._devices, key=lambda device: trials[device], default=None)

    def _ask_to_stop(self) -> None:
        for child in self._children.values():
            # One that has ended meanwhile has left its last word.
            with suppress(OSError):
                child.lifeline.send_bytes(STOP)

    def _read(self, number: int, events: Connection) -> list[Event]:
        """All that a trial has said: one that ended while nobody listened is not to seem under way."""
        heard: list[Event] = []
        while not heard or events.poll():
            try:
                event: Event = events.recv()
            except (EOFError, OSError):
                event = self._died(number)
            heard.append(event)
            if isinstance(event, Finished | Failed | Stopped):
                self._reap(number)
                break
        return heard

    def _died(self, number: int) -> Failed:
        process = self._children[number].process
        process.join()
        code = process.exitcode or 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        hint = " (by the system, if memory ran out)" if code == -signal.SIGKILL else ""
        return Failed(number, ErrorClass.KILLED, f"the trial's process {how}{hint}", "")

    def _reap(self, number: int) -> None:
        child = self._children.pop(number)
        child.events.close()
        child.lifeline.close()
        child.process.join()
        child.process.close()


def _not_started(number: int, error: Exception) -> Failed:
    message = f"the trial's process could not be started: {str(error) or type(error).__name__}"
    return Failed(number, ErrorClass.KILLED, message, "", disk_full(error))


@contextmanager
def _without_main() -> Iterator[None]:
    """Hides the script of this process: multiprocessing would run it again in each process of a trial.

    That would begin the sweep again, in a script that calls `sweeper.run` at its top level.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _start_server() -> None:
    """Starts the server, unless it runs, so that what asks a sweep to stop passes it by.

    Ctrl-C and the end of a terminal reach the whole process group. They are blocked for the server and its
    trials, which inherit that, and wait here until it is started: ignored, they would be lost.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    given, changed = dict(os.environ), environment()
    os.environ.update(changed)
    try:
        _note_sockets()
        # By itself first, as it ends with SIGINT and SIGTERM unblocked.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        forkserver.ensure_running()
    finally:
        for name in changed.keys() - given.keys():
            del os.environ[name]
        os.environ.update(given)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@cache
def _note_sockets() -> None:
    """Leaves a note of whose the folder of the server's socket is, where multiprocessing has made it.

    Not a folder of its own around it: the path of a socket has to be short.
    """
    folder = Path(util.get_temp_dir())
    note = folder.with_name(temporary_name(NOTE))
    with note.open("x", encoding="utf-8") as file:
        file.write(folder.name)
    # After multiprocessing has removed the folder.
    util.Finalize(None, remove, args=(note,), exitpriority=-200)


def _child(job: Job, sender: Connection, watched: Connection, device: str | None = None) -> None:
    """The main function of a trial's process: trains the job, and sends its events to the driver."""
    # In time: the server has loaded torch, but CUDA reads this when it is first used.
    if device is not None:
        os.environ[VISIBLE] = device
    # Ctrl-C and the end of a terminal reach the whole process group, and SIGTERM of a batch system or a
    # service manager all processes of a job; the driver alone decides what they mean.
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    stop = threading.Event()
    threading.Thread(target=_listen, args=(watched, stop), daemon=True).start()
    try:
        job.rundir.mkdir(parents=True, exist_ok=True)
        with RunFolder(job.rundir).open_log() as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # whatever the language of the driver's terminal
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        sender.send(failure(job.number, error))
        return
    for event in run_trial(job, stop.is_set, partial(_send_if_heard, sender)):
        sender.send(event)


def _send_if_heard(sender: Connection, event: Progressed) -> None:
    """Sends it if there is room: no trial waits for a driver that does not listen."""
    ready = select.poll()
    ready.register(sender, select.POLLOUT)
    if ready.poll(0):
        sender.send(event)


def _listen(watched: Connection, stop: threading.Event) -> None:
    """Waits for the driver's word to stop; without a driver the trial ends at once."""
    try:
        while watched.recv_bytes() == STOP:
            stop.set()
    except (EOFError, OSError):
        os._exit(1)
