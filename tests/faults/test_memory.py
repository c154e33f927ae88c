"""Trials without enough memory beside others: what ``tests/faults/memory.py`` does, once for each arm."""

import sys
from pathlib import Path

import pytest

from tests.faults import memory
from tests.faults.verdict import Verdict


@pytest.mark.skipif(sys.platform != "linux", reason=memory.UNAVAILABLE)
def test_trials_out_of_memory_or_not_a_number_leave_the_others_alone(tmp_path: Path) -> None:
    verdict = Verdict()
    counts = memory.work(verdict, tmp_path, trials=5)
    assert verdict.violations == []
    assert counts.endswith("2 trials complete, 1 oom, 2 nan")
