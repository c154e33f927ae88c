"""`--executor slurm` on a real slurmctld and slurmd, which are started for it.

That a study finishes on several jobs stands in ``tests/docs_tests/test_machines.py``.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from sweeper.trial import RunState
from tests.faults.postgresql import new_database
from tests.faults.sweep import Sweep
from tests.slurm.cluster import asked, cluster, missing
from tests.slurm.timelimit import assert_resumed, counted, logs, start, wait_for

SECRET = "0pen-s3same"

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def slurm() -> Iterator[Mapping[str, str]]:
    pytest.importorskip("submitit")
    # A socket's path must be short, which that of pytest's folders is not.
    with tempfile.TemporaryDirectory(prefix="slurm-") as name, cluster(Path(name)) as variables:
        yield variables


@pytest.fixture
def storage(postgresql: sa.URL, tmp_path: Path) -> str:
    """A database of its own on a server that trusts everybody, at an address with a password."""
    own = sa.make_url(new_database(postgresql.render_as_string(hide_password=False), tmp_path.name))
    return own.set(password=SECRET).render_as_string(hide_password=False)


def arrays(sweep: Sweep) -> list[str]:
    """Numbers of the job arrays that were submitted."""
    files = sorted((sweep.home / "slurm" / sweep.name).glob("*_submission.sh"))
    return [file.name.partition("_")[0] for file in files]


def test_a_warned_job_is_requeued_and_nobody_need_watch(
    slurm: Mapping[str, str], storage: str, tmp_path: Path
) -> None:
    sweep = counted(Sweep(tmp_path / "home", 1, workload="requeued", storage=storage, environment=slurm))
    run = start(sweep)
    wait_for(sweep, "trial 0 epoch 1/")
    [job] = arrays(sweep)
    run.interrupt()
    # What SLURM sends before the limit; a job of 4 hours is not waited for.
    subprocess.run(["scancel", "--signal=USR2", job], env=os.environ | slurm, check=True)
    assert run.end(60) == 130
    assert run.errors.startswith("The jobs go on"), run.errors
    assert run.errors.endswith(f"scancel {job}\n"), run.errors
    assert SECRET not in "".join([*run.lines, run.errors])
    again = start(sweep)
    assert (again.end(400), again.errors) == (0, ""), again.errors
    assert arrays(sweep) == [job], "the job lives, and no other is needed"
    assert assert_resumed(sweep) == 1


def test_a_cancelled_job_leaves_its_trial_resumable_and_a_password_nowhere_but_in_what_jobs_are_given(
    slurm: Mapping[str, str], storage: str, tmp_path: Path
) -> None:
    sweep = Sweep(tmp_path / "home", 1, workload="requeued", storage=storage, environment=slurm)
    run = start(sweep)
    wait_for(sweep, "trial 0 epoch 1/")
    shown = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert "sweeper resume" in shown
    assert SECRET not in shown
    asked(slurm, "scancel", *arrays(sweep))
    assert run.end(60) == 2
    assert "Error: the jobs have ended, and 1 of 1 trials are left: see the logs in" in run.errors
    assert sweep.gone(), sweep.processes()
    [row] = sweep.runs()
    assert (row.state, row.owner) == (RunState.RUNNING, None)
    [log] = logs(sweep)
    assert "stopping after the step under way" in log
    assert "was killed" not in log
    report = sweep.command("report", sweep.name, "--folder", str(tmp_path / "reports"))
    assert report.end(60) == 0
    assert SECRET not in "".join([*run.lines, run.errors, *report.lines, report.errors])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    told = [path for path in files if SECRET.encode() in path.read_bytes()]
    assert {path.suffix for path in told} == {".pkl"}
    assert not any(place.stat().st_mode & 0o077 for path in told for place in (path, path.parent))


def test_what_slurm_refuses_is_one_line(slurm: Mapping[str, str], tmp_path: Path) -> None:
    sweep = Sweep(tmp_path / "home", 1, environment=slurm)
    run = start(sweep, "--sbatch", "constraint=nothing")
    assert run.end(60) == 2
    assert run.errors.count("\n") == 1
    assert run.errors.startswith("Error: SLURM refuses the jobs: sbatch: error: "), run.errors
