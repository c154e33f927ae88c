"""An executor whose trials are simulated: they take time on a virtual clock, and their nodes are lost."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log10
from random import Random

from model.config import TrainConfig
from model.result import EpochResult, Metric
from sweeper.executors.protocol import Evaluated, Event, Finished, Job, NodeLost, Started

from .virtualclock import VirtualClock

CHECKED_SECONDS = 10.0
"""How often it is drawn whether a node is lost."""


@dataclass(frozen=True)
class Load:
    """What the trials ask of their nodes.

    Attributes:
        trial_seconds: Training of a trial, on average, its start included.
        spread: Share of that which a trial takes more or less, at most.
        epochs: Of a trial; a checkpoint after each.
        start_seconds: From the submission of a trial to its first step, each time that it starts.
        lost: Probability with which a node is lost every ten seconds; another takes its place at once.
        submit_seconds: What the driver itself works in its executor to hand a trial out.
        event_seconds: What it works there to hear of one event.
    """

    trial_seconds: float = 300.0
    spread: float = 0.2
    epochs: int = 20
    start_seconds: float = 2.0
    lost: float = 0.03
    submit_seconds: float = 0.0
    event_seconds: float = 0.0


class Ledger:
    """What became of the time of the workers, in virtual seconds.

    Attributes:
        busy: Seconds in which workers had a trial.
        trained: Of these, for each trial, those that an undisturbed one would have taken too.
        waits: Seconds in which a worker was free until it was given a trial, one by one.
        over: Seconds in which workers were free after their last trial.
        nodes_lost: Nodes that were lost with a trial on them.
        done: Epochs of each trial that are in a checkpoint.
    """

    def __init__(self) -> None:
        self.busy = self.over = 0.0
        self.trained: defaultdict[int, float] = defaultdict(float)
        self.waits: list[float] = []
        self.nodes_lost = 0
        self.done: dict[int, int] = {}


class Nodes:
    """So many nodes, each with a worker; checkpoints are on storage that all of them share.

    Args:
        workers: Nodes.
        load: What trials ask of them.
        clock: The time.
        ledger: Where it is entered what became of the time.
        seed: Of the losses.
    """

    def __init__(self, workers: int, load: Load, clock: VirtualClock, ledger: Ledger, seed: int) -> None:
        self.workers = workers
        self._load = load
        self._clock = clock
        self._ledger = ledger
        self._random = Random(seed)
        self._free = [clock.monotonic()] * workers  # since when
        self._events: list[tuple[float, int, Event]] = []
        self._entered = 0
        self._begun: set[int] = set()

    def submit(self, job: Job) -> None:
        """Plans all that the trial will say, up to its end or that of its node."""
        self._work(self._load.submit_seconds)
        now, ledger, number = self._clock.monotonic(), self._ledger, job.number
        # One that goes on takes the worker that was freed last: at the end of a study others have been free
        # for long because no trial is left, which no driver could help.
        ledger.waits.append(now - self._free.pop(-1 if number in self._begun else 0))
        self._begun.add(number)
        lost, moment = now + self._until_loss(), now
        for done, seconds, event in self._steps(job):
            if moment + seconds >= lost:
                ledger.busy += lost - moment
                ledger.nodes_lost += 1
                self._plan(lost, NodeLost(number, "the node is gone"))
                return
            moment += seconds
            ledger.busy += seconds
            if done > ledger.done.get(number, -1):
                ledger.done[number] = done
                ledger.trained[number] += seconds
            self._plan(moment, event)
        self._plan(moment, Finished(number))

    def _steps(self, job: Job) -> Iterator[tuple[int, float, Event]]:
        """What a trial has still to do: the epochs that it then has, the seconds, and what it says."""
        load, number = self._load, job.number
        kept = self._ledger.done.get(number, 0)
        yield 0, load.start_seconds, Started(number, 1, "cuda:0", "simulated", kept or None)
        whole = load.trial_seconds * Random(number).uniform(1 - load.spread, 1 + load.spread)
        for epoch in range(kept + 1, load.epochs + 1):
            yield (
                epoch,
                (whole - load.start_seconds) / load.epochs,
                Evaluated(number, result(job.config, epoch)),
            )

    def poll(self, timeout: float) -> list[Event]:
        """What has happened; time jumps to the next event, or by the timeout."""
        until = self._clock.monotonic() + timeout
        self._clock.wait_until(min(until, self._events[0][0]) if self._events else until)
        heard = []
        while self._events and self._events[0][0] <= self._clock.monotonic():
            moment, _, event = heappop(self._events)
            heard.append(event)
            if isinstance(event, Finished | NodeLost):
                insort(self._free, moment)
        self._work(len(heard) * self._load.event_seconds)
        return heard

    def cancel(self, number: int) -> None:
        """Never asked."""
        raise AssertionError(f"trial {number}: nothing prunes here, and no trial takes too long")

    def stop(self) -> None:
        """Never asked."""
        raise AssertionError("nobody stops a simulation")

    def close(self) -> None:
        """Nothing runs."""

    def end(self, moment: float) -> None:
        """Enters how long the workers had nothing left to do when the study is over."""
        self._ledger.over += sum(moment - since for since in self._free)

    def _work(self, seconds: float) -> None:
        if seconds:
            self._clock.sleep(seconds)

    def _plan(self, moment: float, event: Event) -> None:
        self._entered += 1
        heappush(self._events, (moment, self._entered, event))

    def _until_loss(self) -> float:
        """Seconds until a node is lost that lives now."""
        seconds = self._random.uniform(0, CHECKED_SECONDS)
        if not self._load.lost:
            return float("inf")
        while self._random.random() >= self._load.lost:
            seconds += CHECKED_SECONDS
        return seconds


def result(config: TrainConfig, epoch: int) -> EpochResult:
    """As many metrics as a trial on three tasks reports; the best at a learning rate of 1e-3, and rising."""
    overall = 0.8 - 0.1 * abs(log10(config.learning_rate) + 3) - 0.2 / epoch
    metrics = [Metric(split, "overall", "overall", overall) for split in ("train", "dev")]
    for task in config.tasks:
        metrics += [Metric(split, task, "score", overall) for split in ("train", "dev")]
        metrics += [Metric("train", task, name, 1.0) for name in ("loss", "padding")]
    tokens = dict.fromkeys(config.tasks, 1)
    return EpochResult(epoch, overall, True, tuple(metrics), 1.0, 1.0, tokens, tokens, 1000.0)
