"""Trials on a Ray cluster: Ray places them by their resources, and each place runs one trial at a time."""

import os
import time
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import (
    ActorUnavailableError,
    NodeDiedError,
    OutOfMemoryError,
    RayActorError,
    RayError,
    RayTaskError,
)

from ..errors import InputError
from ..study.workload import Resources
from ..text import last_line
from ..trial import ErrorClass
from .local import PRELOADED, LocalExecutor
from .protocol import Event, Failed, Finished, Job, NodeLost, Stopped, Waiting
from .ray_cluster import Capacity

LISTEN_SECONDS = 1.0
"""How long a place listens to its trial before it answers; what else it is told waits as long at most."""

ANSWER_SECONDS = 10.0
"""How long a place may take to end a trial before its process is ended instead."""

IDLE_SECONDS = 10.0
"""How long a place is kept for a next trial."""

CAPACITY_SECONDS = 5.0
"""How old a count of the cluster's nodes may be."""

NODE_DIED = "its node has died"
"""What Ray says of an actor that has gone with its node."""

_Ref = Any  # Ray's own types say nothing of what comes back


class Place:
    """Where Ray has put it: a local executor of one worker, whose server has the trainer loaded.

    The trial is a process below this actor's. Ray ends the actor when its driver dies; the trial then loses
    its executor and ends itself, as it does on one machine.
    """

    def __init__(self) -> None:
        if not ray.get_gpu_ids():
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # else a trial without GPUs would take the first one
        # With Ray's own start-up module, which every trial would import anew.
        self._executor = LocalExecutor(preloaded=[*PRELOADED, "ray"])

    def submit(self, job: Job) -> str:
        """Starts a trial; returns the id of the node."""
        self._executor.submit(job)
        return str(ray.get_runtime_context().get_node_id())

    def poll(self) -> list[Event]:
        """What the trial has to say; returns without a word after a while."""
        return self._executor.poll(LISTEN_SECONDS)

    def stop(self) -> None:
        """Lets the trial stop after its step under way."""
        self._executor.stop()

    def close(self) -> None:
        """Kills the trial's process."""
        self._executor.close()


@dataclass
class _Held:
    """A place of this driver.

    Attributes:
        actor: The `Place`.
        number: The trial that it has; None while it waits for one.
        free_since: When it was through with its last one, on the monotonic clock.
        awaited: Its answer that is under way.
        node: Id of its node; None until it has begun its first trial.
    """

    actor: Any
    number: int | None = None
    free_since: float = 0.0
    awaited: _Ref = None
    node: str | None = None


