"""The name of a temporary file says whose it is: a dead process has left it, one of another host may live."""

import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from model import maker
from model.maker import STALE_SECONDS, is_left, temporary_name

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
