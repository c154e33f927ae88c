"""Jobs of SLURM, submitted by submitit: each is a driver with one worker, on the database of the study."""

import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import StringIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..importpath import interpreter
from ..study.workload import Resources

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

REQUEUES = 1000
"""How often a job may meet its time limit. The study comes further each time: this ends no sound one."""

JOB_SECONDS = 4 * 3600.0
"""Time limit of a job where the user names none: short jobs find their place in the queue sooner."""

WARNING_SECONDS = 120
"""How long before its time limit a job is warned, if a quarter of that limit is not less."""

WATCH_SECONDS = 0.2
"""How often a job looks whether its driver has ended, and whether it was warned."""

PARAMETER = re.compile(r"(?P<key>[a-z][a-z-]*)=(?P<value>[^\x00-\x1f\x7f]+)")


TAKEN = {"array", "error", "job-name", "open-mode", "output", "requeue", "signal", "time", "wrap"}
"""Parameters of sbatch that are not the user's to give: the limit is `--job-time`, the others are ours."""

_SINFO_NAMES = {"partition": "partition", "nodelist": "nodes"}
"""Parameters of sbatch that choose nodes, and what sinfo calls them."""


@dataclass(frozen=True)
class Slurm:
    """What is asked of SLURM for a study.

    Attributes:
        workers: Jobs at once, each with one trial at a time.
        seconds: Time limit of a job; one that meets it is requeued.
        sbatch: Further parameters of sbatch, by the names of its long options.
    """

    workers: int
    seconds: float
    sbatch: Mapping[str, str] = field(default_factory=dict)


class Worker:
    """What a job runs: a driver in a process of its own, which is asked to stop when the job is warned.

    submitit keeps it in a pickle for the job, so it holds nothing but text.

    Args:
        command: The driver's program, with its arguments.
        environment: Variables that it gets beside those of the job.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._driver = 0

    def __call__(self) -> int:
        """Runs the driver to its end; returns its exit code, which says at most that trials have failed."""
        # SLURM sends the warning to every process of the job, and it is for this one alone: the others are
        # born with the signal blocked.
        self._driver = os.posix_spawn(
            self._command[0],
            self._command,
            os.environ | self._environment,
            setsigmask=[signal.SIGUSR2],
        )
        self._wait()
        code = os.waitstatus_to_exitcode(os.waitpid(self._driver, 0)[1])
        if code not in (0, 1):
            raise RuntimeError(f"the driver ended with exit code {code}; the log says why")
        return code

    def checkpoint(self) -> "DelayedSubmission":
        """Stops the driver after its step; submitit calls this at the warning, and then requeues the job."""
        from submitit.helpers import DelayedSubmission

        with suppress(ProcessLookupError, ChildProcessError):
            if self._driver:
                os.kill(self._driver, signal.SIGTERM)
                self._wait()
        return DelayedSubmission(Worker(self._command, self._environment))

    def _wait(self) -> None:
        """Waits for the driver's end and leaves its exit code: a signal handler may wait within a wait."""
        # Not blocked until then: Python would keep a signal that comes just before that until the next one.
        while os.waitid(os.P_PID, self._driver, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            time.sleep(WATCH_SECONDS)


class Jobs:
    """The jobs of one study, those of earlier calls included.

    Args:
        folder: Where submitit keeps their scripts and logs; shared with the nodes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def living(self) -> dict[str, Counter[str]] | None:
        """The jobs that wait or run, counted by state, for each array; None if SLURM does not answer."""
        ours = {path.name.partition("_")[0] for path in self.folder.glob("*_submission.sh")}
        if not ours:
            return {}
        listed = _ask("squeue", "--me", "--array", "--noheader", "--format=%F %T")
        if listed is None:
            return None
        found: dict[str, Counter[str]] = {}
        for line in listed.splitlines():
            array, state = line.split()
            if array in ours:
                found.setdefault(array, Counter())[state.lower()] += 1
        return found

    def submit(self, name: str, jobs: int, worker: Worker, slurm: Slurm, resources: Resources) -> str:
        """Submits jobs that run `worker`.

        Args:
            name: What SLURM calls them.
            jobs: How many.
            worker: What each of them runs.
            slurm: How.
            resources: What a trial takes; of a GPU that it shares, its job gets the whole.

        Returns:
            The array's number.

        Raises:
            InputError: If SLURM refuses them.
        """
        from submitit import SlurmExecutor
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        self._make_private()
        minutes = ceil(slurm.seconds / 60)
        given = dict(slurm.sbatch)
        if resources.cpus:
            given.setdefault("cpus-per-task", str(resources.cpus))
        if resources.gpus:
            given.setdefault("gpus-per-node", str(ceil(resources.gpus)))
        # srun does not take this over from the job since SLURM 22.05.
        cores = given.get("cpus-per-task")
        executor = SlurmExecutor(self.folder, max_num_timeout=REQUEUES, python=shlex.join(interpreter()))
        executor.update_parameters(
            job_name=name,
            time=minutes,
            signal_delay_s=min(WARNING_SECONDS, minutes * 60 // 4),
            stderr_to_stdout=True,
            array_parallelism=jobs,
            additional_parameters={**given, "requeue": True},
            srun_args=[f"--cpus-per-task={cores}"] if cores else None,
        )
        try:
            # submitit prints what sbatch says, too.
            with _outside_jobs(), _for_this_user(), redirect_stderr(StringIO()), executor.batch():
                submitted = [executor.submit(worker) for _ in range(jobs)]
        except (FailedJobError, FailedSubmissionError) as error:
            raise InputError(f"SLURM refuses the jobs: {' '.join(str(error).split())}") from error
        return submitted[0].job_id.partition("_")[0]

    def _make_private(self) -> None:
        """Makes the folder, for this user alone: the database's URL is in there, and may hold a password."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        for path in self.folder.iterdir():
            if path.is_file() and not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o700)

    def cancel(self, waiting: bool = False) -> bool:
        """Cancels the jobs: their drivers stop after the step under way, and leave their trials resumable.

        Args:
            waiting: Only those that do not run yet.

        Returns:
            Whether none is left to cancel; False if SLURM does not answer.
        """
        living = self.living()
        if not living:
            return living is not None
        return _ask("scancel", *(["--state=PENDING"] if waiting else []), *living) is not None


