"""A trial on the demo: seconds from its launch to its first step, and what it spends beside training.

The trials of the study quickstart, one after the other, as `sweeper run` runs them on processes of their own;
what the executor hands out and hears is noted with its time. Training and evaluation are what
the trainer says of each epoch. What an epoch takes beyond them (its checkpoint, and the way to the driver) is
taken from the time between the reports of two epochs; the first report less all of these is the first step.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from rich.console import Console

from sweeper.executors.local import LocalExecutor
from sweeper.executors.protocol import Evaluated, Event, Finished, Job
from sweeper.paths import Home
from sweeper.study.load import load_study
from sweeper.sweep.order import Order, Places
from sweeper.sweep.sweep import run

TRIALS = 6
"""The first of which starts the server that the others are forked from, and does not count."""
START_SECONDS, SHARE = 0.5, 0.10


class TimedExecutor(LocalExecutor):
    """Notes when a trial is handed out and when each of its events arrives."""

    def __init__(self) -> None:
        super().__init__(workers=1)
        self.noted: dict[int, list[tuple[float, Event | None]]] = {}

    def submit(self, job: Job) -> None:
        """Notes the trial's launch."""
        self.noted[job.number] = [(time.perf_counter(), None)]
        super().submit(job)

    def poll(self, timeout: float) -> list[Event]:
        """Notes the arrival of what is heard."""
        heard = super().poll(timeout)
        for event in heard:
            self.noted[event.number].append((time.perf_counter(), event))
        return heard


@dataclass(frozen=True)
class Parts:
    """Seconds of a trial: until the first step; steps; evaluation; what follows an evaluation; the end."""

    start: float
    train: float
    evaluation: float
    saving: float
    end: float

    @property
    def whole(self) -> float:
        """From its launch to its last word."""
        return self.start + self.train + self.evaluation + self.saving + self.end

    @property
    def outside(self) -> float:
        """Share of the time that is neither training nor evaluation."""
        return 1 - (self.train + self.evaluation) / self.whole


def parts(noted: list[tuple[float, Event | None]]) -> Parts:
    """Takes a trial's events apart."""
    epochs = [(moment, event.result) for moment, event in noted if isinstance(event, Evaluated)]
    train = sum(result.train_seconds for _, result in epochs)
    evaluation = sum(result.eval_seconds for _, result in epochs)
    savings = [
        moment - before - result.train_seconds - result.eval_seconds
        for (before, _), (moment, result) in pairwise(epochs)
    ]
    launched, ended = noted[0][0], next(moment for moment, event in noted if isinstance(event, Finished))
    saving = median(savings) * len(epochs)
    end = ended - epochs[-1][0]
    return Parts(ended - launched - train - evaluation - saving - end, train, evaluation, saving, end)


def trials(arm: str) -> Iterator[Parts]:
    """Runs the trials of one arm and takes them apart, the first left out."""
    study = load_study("quickstart", "demo")
    alone = {"arms": {arm: study.spec.arms[arm]}, "baseline": None}
    study = type(study)(study.spec.model_copy(update=alone), study.workload)
    executor = TimedExecutor()
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name))
        run(Order(study, TRIALS, Places(home.storage, home, None), Console(quiet=True)), executor)
    for number in range(1, TRIALS):
        yield parts(executor.noted[number])


def measure() -> dict[str, dict[str, float]]:
    """Medians over the trials of both arms, in seconds, and the share outside training and evaluation."""
    results = {}
    print("  arm        start   train    eval  saving     end   whole   outside")
    for arm in load_study("quickstart", "demo").spec.arms:
        found = list(trials(arm))
        row = {
            name: median(getattr(one, name) for one in found)
            for name in ("start", "train", "evaluation", "saving", "end", "whole", "outside")
        }
        results[arm] = row
        figures = "".join(f"{row[name]:8.3f}" for name in row if name != "outside")
        print(f"  {arm:8}{figures}{row['outside']:9.1%}")
    worst = {name: max(row[name] for row in results.values()) for name in ("start", "outside")}
    print(f"  start to first step {worst['start']:.2f} s (limit {START_SECONDS}); ", end="")
    print(f"outside training and evaluation {worst['outside']:.1%} (limit {SHARE:.0%})")
    return results


if __name__ == "__main__":
    measure()
