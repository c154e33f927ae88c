"""Each start, and `sweeper clean`, remove what is of no use any more, and nothing else."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from model.maker import STALE_SECONDS, temporary_name
from sweeper.executors.hold import Hold
from sweeper.paths import Home
from sweeper.study.study import Study
from sweeper.sweep.files import RunFiles
from sweeper.sweep.leftovers import CACHE_SECONDS, FAILED, Leftover, sweep_leftovers
from tests.model_tests.test_maker import of_a_dead_process
from tests.sweeper_tests.driven import drive, open_study
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.typed import Command, contents

CHECKPOINT = "checkpoints/000001.000000/model.safetensors"


def put(file: Path, size: int = 1000) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(size))
    return file


@pytest.fixture
def runs(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five trials complete, one that failed, and none under way."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    (tmp_path / "system").mkdir()
    monkeypatch.setenv("SWEEPER_HOME", str(tmp_path))
    drive(tmp_path, study, InstantExecutor(fails=frozenset({3})), wanted=6)
    return tmp_path / "runs" / study.name


def start(study: Study, folder: Path) -> None:
    with open_study(folder, study) as store:
        sweep_leftovers(RunFiles.of(Home(folder), store), store.trials.standings())


def test_a_start_removes_what_killed_processes_left(study: Study, runs: Path, tmp_path: Path) -> None:
    dead, system = of_a_dead_process(), tmp_path / "system"
    put(system / "pymp-dead" / "listener")
    (system / dead.replace(".x.", ".sweeper.")).write_text("pymp-dead")
    gone = [
        put(runs / "0" / CHECKPOINT),  # killed between the outcome and what follows from it
        put(runs / "0" / ".best.safetensors.12"),
        put(runs / "0" / ".lock"),
        put(tmp_path / "cache/tokens" / dead / "ids.npy"),
        put(tmp_path / dead / "checkpoints"),
        system / "pymp-dead",
        *system.glob(".sweeper.*"),
    ]
    put(system / "pymp-alive" / "listener")
    put(system / temporary_name("sweeper")).write_text("pymp-alive")
    kept = [
        put(runs / "3" / CHECKPOINT),  # `retry` goes on from it
        put(runs / "7" / CHECKPOINT),  # of no trial that is known here
        put(runs / "0" / "predictions.npz"),
        put(tmp_path / "cache/tokens" / temporary_name("x") / "ids.npy"),
        put(tmp_path / "cache/tokens" / "entry" / "ids.npy"),
        put(tmp_path / temporary_name("replay") / "log.txt"),
        *system.glob("pymp-alive"),
    ]
    held = put(runs / "1" / CHECKPOINT)
    with Hold(runs / "1") as hold:
        assert hold.take()
        start(study, tmp_path)
        assert held.exists()
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
    start(study, tmp_path)
    assert not held.exists()


def age(*paths: Path) -> None:
    """Makes files, and what is in folders, older than a week."""
    moment = time.time() - STALE_SECONDS - 60
    for path in paths:
        for each in (*path.rglob("*"), path):
            os.utime(each, (moment, moment))


def test_what_is_not_ours_stays_in_a_home_that_is_the_user_s_own(
    study: Study, runs: Path, tmp_path: Path
) -> None:
    names = (".ssh/id", ".env", ".venv/bin/python", ".git/HEAD", "replay-of-mine/a.txt", ".x.0a1b2c3d-1/a")
    folders = (tmp_path, tmp_path / "runs", tmp_path / "cache")
    foreign = [put(folder / name) for name in names for folder in folders]
    foreign.append(put(tmp_path / "system" / ".sweeper.conf"))
    earlier = [put(runs / ".removed-1a2b/a"), put(tmp_path / "cache/tokens/.building-1a2b/ids.npy")]
    age(tmp_path)
    start(study, tmp_path)
    assert [path for path in foreign if not path.exists()] == []
    assert [path for path in earlier if path.exists()] == []


def test_the_sockets_of_a_sweep_that_has_lasted_for_weeks_stay(
    study: Study, runs: Path, tmp_path: Path
) -> None:
    system = tmp_path / "system"
    sockets = put(system / "pymp-alive" / "listener")
    put(system / temporary_name("sweeper")).write_text("pymp-alive")
    dead = put(system / "pymp-dead" / "listener")
    (system / of_a_dead_process().replace(".x.", ".sweeper.")).write_text("pymp-dead")
    age(system)
    start(study, tmp_path)
    assert sockets.exists()
    assert not dead.exists()


def test_the_weights_of_the_best_of_each_arm_stay(study: Study, runs: Path, tmp_path: Path) -> None:
    for number in range(6):
        put(runs / str(number) / "best.safetensors")
    start(study, tmp_path)
    with open_study(tmp_path, study) as store:
        rows = [row for row in store.trials.rows() if row.scores]
    best = {arm: max((row for row in rows if row.arm == arm), key=lambda row: row.scores["overall"])  # type: ignore[index]
            for arm in {row.arm for row in rows}}  # fmt: skip
    assert {int(file.parent.name) for file in runs.glob("*/best.safetensors")} == {
        3,  # which has failed, and may be retried
        *(row.number for row in best.values()),
    }


def test_clean_says_what_it_would_free_and_frees_it(
    study: Study, runs: Path, tmp_path: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPER_HOME", str(tmp_path))
    put(runs / "3" / CHECKPOINT, 3000)
    put(runs / "0" / CHECKPOINT, 2500)
    put(runs / "0" / "predictions.npz", 500)
    read = put(tmp_path / "cache/tokens/read/ids.npy", 700)
    unread = put(tmp_path / "cache/tokens/unread/ids.npy", 800)
    moment = time.time() - CACHE_SECONDS - 60
    os.utime(unread, (moment, moment))
    said = sweeper("status", study.name).out
    assert re.search(r"disk: 6\.\d kB in .* \(checkpoints 5\.5 kB, weights 0 B, predictions 500 B,", said)

    before = contents(runs)
    said = sweeper("clean", study.name).out
    assert f"checkpoints of finished trials: 1, 2.5 kB, in {runs}\n" in said
    assert f"{FAILED}: 1, 3.0 kB, in {runs}\n" in said
    assert said.endswith("5.5 kB in all; remove it with --yes.\n")
    assert "tokenised" not in said
    assert contents(runs) == before

    assert sweeper("clean", "--yes").out.endswith("Freed 6.3 kB.\n")
    assert not unread.exists()
    assert read.exists()
    assert not list(runs.rglob("checkpoints"))
    assert (runs / "0" / "predictions.npz").exists()
    assert sweeper("clean").out == "Nothing to free.\n"
    assert sweeper("status", study.name).code == 0


def test_a_killed_driver_s_sockets_go_with_the_next_start(tmp_path: Path, study: Study, runs: Path) -> None:
    system = tmp_path / "system"
    script = "import os, signal\nfrom sweeper.executors import local\nlocal._note_sockets()\n"
    kill = script + "os.kill(os.getpid(), signal.SIGKILL)"
    environment = {**os.environ, "TMPDIR": str(system)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    assert list(system.iterdir()) == []
    subprocess.run([sys.executable, "-c", kill], check=False, env=environment)
    assert len(list(system.iterdir())) == 2
    start(study, tmp_path)
    assert list(system.iterdir()) == []


def test_clean_leaves_what_was_retried_since_it_looked(
    study: Study, runs: Path, tmp_path: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [put(runs / "3" / CHECKPOINT), put(runs / "3" / "best.safetensors")]
    remove = Leftover.remove

    def after_a_retry(leftover: Leftover) -> bool:
        with open_study(tmp_path, study) as store:
            store.retry()
        return remove(leftover)

    monkeypatch.setenv("SWEEPER_HOME", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(Leftover, "remove", after_a_retry)
        said = sweeper("clean", study.name, "--yes").out
    assert said.startswith("2 stay: they are in use, or this user may not remove them.\n")
    assert all(path.exists() for path in left)


def test_a_failed_trial_s_folder_is_tidied_unless_another_attempt_holds_it(
    study: Study, runs: Path, tmp_path: Path
) -> None:
    left, checkpoint = put(runs / "3" / ".best.safetensors.12"), put(runs / "3" / CHECKPOINT)
    with open_study(tmp_path, study) as store:
        files = RunFiles.of(Home(tmp_path), store)
    with Hold(runs / "3") as hold:
        assert hold.take()
        files.tidy(3, checkpoints=False)
        assert left.exists()
        assert hold.file.exists()
    files.tidy(3, checkpoints=False)
    assert not left.exists()
    assert not hold.file.exists()
    assert checkpoint.exists()