def check_slurm() -> None:
    """Looks whether jobs can be submitted from here.

    Raises:
        InputError: If not.
    """
    if find_spec("submitit") is None:
        raise InputError("--executor slurm needs submitit: pip install 'sentence-sweeper[slurm]'")
    missing = [name for name in ("sbatch", "srun", "squeue", "scancel") if shutil.which(name) is None]
    if missing:
        raise InputError(
            f"--executor slurm: no {missing[0]} here: use it on a machine from which SLURM jobs are submitted"
        )


def check_storage(storage: str, slurm: Slurm) -> None:
    """Looks whether the nodes can share the database.

    Raises:
        InputError: If it is an SQLite file and the jobs may run on other machines: SQLite's write-ahead log
            is memory that the processes of one machine share, and over NFS it corrupts the file.
    """
    if not storage.startswith("sqlite"):
        return
    chosen = [f"--{_SINFO_NAMES[key]}={value}" for key, value in slurm.sbatch.items() if key in _SINFO_NAMES]
    listed = _ask("sinfo", "--noheader", "--Node", "--format=%n", *chosen)
    elsewhere = sorted(
        {
            node
            for node in (listed or "").split()
            if node.partition(".")[0] != platform.node().partition(".")[0]
        }
    )
    # Where there is no such node at all, SLURM refuses the jobs and says why.
    if elsewhere or listed is None:
        where = (
            f"the jobs may run on {elsewhere[0]}" if elsewhere else "SLURM does not say where the jobs run"
        )
        raise InputError(
            f"an SQLite database serves the processes of one machine, and {where}: name a PostgreSQL "
            "database with --storage postgresql://user@host/database (a study moves with: sweeper db copy)"
        )


def sbatch_parameters(texts: Sequence[str]) -> dict[str, str]:
    """Parameters of sbatch, each written as ``KEY=VALUE``.

    Raises:
        InputError: If one is written otherwise, or is not the user's to give.
    """
    found = {}
    for text in texts:
        match = PARAMETER.fullmatch(text.removeprefix("--"))
        if match is None:
            raise InputError(f"--sbatch {text!r}: write for example partition=gpu")
        if match["key"] in TAKEN:
            hint = "use --job-time" if match["key"] == "time" else "sweeper sets it itself"
            raise InputError(f"--sbatch {text!r}: {hint}")
        found[match["key"]] = match["value"]
    return found


@contextmanager
def _for_this_user() -> Iterator[None]:
    """Makes files that nobody else may read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _outside_jobs() -> Iterator[None]:
    """Hides the variables of the job in which this process may itself be: the new jobs would inherit them."""
    from submitit.helpers import clean_env, environment_variables

    if "SLURM_JOB_ID" not in os.environ:
        yield
        return
    kept = {name: os.environ[name] for name in ("SLURM_CONF",) if name in os.environ}
    with clean_env(), environment_variables(**kept):
        yield


def _ask(*command: str) -> str | None:
    """What one of SLURM's commands prints; None if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
