"""A node and a driver die: what ``tests/faults/nodes.py`` does, with tiny trials."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import nodes
from tests.faults.sweep import Sweep
from tests.sweeper_tests.test_executors_ray import remove_nodes

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


def test_nodes_and_drivers_die_and_no_trial_is_lost_or_double(ray_cluster: "Cluster", tmp_path: Path) -> None:
    ray_cluster.add_node(num_cpus=1)
    sweep = Sweep(tmp_path / "home", trials=8)
    reaper = nodes.Reaper(ray_cluster, seed=0, period=3.0, probability=1.0)
    nodes.disturbed(sweep, ray_cluster.address, reaper, kills=1)
    assert reaper.counts["drivers killed"] == 1
    assert reaper.counts["nodes killed"] >= 1
    assert nodes.assert_as_locally(sweep, tmp_path / "cache") > 0
    remove_nodes(ray_cluster)