class RayExecutor:
    """One actor for each trial at once, kept from trial to trial: the trainer is loaded once in each.

    This process is connected to the cluster before: see `ray_cluster.connect`.

    Args:
        resources: What a trial takes. Without a number of cores: as many as all trials at once can have.
        workers: How many trials run at once; None for as many as the cluster holds at that time.

    Raises:
        InputError: If no node of the cluster could hold a trial.
    """

    def __init__(self, resources: Resources, workers: int | None = None) -> None:
        self._given = workers
        self._gpus = resources.gpus
        self._capacity = Capacity.now(self._gpus)
        self._counted = time.monotonic()
        self._cpus = resources.cpus or self._capacity.cpus(workers)
        self._places: list[_Held] = []
        self._asked: list[Event] = []
        self._stopping = False
        if not self._capacity.trials(self._cpus):
            raise InputError(
                f"resources: no node of the Ray cluster holds a trial of {self._cpus} CPUs and "
                f"{self._gpus:g} GPUs, as the workload says; they have {self._capacity}"
            )

    @property
    def workers(self) -> int:
        """How many trials may be under way at once."""
        if self._given is not None:
            return self._given
        if time.monotonic() - self._counted > CAPACITY_SECONDS:
            self._capacity, self._counted = Capacity.now(self._gpus), time.monotonic()
        return max(1, self._capacity.trials(self._cpus))

    def submit(self, job: Job) -> None:
        """Gives the trial to a place that is free, or asks Ray for another one."""
        place = next((place for place in self._places if place.number is None), None)
        if place is None:
            # A method in turn, never two at once: a place is told things in the order in which they came.
            actor = ray.remote(Place).options(num_cpus=self._cpus, num_gpus=self._gpus, max_restarts=0)
            place = _Held(actor.remote())
            self._places.append(place)
            self._asked.append(Waiting(job.number))
        place.number = job.number
        place.awaited = place.actor.submit.remote(replace(job, threads=self._cpus))

    def poll(self, timeout: float) -> list[Event]:
        """Events of all trials; of one whose node is lost that it is, and of one that died how."""
        self._give_back()
        heard, self._asked = self._asked, []
        heard += self._ask_to_stop() if self._stopping else []
        deadline = time.monotonic() + timeout
        while not heard:
            busy = [place for place in self._places if place.number is not None]
            for place in busy:
                place.awaited = place.awaited or place.actor.poll.remote()
            left = max(0.0, deadline - time.monotonic())
            if not busy:
                time.sleep(left)
                break
            for place in _ready(busy, left):
                heard += self._answer(place)
            if not left:
                break
        return heard

    def cancel(self, number: int) -> None:
        """Kills the trial's process, and waits until it has ended; of one that has ended there is none."""
        place = next((place for place in self._places if place.number == number), None)
        if place is None:
            return
        place.number, place.free_since, place.awaited = None, time.monotonic(), None
        if place.node is None or not _answered([place.actor.close.remote()]):
            self._drop(place)

    def stop(self) -> None:
        """Notes that the trials shall stop; `poll` tells them."""
        self._stopping = True

    def close(self) -> None:
        """Ends every trial and gives the places back."""
        _answered([place.actor.close.remote() for place in self._places if place.node is not None])
        for place in list(self._places):
            self._drop(place)

    def _ask_to_stop(self) -> list[Event]:
        """Tells the trials; one that Ray has not placed yet ends here."""
        self._stopping = False
        stopped: list[Event] = []
        for place in [place for place in self._places if place.number is not None]:
            if place.node is None and not _ready([place], 0.0):
                self._drop(place)
                stopped.append(Stopped(_number(place)))
            else:
                place.actor.stop.remote()
        return stopped

    def _answer(self, place: _Held) -> list[Event]:
        """What a place has to say, or what became of it."""
        answer, place.awaited = place.awaited, None
        try:
            said: str | list[Event] = ray.get(answer)
        except RayError as error:
            self._drop(place)
            return [_fate(place, error)]
        if isinstance(said, str):
            place.node = said
            return []
        if any(isinstance(event, Finished | Failed | Stopped) for event in said):
            place.number, place.free_since = None, time.monotonic()
        return said

    def _give_back(self) -> None:
        """Leaves places that no trial has come for to others who use the cluster."""
        for place in list(self._places):
            if place.number is None and time.monotonic() - place.free_since > IDLE_SECONDS:
                self._drop(place)

    def _drop(self, place: _Held) -> None:
        ray.kill(place.actor)
        self._places.remove(place)


def _ready(places: list[_Held], seconds: float) -> list[_Held]:
    """The places that have answered; waits for a first one."""
    by_answer = {place.awaited: place for place in places}
    answered, _ = ray.wait(list(by_answer), num_returns=1, timeout=seconds)
    if answered:
        answered, _ = ray.wait(list(by_answer), num_returns=len(by_answer), timeout=0)
    return [by_answer[answer] for answer in answered]


def _answered(answers: list[_Ref]) -> bool:
    """Whether all have come in time, and none of them is an error."""
    try:
        ray.get(answers, timeout=ANSWER_SECONDS)
    except RayError:
        return False
    return True


def _fate(place: _Held, error: RayError) -> Event:
    """What became of a trial whose place does not answer any more."""
    number = _number(place)
    if isinstance(error, RayTaskError) or (isinstance(error, RayActorError) and error.actor_init_failed):
        reason = last_line(str(error))
        return Failed(number, ErrorClass.ERROR, f"Ray could not start the trial: {reason}", str(error))
    nodes = ray.nodes()  # type: ignore[no-untyped-call]
    alive = [node["NodeID"] for node in nodes if node["Alive"]]
    gone = place.node is not None and place.node not in alive
    if gone or isinstance(error, ActorUnavailableError | NodeDiedError) or NODE_DIED in str(error):
        return NodeLost(number, f"its node {place.node or 'unknown'} is lost")
    if isinstance(error, OutOfMemoryError):
        reason = "by Ray, as the memory of its node ran out"
    else:
        _, _, told = str(error).rpartition("Worker exit detail: ")
        reason = told.partition(". Some common causes")[0].rstrip(".")
    return Failed(number, ErrorClass.KILLED, f"the trial's worker was killed: {reason}", str(error))


def _number(place: _Held) -> int:
    assert place.number is not None, "it has a trial"  # noqa: S101
    return place.number
