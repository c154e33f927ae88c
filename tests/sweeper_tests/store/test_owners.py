"""Whose a trial is: a driver is dead only if it surely is."""

import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from sweeper.store.owners import Owner, _began


def test_this_process_lives() -> None:
    assert not Owner.this_process().is_dead()


@pytest.mark.parametrize("host", ["node-1", "fe80::1", "a:b"])
def test_text_and_back(host: str) -> None:
    owner = Owner(host, 123, "0a1b2c3d-4567")
    assert Owner.parse(str(owner)) == owner


def test_a_process_that_ended_is_dead_also_before_it_is_collected() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(Owner.this_process(), pid=process.pid, began=_began(psutil.Process(process.pid)))
    assert not owner.is_dead()
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert owner.is_dead()
    process.communicate()
    assert owner.is_dead()


def test_a_pid_used_again_is_another_driver() -> None:
    mine = Owner.this_process()
    assert not mine.is_dead()
    assert replace(mine, began=f"{mine.began}0").is_dead()


def test_a_clock_that_is_set_kills_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Owner.this_process()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: 12345.0)
    assert Owner.this_process() == mine
    assert not mine.is_dead()


def test_another_host_cannot_be_judged() -> None:
    assert not replace(Owner.this_process(), host="elsewhere", pid=1, began="1").is_dead()
