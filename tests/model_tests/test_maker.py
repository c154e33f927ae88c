"""The name of a temporary file says whose it is: a dead process has left it, one of another host may live."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import psutil
import pytest

from model import maker
from model.maker import STALE_SECONDS, in_this_boot, is_left, is_marked, lives, temporary_name

MADE = "from model.maker import temporary_name; print(temporary_name('x'))"


def of_a_dead_process() -> str:
    done = subprocess.run([sys.executable, "-c", MADE], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def made(folder: Path, name: str, age: float = 0.0) -> Path:
    path = folder / name
    (path / "below").mkdir(parents=True)
    for one in (path / "below", path):
        os.utime(one, (0, time.time() - age))
    return path


def test_what_a_dead_process_of_this_host_made_is_left(tmp_path: Path) -> None:
    assert is_left(made(tmp_path, of_a_dead_process()))
    assert not is_left(made(tmp_path, temporary_name("x")))
    # A process that has the number of a dead one.
    host, pid, began, token = temporary_name("y").rpartition(".")[2].split("-")
    assert is_left(made(tmp_path, f".y.{host}-{pid}-{began[::-1]}-{token}"))


@pytest.mark.parametrize("name", [".building-1a2b", ".config.json.1a2b3c4d", "replay-abc", ".y.z-1-2-3"])
def test_what_nobody_signed_is_left_after_a_week(name: str, tmp_path: Path) -> None:
    assert not is_left(made(tmp_path / "new", name, STALE_SECONDS - 60))
    path = made(tmp_path / "old", name, STALE_SECONDS + 60)
    assert is_left(path)
    (path / "below/epoch").touch()
    assert not is_left(path)


def test_another_host_that_shares_the_folder_may_be_alive(tmp_path: Path) -> None:
    with patch.object(maker, "host", lambda: "elsewhere"):
        name = temporary_name("x")
    assert not is_left(made(tmp_path / "new", name))
    assert is_left(made(tmp_path / "old", name, STALE_SECONDS + 60))


def test_a_name_is_hidden_short_enough_and_nobody_else_s() -> None:
    names = {temporary_name("n" * 255) for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith(".n") and len(name) <= 255 for name in names)


def test_what_a_living_process_of_this_host_made_is_never_left(tmp_path: Path) -> None:
    """A sweep may last for weeks, and nothing in the folder of its sockets changes meanwhile."""
    assert not is_left(made(tmp_path, temporary_name("x"), 3 * STALE_SECONDS))


def test_a_mark_of_an_earlier_version_is_read_as_before(tmp_path: Path) -> None:
    with patch.object(maker, "_here", lambda: maker._digest(maker.host())):
        name = temporary_name("x")
    assert not is_left(made(tmp_path, name, STALE_SECONDS + 60))
    began = name.split("-")[-2]
    assert is_left(made(tmp_path, name.replace(began, began[::-1])))


def test_of_another_boot_only_its_age_tells(tmp_path: Path) -> None:
    """Another machine may have the same name."""
    with patch.object(maker, "_boot", lambda: "0a1b2c3d-0000"):
        name = temporary_name("x")
        assert in_this_boot("0a1b2c3d-4567")
    assert not is_left(made(tmp_path / "new", name))
    assert is_left(made(tmp_path / "old", name, STALE_SECONDS + 60))
    assert not in_this_boot("0a1b2c3d-4567")
    assert in_this_boot(maker.began(psutil.Process()))


def test_only_what_is_marked_is_ours() -> None:
    assert is_marked(Path("folder") / temporary_name("x"))
    for name in (".ssh", ".env", ".venv", ".git", ".x.0a1b2c3d-12", "replay-abc", temporary_name("x") + "~"):
        assert not is_marked(Path(name))


def test_of_a_process_that_the_system_hides_nothing_is_known(tmp_path: Path) -> None:
    path = made(tmp_path, temporary_name("x"))
    hidden = psutil.NoSuchProcess(os.getpid())
    with patch.object(psutil, "Process", side_effect=hidden):
        assert lives(os.getpid(), lambda began: True) is None
        with patch.object(os, "kill", side_effect=PermissionError):
            assert lives(os.getpid(), lambda began: True) is None
            assert not is_left(path)
        with patch.object(os, "kill", side_effect=ProcessLookupError):
            assert lives(os.getpid(), lambda began: True) is False
            assert is_left(path)
    with patch.object(maker, "began", side_effect=PermissionError):
        assert lives(os.getpid(), lambda began: True) is None


def test_a_process_that_only_waits_to_be_collected_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert lives(process.pid, lambda began: True) is True
    process.send_signal(signal.SIGKILL)
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert lives(process.pid, lambda began: True) is False
    process.communicate()
