"""Nodes and drivers die, as in ``tests/faults/nodes.py``, and Ctrl-C; with tiny trials."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults import nodes
from tests.faults.interrupt import check_stopped
from tests.faults.sweep import Sweep
from tests.sweeper_tests.executors.story import remove_nodes

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


def test_nodes_and_drivers_die_and_no_trial_is_lost_or_double(ray_cluster: "Cluster", tmp_path: Path) -> None:
    ray_cluster.add_node(num_cpus=1)
    sweep = Sweep(tmp_path / "home", trials=5)
    reaper = nodes.Reaper(ray_cluster, seed=0, period=3.0, probability=1.0)
    nodes.disturbed(sweep, ray_cluster.address, reaper, kills=1)
    assert reaper.counts["drivers killed"] == 1
    assert reaper.counts["nodes killed"] >= 1
    assert nodes.assert_as_locally(sweep, tmp_path / "cache") > 0
    remove_nodes(ray_cluster)


def test_ctrl_c_on_a_cluster_of_its_own_leaves_every_trial_resumable(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason=nodes.MISSING)
    sweep = Sweep(tmp_path / "home", trials=2, workload="steps")
    arguments = ["--study", sweep.study, "--workload", sweep.workload, "--trials", str(sweep.trials)]
    run = sweep.command("run", *arguments, "--executor", "ray")
    assert run.wait_for(" epoch 1/3"), run.errors
    run.interrupt()
    check_stopped(sweep, run)
    run = sweep.command("run", *arguments, "--executor", "ray")
    assert (run.end(120), run.errors) == (0, "")
    assert any(" continues" in line for line in run.lines)
    assert nodes.assert_as_locally(sweep, tmp_path / "cache") > 0
    assert sweep.gone(), sweep.processes()
