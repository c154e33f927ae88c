"""Small jobs, what an executor tells of them, and their processes."""

import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from model.config import TrainConfig
from model.result import Metric
from model.sources import DemoSource
from model.tasks import Task
from sweeper.executors.protocol import (
    Evaluated,
    Event,
    Executor,
    Failed,
    Finished,
    Job,
    Progressed,
    Stopped,
    Waiting,
)

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

SST = Task(
    kind="single",
    classes=5,
    source=DemoSource(task="sst"),
    text=("sentence",),
    label="sentiment",
    metric="accuracy",
    train_rows=40,
    dev_rows=20,
)
TINY = {"hidden_size": 16, "attention_heads": 2, "layers": 1, "vocabulary": 200}
# Too many epochs to come to an end before a test has stopped the trial.
ENDLESS = 100_000
_numbers = itertools.count()


def job(folder: Path, **settings: object) -> Job:
    number = next(_numbers)
    small = {"tasks": {"sst": SST}, "encoder": TINY, "epochs": 3, "learning_rate": 1e-3, "train_sample": 10}
    config = TrainConfig.model_validate(small | {"steps_per_epoch": 2} | settings)
    return Job(number, config, folder / f"run {number}", data=None, cache=folder / "cache", threads=1)


def follow(executor: Executor, seconds: float = 400) -> Iterator[Event]:
    """The events of an executor, for as long as they are asked for.

    Steps are left out, which a clock decides, and that a trial waits for a machine, as on a cluster it may.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        heard = executor.poll(timeout=1)
        yield from (event for event in heard if not isinstance(event, Progressed | Waiting))
    raise TimeoutError("no event has come")


def story(executor: Executor, *jobs: Job) -> dict[int, list[Event]]:
    """Every event of some jobs up to their last, by job."""
    told: dict[int, list[Event]] = {job.number: [] for job in jobs}
    for job in jobs:
        executor.submit(job)
    running = set(told)
    for event in follow(executor):
        assert event.number in running, "an event after the last"
        told[event.number].append(event)
        if isinstance(event, Finished | Failed | Stopped):
            running.remove(event.number)
        if not running:
            break
    return told


def scores(events: list[Event]) -> list[tuple[Metric, ...]]:
    return [event.result.metrics for event in events if isinstance(event, Evaluated)]


def trials() -> set[psutil.Process]:
    """Every process below this one that a fork server has forked, wherever an executor keeps it."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            parent = process.parent()
            if parent is not None and "multiprocessing.forkserver" in " ".join(parent.cmdline()):
                found.add(process)
    return found


def only_trial(seconds: float = 60) -> psutil.Process:
    """The one trial's process below this one, once those that have lost their node or driver are gone."""
    deadline = time.monotonic() + seconds
    while len(found := trials()) != 1:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found.pop()


def fork_server(seconds: float = 60) -> psutil.Process:
    """The server of trials that this process has just started; until exec it bears this process's name."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if "multiprocessing.forkserver" in " ".join(child.cmdline()):
                    return child
        time.sleep(0.02)
    raise TimeoutError("no fork server has started")


def started(executor: Executor, job: Job) -> psutil.Process:
    """The process of a trial that has just finished an epoch."""
    before = trials()
    executor.submit(job)
    next(event for event in follow(executor) if isinstance(event, Evaluated) and event.number == job.number)
    [process] = trials() - before
    return process


def gone(process: psutil.Process, seconds: float = 60) -> bool:
    """Whether a process has ended within the time; one that only waits to be collected has."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def remove_nodes(ray_cluster: "Cluster") -> None:
    """Removes all but the first one, and waits until the cluster knows."""
    import ray

    for node in list(ray_cluster.worker_nodes):
        ray_cluster.remove_node(node)
    while sum(node["Alive"] for node in ray.nodes()) > 1:
        time.sleep(0.1)
