"""What a Ray cluster adds: trials are placed by what they take, and a lost node is no fault of theirs.

Nodes and drivers die in ``tests/faults/test_nodes.py``.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from sweeper.errors import InputError
from sweeper.executors import ray_cluster as raycluster
from sweeper.executors.protocol import Evaluated, Executor, Failed, NodeLost, Started, Stopped, Waiting
from sweeper.executors.ray_cluster import Capacity, connect
from sweeper.study.workload import Resources
from sweeper.trial import ErrorClass
from tests.sweeper_tests.executors.story import (
    ENDLESS,
    follow,
    gone,
    job,
    remove_nodes,
    started,
)
from tests.sweeper_tests.typed import Command, refused

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


SMALL, LARGE = {"CPU": 2.0}, {"CPU": 16.0, "GPU": 2.0}


@pytest.mark.parametrize(
    ("nodes", "gpus", "cpus", "trials"),
    [
        ((SMALL, LARGE), 0.0, 1, 18),
        ((SMALL, LARGE), 0.0, 4, 4),
        ((SMALL, LARGE), 0.5, 2, 4),
        ((SMALL, LARGE), 0.3, 2, 6),  # three to a GPU, none on the tenths left of both
        ((SMALL, LARGE), 2.0, 2, 1),
        ((SMALL,), 0.5, 1, 0),
        ((), 0.0, 1, 0),
    ],
)
def test_how_many_trials_a_cluster_holds(
    nodes: tuple[dict[str, float], ...], gpus: float, cpus: int, trials: int
) -> None:
    assert Capacity(nodes, gpus).trials(cpus) == trials


@pytest.mark.parametrize(
    ("gpus", "workers", "cpus"),
    [(0.0, None, 1), (0.0, 18, 1), (0.0, 4, 4), (0.0, 1, 16), (0.0, 100, 1), (0.5, None, 4), (0.5, 2, 8)],
)
def test_trials_share_the_cores_of_their_nodes(gpus: float, workers: int | None, cpus: int) -> None:
    assert Capacity((SMALL, LARGE), gpus).cpus(workers) == cpus


def test_without_ray_one_line_says_what_to_install(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raycluster, "find_spec", lambda _name: None)
    said = refused(sweeper, "run", "--study", "quickstart", "--executor", "ray")
    assert said == "Error: --executor ray: ray is not installed: pip install 'sentence-sweeper[ray]'\n"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:head", "127.0.0.1:99999"])
def test_an_address_where_nothing_answers(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray", reason="no Ray here: pip install 'sentence-sweeper[ray]'")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(InputError, match=f"--ray-address {address}: no Ray cluster answers there"):
        connect(address)


def test_what_is_a_lost_node_and_what_a_killed_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies again and again must not pass for lost nodes: its trial would never end."""
    ray = pytest.importorskip("ray", reason="no Ray here: pip install 'sentence-sweeper[ray]'")
    from ray import exceptions

    from sweeper.executors.ray import _fate, _Held

    class DiedError(exceptions.ActorDiedError):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.error_msg = text

    worker = DiedError("Worker exit detail: It was killed. Some common causes include: (1) memory")
    node = DiedError("The actor died because its node has died. Node Id: 1")
    oom = exceptions.OutOfMemoryError("the node was running low on memory")
    away = exceptions.ActorUnavailableError("no answer", None)
    monkeypatch.setattr(
        ray, "nodes", lambda: [{"NodeID": "up", "Alive": True}, {"NodeID": "down", "Alive": False}]
    )

    def fate(error: Exception, node: str | None) -> str:
        event = _fate(_Held(None, 3, node=node), error)
        assert isinstance(event, NodeLost) or event.error_class is ErrorClass.KILLED
        return event.message

    assert fate(worker, "down") == "its node down is lost"
    assert fate(node, "up") == fate(away, "up") == "its node up is lost"
    assert fate(node, None) == "its node unknown is lost"
    for place in ("up", None):
        assert fate(worker, place) == "the trial's worker was killed: It was killed"
        assert fate(oom, place) == (
            "the trial's worker was killed: by Ray, as the memory of its node ran out"
        )


def test_a_trial_that_no_node_holds(ray_cluster: "Cluster") -> None:
    from sweeper.executors.ray import RayExecutor

    with pytest.raises(InputError, match=r"resources: no node .* holds a trial of 50 CPUs and 0.5 GPUs, .*"):
        RayExecutor(Resources(cpus=50, gpus=0.5))


@pytest.fixture
def executor(ray_cluster: "Cluster") -> Iterator[Executor]:
    """Its trials take five cores, which the cluster's first node does not have."""
    from sweeper.executors.ray import RayExecutor

    ray_cluster.add_node(num_cpus=5)
    executor = RayExecutor(Resources(cpus=5))
    assert executor.workers == 1
    yield executor
    executor.close()
    remove_nodes(ray_cluster)


def places() -> list[psutil.Process]:
    """The workers of Ray below this process that hold a trial; others come and go meanwhile."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if process.name().startswith("ray::Place"):
                found.append(process)
    return found


def test_what_waits_for_a_place_stops_at_once_and_a_killed_worker(executor: Executor, tmp_path: Path) -> None:
    running, waiting = job(tmp_path, epochs=ENDLESS), job(tmp_path, epochs=ENDLESS)
    executor.submit(running)
    assert executor.poll(timeout=1) == [Waiting(running.number)]
    first = next(follow(executor))
    assert isinstance(first, Started)
    assert first.threads == 5
    executor.submit(waiting)
    executor.stop()
    stopped = (event.number for event in follow(executor) if isinstance(event, Stopped))
    assert {next(stopped), next(stopped)} == {running.number, waiting.number}

    executor.submit(job(tmp_path, epochs=ENDLESS))
    assert isinstance(next(follow(executor)), Started)
    [worker] = places()
    worker.kill()
    failed = next(event for event in follow(executor) if not isinstance(event, Evaluated))
    assert isinstance(failed, Failed)
    assert failed.error_class is ErrorClass.KILLED
    assert failed.message.startswith("the trial's worker was killed: Worker unexpectedly exits")


def test_two_trials_share_a_gpu_another_sees_none_and_gives_its_place_back(
    ray_cluster: "Cluster", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sweeper.executors import ray as module

    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
    ray_cluster.add_node(num_cpus=2, num_gpus=1)  # Ray believes it
    sharing = module.RayExecutor(Resources(cpus=1, gpus=0.5))
    without = module.RayExecutor(Resources(cpus=1), workers=1)
    assert sharing.workers == 2
    pruned = job(tmp_path, epochs=ENDLESS)
    processes = []
    for executor, trial in (
        (sharing, job(tmp_path, epochs=ENDLESS)),
        (sharing, job(tmp_path, epochs=ENDLESS)),
        (without, pruned),
    ):
        processes.append(started(executor, trial))
        processes[-1].suspend()  # it need not take a core from those that start
    assert [process.environ()["CUDA_VISIBLE_DEVICES"] for process in processes] == ["0", "0", ""]
    sharing.close()
    server = processes[-1].parent()
    assert server is not None
    without.cancel(pruned.number)
    assert gone(processes[-1])
    assert without.poll(0.0) == []
    assert gone(server)
    remove_nodes(ray_cluster)
