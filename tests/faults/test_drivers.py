"""Drivers on one PostgreSQL: on two machines, and many at once; the scripts in ``tests/faults`` measure."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import postgresql, two_hosts
from tests.faults.eight_drivers import ROOT

pytestmark = pytest.mark.skipif(not postgresql.available(), reason=postgresql.MISSING)


def test_two_machines_share_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = two_hosts.one_and_two(tmp_path, trials=16, seconds=0.25)
    assert one.shares == (16,)
    assert sum(two.shares) == 16
    assert min(two.shares) > 0
    with capsys.disabled():  # why there were no namespaces, if there were none
        print(capsys.readouterr().out, end="")


def test_many_drivers_end_without_a_deadlock_or_a_double() -> None:
    command = [sys.executable, "-m", "tests.faults.hundred_drivers", "--seconds", "0"]
    command += ["--drivers", "6", "--trials", "24", "--history", "60"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=280, env=os.environ, check=False
    )
    assert done.stderr == ""
    assert re.match(
        r"6 drivers, trials of no time, 60 trials before: 24 trials in .*; 0 double, 0 lost, 0 deadlocks; ",
        done.stdout,
    ), done.stdout
