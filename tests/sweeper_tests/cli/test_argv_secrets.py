"""A password in every place where a URL may stand is shown nowhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.executors.slurm import Jobs, Slurm, Worker
from sweeper.paths import Home
from sweeper.study.load import load_study
from sweeper.study.workload import Resources
from sweeper.sweep import slurm
from sweeper.sweep.order import Order, Places
from sweeper.sweep.stopping import Limits
from sweeper.url import Url
from tests.sweeper_tests.typed import SMALL, STUDY, exit_code, write

SECRET = "0pen-s3same"
USER_INFO = f"postgresql://bob:{SECRET}@127.0.0.1:9/db"
PARAMETER = f"postgresql://127.0.0.1:9/db?user=bob&password={SECRET}"
SHARED = f"memory://KEY:{SECRET}@bucket"


def typed(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sweeper", *arguments],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def working(tmp_path: Path) -> Path:
    write(tmp_path / "studies/mine.yaml", STUDY)
    write(tmp_path / "studies/workloads/small.yaml", SMALL)
    return tmp_path


def leaks(folder: Path) -> list[Path]:
    """Files with the secret in them."""
    return [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (("list", "--storage", USER_INFO), {}),
        (("--debug", "list", "--storage", PARAMETER), {}),
        (("list",), {"SWEEPER_STORAGE": PARAMETER}),
        (("list", "--storage", f"mysql://bob:{SECRET}@h/db"), {}),
        (("list", "--storage", f"sqlite:///x.db?password={SECRET}"), {}),
        (("list", "--storage", f"bob:{SECRET}@h"), {}),
        (("db", "copy", USER_INFO, PARAMETER), {}),
        (("list",), {"SWEEPER_HOME": SHARED}),
        (("run", "mine", "--storage", "sqlite:///x.db"), {"SWEEPER_HOME": f"nosuch://KEY:{SECRET}@b"}),
        (("run", "mine", "--ray-address", f"ray://bob:{SECRET}@h:9"), {}),
    ],
)
def test_no_error_repeats_a_password(
    arguments: tuple[str, ...],
    variables: dict[str, str],
    working: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(working)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code, said = exit_code(*arguments), "".join(capfd.readouterr())
    assert code == 2
    assert said
    assert SECRET not in said
    assert leaks(working) == []


def test_an_address_of_ray_repeats_no_password(working: Path) -> None:
    # In a process of its own: one that is connected to a cluster asks for no other address.
    address = {"RAY_ADDRESS": f"ray://bob:{SECRET}@127.0.0.1:9"}
    code, said = typed(working, "run", "mine", "--executor", "ray", **address)
    assert code == 2
    assert said
    assert SECRET not in said
    assert leaks(working) == []


def test_a_whole_study_leaves_no_password_behind(working: Path) -> None:
    home = {"SWEEPER_HOME": SHARED, "MLFLOW_TRACKING_URI": f"http://bob:{SECRET}@127.0.0.1:9"}
    storage = ("--storage", f"sqlite:///{working}/studies.db")
    options = ("--trials", "2", "--executor", "inline", "--log", "mlflow", *storage)
    code, said = typed(working, "run", "mine", *options, **home, HOME=str(working))
    assert code == 0, said
    assert "log mlflow ends here" in said
    code, told = typed(working, "report", "mine", *storage, **home, HOME=str(working))
    assert code == 0, told
    assert SECRET not in said + told
    assert list(working.rglob("predictions.npz"))
    assert leaks(working) == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc here")
def test_ps_does_not_show_a_password(working: Path) -> None:
    # Waits for the server, which does not answer.
    command = [sys.executable, "-m", "sweeper", "run", "mine", "--storage", USER_INFO]
    with subprocess.Popen(command, cwd=working, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert b"waiting for the database" in said
        shown = subprocess.run(
            ["ps", "-ww", "-o", "args=", "-p", str(process.pid)], capture_output=True, check=True
        ).stdout
        process.terminate()
        said += process.stdout.read()
    assert b"postgresql://bob:***@127.0.0.1:9/db" in shown
    assert SECRET.encode() not in shown + said
    assert process.returncode == 143


def test_a_job_gets_the_password_by_its_environment(
    working: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(working)
    from rich.console import Console

    places = Places(Url(USER_INFO), Home(working / "home"), None)
    order = Order(load_study("mine"), 1, places, Console(), Limits())
    worker = slurm._worker(order, USER_INFO, "uuid")
    assert SECRET not in " ".join(worker._command)
    assert worker._command[-4:-2] == ["resume", "uuid"]
    assert worker._environment["SWEEPER_STORAGE"] == USER_INFO
    shows = 'import os, sys; assert os.environ["SWEEPER_STORAGE"] == sys.argv[1]'
    assert Worker([sys.executable, "-c", shows, USER_INFO], worker._environment)() == 0
    # A home behind a URL is the jobs' home too, and not this machine's copy of it.
    monkeypatch.setenv("SWEEPER_HOME", f"{SHARED}/")
    shared = Order(order.study, 1, Places(Url(USER_INFO), Home.from_environment(), None), Console(), Limits())
    for name, value in slurm._worker(shared, USER_INFO, "uuid")._environment.items():
        monkeypatch.setenv(name, value)
    assert Home.from_environment() == shared.places.home


def test_the_folder_of_jobs_is_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("submitit")
    jobs = Jobs(tmp_path / "slurm")
    jobs.folder.mkdir(mode=0o755)
    (jobs.folder / "1_submitted.pkl").write_bytes(b"")
    (jobs.folder / "1_submitted.pkl").chmod(0o644)
    (tmp_path / "sbatch").write_text("#!/bin/sh\necho Submitted batch job 7\n")
    (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    jobs.submit("mine", 1, Worker(["true"], {"SWEEPER_STORAGE": USER_INFO}), Slurm(1, 60.0), Resources())
    assert jobs.folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o077 for path in jobs.folder.iterdir()}
    assert len(modes) > 1
    assert set(modes.values()) == {0}
