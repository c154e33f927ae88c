"""What is asked of SLURM, and what its jobs run: without SLURM, whose commands are scripts here."""

import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.executors import slurm
from sweeper.executors.slurm import Jobs, Slurm, Worker, check_slurm, check_storage, sbatch_parameters
from sweeper.store.owners import Owner

JOB = Slurm(workers=2, seconds=3600.0)
HERE = Owner.this_process().host.partition("/")[0]

# Stops for SIGTERM only; has nothing left to do when it is started for the second time.
DRIVER = """
import os, pathlib, signal, sys, time
notes = pathlib.Path(sys.argv[1])
started = notes.exists()
def stop(number, frame):
    notes.write_text("stopped")
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
with notes.open("a") as file:
    file.write(f"{os.getppid()} {os.getpid()}\\n")
while not started:
    time.sleep(0.01)
"""


def program(folder: Path, name: str, text: str) -> None:
    """Puts a command into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which alone commands are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path / "commands"))
    return tmp_path / "commands"


def test_parameters_of_sbatch() -> None:
    texts = ["partition=gpu", "--mem=16G", "comment=a = b", "cpus-per-task=4"]
    assert sbatch_parameters(texts) == {
        "partition": "gpu",
        "mem": "16G",
        "comment": "a = b",
        "cpus-per-task": "4",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gpu", "write for example partition=gpu"),
        ("partition=", "write for example partition=gpu"),
        ("comment=a\n#SBATCH --wrap=b", "write for example partition=gpu"),
        ("a b=c", "write for example partition=gpu"),
        ("time=4:00:00", "use --job-time"),
        ("array=0-99", "sweeper sets it itself"),
    ],
)
def test_what_is_no_parameter_of_sbatch(text: str, why: str) -> None:
    with pytest.raises(InputError, match=f"^--sbatch .*: {why}$"):
        sbatch_parameters([text])


def test_without_slurm_the_command_says_so(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "find_spec", lambda _: True)
    with pytest.raises(InputError, match="--executor slurm: no sbatch here"):
        check_slurm()
    for name in ("sbatch", "srun", "squeue", "scancel"):
        program(commands, name, "exit 1")
    check_slurm()


def test_without_submitit_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'sentence-sweeper\[slurm\]'"):
        check_slurm()


def test_sqlite_is_for_jobs_on_this_machine(commands: Path) -> None:
    file = "sqlite:////folder/studies.db"
    check_storage("postgresql://user@host/database", JOB)
    with pytest.raises(InputError, match="SLURM does not say where the jobs run: name a PostgreSQL database"):
        check_storage(file, JOB)
    program(commands, "sinfo", f'echo {HERE}; test "$4" = --nodes={HERE} || echo elsewhere')
    with pytest.raises(InputError, match="the jobs may run on elsewhere: name a PostgreSQL database"):
        check_storage(file, JOB)
    check_storage(file, Slurm(2, 60.0, {"nodelist": HERE}))


def test_the_jobs_that_live(commands: Path, tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "jobs")
    assert jobs.living() == {}
    jobs.folder.mkdir()
    for array in (7, 8):
        (jobs.folder / f"{array}_submission.sh").touch()
    assert jobs.living() is None
    assert not jobs.cancel()
    program(commands, "squeue", "echo 7 RUNNING; echo 7 PENDING; echo 7 PENDING; echo 9 RUNNING")
    assert jobs.living() == {"7": Counter(running=1, pending=2)}
    program(commands, "scancel", f'echo "$@" >> {tmp_path}/cancelled')
    assert jobs.cancel(waiting=True)
    assert jobs.cancel()
    assert (tmp_path / "cancelled").read_text() == "--state=PENDING 7\n7\n"
    program(commands, "scancel", "exit 1")
    assert not jobs.cancel()


@pytest.mark.parametrize("code", [0, 1])
def test_a_job_ends_well_though_trials_have_failed(code: int) -> None:
    assert Worker([sys.executable, "-c", f"raise SystemExit({code})"], {})() == code


@pytest.mark.parametrize(("how", "code"), [("raise SystemExit(2)", 2), ("os.kill(os.getpid(), 9)", -9)])
def test_a_job_whose_driver_broke_has_failed(how: str, code: int) -> None:
    with pytest.raises(RuntimeError, match=f"exit code {code};"):
        Worker([sys.executable, "-c", f"import os; {how}"], {})()


def test_a_warned_job_stops_its_driver_and_is_requeued(tmp_path: Path) -> None:
    submitit = pytest.importorskip("submitit")
    notes = tmp_path / "notes"
    # submitit's own twin of SLURM: a process here, started again when it asks to be requeued.
    executor = submitit.LocalExecutor(tmp_path / "jobs")
    executor.update_parameters(timeout_min=2)
    job = executor.submit(Worker([sys.executable, "-c", DRIVER, str(notes)], {}))
    deadline = time.monotonic() + 60
    while not (notes.exists() and notes.read_text().endswith("\n")):
        assert time.monotonic() < deadline, "the driver does not start"
        time.sleep(0.05)
    task, driver = map(int, notes.read_text().split())
    # As SLURM does, to every process of the job.
    os.kill(driver, signal.SIGUSR2)
    os.kill(task, signal.SIGUSR2)
    assert job.result() == 0
    assert notes.read_text().startswith("stopped"), "the driver was not asked to stop"
    assert notes.read_text().count("\n") == 1, "it was started again once"


def test_a_warning_that_interrupts_no_wait_is_heard() -> None:
    """As when it comes just before the wait: here another thread gets it, so that the wait goes on."""
    worker = Worker([sys.executable, "-c", "import time; time.sleep(30)"], {})

    def warn() -> None:
        while not worker._driver:
            time.sleep(0.01)
        time.sleep(0.5)  # the worker waits by now
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)

    before = signal.signal(signal.SIGUSR2, lambda *_: os.kill(worker._driver, signal.SIGTERM))
    warner = threading.Thread(target=warn)
    warner.start()
    try:
        with pytest.raises(RuntimeError, match="exit code -15;"):
            worker()
    finally:
        warner.join()
        signal.signal(signal.SIGUSR2, before)
