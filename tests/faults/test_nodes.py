"""A node and a driver die, as in ``tests/faults/nodes.py``, and Ctrl-C; with tiny trials."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults import nodes
from tests.faults.interrupt import check_stopped
from tests.faults.sweep import Sweep
from tests.sweeper_tests.executors.story import gone, only_trial, remove_nodes

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


CORES = 5
"""Of a trial, and of the node that dies: the cluster's first one has fewer."""


@pytest.mark.timeout(900)
def test_a_node_and_a_driver_die_and_the_trial_is_neither_lost_nor_double(
    ray_cluster: "Cluster", tmp_path: Path
) -> None:
    lost = ray_cluster.add_node(num_cpus=CORES)
    sweep = Sweep(tmp_path / "home", trials=1, workload="five-cores")
    reaper = nodes.Reaper(ray_cluster, seed=0, period=0.0, probability=1.0, cores=CORES)
    run = nodes.start(sweep, ray_cluster.address)
    assert run.wait_for("trial 0 epoch 1/"), run.errors
    reaper.node()
    assert run.wait_for("trial 0 goes on, on "), run.errors
    trial = only_trial()
    server = trial.parent()
    assert server is not None
    reaper.driver(sweep, run)
    assert gone(trial)
    assert gone(server)
    reaper.hear(run.lines)
    assert f"trial 0: its node {lost.node_id} is lost" in "".join(run.lines)
    assert reaper.counts["of these from a checkpoint"] >= 1
    assert reaper.counts["of these from the start"] == 0
    assert reaper.counts["trials that lost their driver"] == 1
    run = nodes.start(sweep, ray_cluster.address)
    assert (run.end(300), run.errors) == (0, "")
    assert any("trial 0 continues" in line for line in run.lines)
    assert nodes.assert_as_locally(sweep, tmp_path / "cache") > 0
    remove_nodes(ray_cluster)


def test_ctrl_c_on_a_cluster_of_its_own_leaves_every_trial_resumable(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason=nodes.MISSING)
    sweep = Sweep(tmp_path / "home", trials=2, workload="steps")
    arguments = ["--study", sweep.study, "--workload", sweep.workload, "--trials", str(sweep.trials)]
    run = sweep.command("run", *arguments, "--executor", "ray", "--workers", "1")
    assert run.wait_for(" epoch 1/3"), run.errors
    run.interrupt()
    check_stopped(sweep, run)
    run = sweep.finish()
    assert any(" continues" in line for line in run.lines)
    sweep.tables()  # each trial once, and complete
    assert sweep.gone(), sweep.processes()
