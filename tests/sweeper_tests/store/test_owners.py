"""Whose a trial is, and when it is free: processes tell here, renewals elsewhere, clocks never."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import psutil
import pytest

from model.maker import began
from sweeper.errors import DatabaseError
from sweeper.store.owners import Life, Liveness, Owner
from tests.faults.stepped import Stage

ME = Owner.this_process()
DEAD = str(replace(ME, began="another"))
ELSEWHERE = str(Owner("elsewhere", 1, "1"))
OF_ANOTHER_BOOT = str(replace(ME, began="00000000-1"))
LEASE = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("host", ["node-1", "fe80::1", "a:b"])
def test_text_and_back(host: str) -> None:
    owner = Owner(host, 123, "0a1b2c3d-4567")
    assert Owner.parse(str(owner)) == owner


@pytest.mark.parametrize("text", ["", "node-1", "node-1:x:0a1b", "a\nb"])
def test_what_is_no_driver_is_damage(text: str) -> None:
    with pytest.raises(DatabaseError, match="is no driver: the database is damaged"):
        Owner.parse(text)


def test_a_process_that_ended_is_dead_also_before_it_is_collected() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(Owner.this_process(), pid=process.pid, began=began(psutil.Process(process.pid)))
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


def test_another_boot_cannot_be_judged() -> None:
    """Another machine may have the name of this one."""
    other = replace(ME, began=f"{'0' * 8}-{ME.began.partition('-')[2]}")
    assert not other.is_here()
    assert not other.is_dead()


def test_a_process_that_the_system_hides_cannot_be_judged() -> None:
    with patch.object(psutil, "Process", side_effect=psutil.NoSuchProcess(ME.pid)):
        with patch.object(os, "kill", side_effect=PermissionError):
            assert not ME.is_here()
            assert not ME.is_dead()
        with patch.object(os, "kill", side_effect=ProcessLookupError):
            assert ME.is_dead()


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def liveness(stage: Stage) -> Liveness:
    return Liveness("elsewhere:7:7", 60.0, stage)


@pytest.mark.parametrize("expired", [False, True])
def test_on_this_host_the_process_tells(liveness: Liveness, expired: bool) -> None:
    assert liveness.judge(0, str(ME), LEASE, expired) is Life.ALIVE
    assert liveness.judge(0, DEAD, LEASE, expired) is Life.GONE
    assert liveness.judge(0, None, None, expired) is Life.GONE
    assert liveness.judge(0, "elsewhere:7:7", LEASE, expired) is Life.GONE


@pytest.mark.parametrize("owner", [ELSEWHERE, OF_ANOTHER_BOOT], ids=["host", "boot"])
def test_elsewhere_an_expired_lease_tells(owner: str, liveness: Liveness) -> None:
    assert liveness.judge(0, owner, LEASE, expired=False) is Life.UNKNOWN
    assert liveness.judge(0, owner, LEASE, expired=True) is Life.GONE


def test_elsewhere_a_renewal_tells_and_who_renewed_once_may_die_all_the_same(
    liveness: Liveness, stage: Stage
) -> None:
    later = LEASE + timedelta(seconds=15)
    assert liveness.judge(0, ELSEWHERE, LEASE, expired=False) is Life.UNKNOWN
    assert liveness.judge(0, ELSEWHERE, LEASE, expired=False) is Life.UNKNOWN
    assert liveness.judge(0, ELSEWHERE, later, expired=False) is Life.ALIVE
    assert liveness.judge(0, ELSEWHERE, later, expired=False) is Life.ALIVE
    stage.seconds += 61
    assert liveness.judge(0, ELSEWHERE, later, expired=False) is Life.GONE


def test_elsewhere_a_lease_that_nobody_renews_is_dead_whatever_it_says(
    liveness: Liveness, stage: Stage
) -> None:
    far = LEASE + timedelta(days=10_000)
    assert liveness.judge(0, ELSEWHERE, far, expired=False) is Life.UNKNOWN
    assert liveness.judge(1, ELSEWHERE, None, expired=False) is Life.UNKNOWN
    stage.seconds += 61
    assert liveness.judge(0, ELSEWHERE, far, expired=False) is Life.GONE
    assert liveness.judge(1, ELSEWHERE, None, expired=False) is Life.GONE
    assert liveness.judge(2, ELSEWHERE, far, expired=False) is Life.UNKNOWN
