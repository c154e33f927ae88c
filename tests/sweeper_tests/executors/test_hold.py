"""A run folder belongs to one attempt: others wait, and where locks do not work they harm nobody."""

import errno
import fcntl
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sweeper.executors import process
from sweeper.executors.hold import Hold
from sweeper.executors.process import run_trial
from sweeper.executors.protocol import Evaluated, Failed, Finished, Noted, Started, Stopped, Waiting
from tests.sweeper_tests.executors.story import job, scores

HOLDS = """
import sys, time
from pathlib import Path
from sweeper.executors.hold import Hold
with Hold(Path(sys.argv[1])) as hold:
    print(hold.take(), flush=True)
    sys.stdin.read()
"""


@contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a folder until its standard input ends."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == "True\n"
        yield held
        held.kill()


def test_one_process_has_it_until_it_ends_however_it_ends(tmp_path: Path) -> None:
    with Hold(tmp_path) as hold:
        with another(tmp_path) as held:
            assert not hold.take()
            assert hold.holder() == f"process {held.pid} on {platform.node()}"
            held.kill()
            held.wait()
            assert hold.take()
            assert hold.sure
        assert not Hold(tmp_path).take()
    assert list(tmp_path.iterdir()) == []


def test_a_trial_waits_for_an_earlier_attempt_and_says_so(tmp_path: Path) -> None:
    mine = job(tmp_path)
    with another(mine.rundir) as held:
        events = run_trial(mine, lambda: False)
        said = f"waits until process {held.pid} on {platform.node()} has left its folder"
        assert [next(events), next(events)] == [Waiting(mine.number), Noted(mine.number, said)]
        held.communicate("")
        assert isinstance(next(events), Started)
        assert [type(event) for event in events][-1] is Finished


def test_it_does_not_wait_for_ever_and_names_the_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "HOLD_SECONDS", 0.3)
    mine = job(tmp_path)
    with another(mine.rundir) as held:
        *_, failed = run_trial(mine, lambda: False)
        assert isinstance(failed, Failed)
        assert failed.message.startswith(f"FolderInUseError: process {held.pid} on {platform.node()} has not")
        assert (failed.in_use, failed.disk_full) == (True, False)
        assert list(run_trial(mine, lambda: True)) == [Stopped(mine.number)]


def test_what_a_killed_attempt_was_writing_is_gone_with_the_next(tmp_path: Path) -> None:
    mine = job(tmp_path)
    for name in (".best.safetensors.0a1b", ".writing-3", "checkpoints/.000001.000000"):
        (mine.rundir / name).mkdir(parents=True)
    (mine.rundir / ".lock").write_text("process 1 on nowhere")
    assert isinstance(list(run_trial(mine, lambda: False))[-1], Finished)
    assert not list(mine.rundir.rglob(".*"))


def test_two_attempts_at_once_do_not_fail_where_locks_do_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", refuses)
    mine = job(tmp_path)
    attempts = [run_trial(mine, lambda: False) for _ in range(2)]
    told: list[list[object]] = [[], []]
    for number in (0, 0, 1, 1, 0, 1, 1, 0, 1, 0):
        told[number].append(next(attempts[number]))
    for number in (0, 1):
        told[number] += attempts[number]
        assert isinstance(told[number][-1], Finished), told[number][-1]
        assert [one.result.epoch for one in told[number] if isinstance(one, Evaluated)] == [1, 2, 3]
    assert scores(list(run_trial(mine, lambda: False)))  # type: ignore[arg-type]
