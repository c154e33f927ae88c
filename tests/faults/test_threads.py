"""A trial goes on with the threads that it began with, whoever shares the cores later."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.sweep import Sweep, assert_equal


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_a_killed_trial_beside_others_ends_as_if_it_had_been_alone(tmp_path: Path) -> None:
    """With half the threads the later epochs would differ in their last bits."""
    undisturbed = Sweep(tmp_path / "undisturbed", 1, workload="shared-cores")
    undisturbed.finish()
    sweep = replace(undisturbed, home=tmp_path / "killed")
    run = sweep.start()
    assert run.wait_for("trial 0 epoch 1/"), run.errors
    run.kill()
    assert sweep.gone()
    [begun] = sweep.runs()
    run = replace(sweep, workers=2).finish()
    assert any(f"goes on with {begun.threads} threads, as it began" in line for line in run.lines)
    assert [row.threads for row in sweep.runs()] == [begun.threads]
    assert_equal(sweep, undisturbed)
