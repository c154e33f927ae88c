"""Ray's rows: what they take at least, and the real driver on a small one, virtual and slept."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks import raytable
from benchmarks.raytable import ROWS, Row, virtual

QUICK = {"start_s": 0.05, "submit_s": 0.001, "event_s": 1e-4}


def test_the_least_times_are_those_of_the_table() -> None:
    least = {name: row.least for name, row in ROWS.items()}
    assert list(least.values()) == [625, 100, 100, 300, 300]
    # As the issue and Ray's page say them: 14, 68, 69 and 31 %.
    overheads = {name: round(100 * (row.theirs / row.least - 1)) for name, row in ROWS.items()}
    assert list(overheads.values()) == [14, 68, 69, 660, 31]


def test_a_row_on_the_virtual_clock() -> None:
    found = virtual(Row(24, 8, 2.0, 3, 10.0), QUICK)
    assert found["seconds"] == pytest.approx(6.0 * (1 + found["overhead"]))
    # Three trials of a worker start one after the other, each in .05 s, and no driver takes a second for 24.
    assert 0.15 / 6 < found["overhead"] < 1
    assert 0 < found["database_ms"] < found["driver_ms"]
    assert 0 < found["driver_busy"] < 1


def test_a_row_whose_trials_sleep() -> None:
    code = (
        "from benchmarks import raytable; import json;"
        "raytable.ROWS['small'] = raytable.Row(9, 3, .2, 2, 1.0, megabytes=.1, slept=(9, .2, 2));"
        "print(json.dumps(raytable.slept('small')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["trials"] == 9
    assert found["seconds"] > found["once_s"] + 0.6
    assert found["start_s"] > 0
    assert raytable.SLEEP not in os.environ
