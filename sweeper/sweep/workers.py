"""How many trials at once is fastest here: measured, by training a few steps with each number of workers.

Two workers with one thread each often train more steps a second than one with two, but not on every machine,
nor with every encoder: small ones gain nothing from threads, large ones share the memory's bandwidth.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from model.config import TrainConfig
from model.config.trainers import AnyConfig
from model.files import RunFolder, temporary_folder
from model.plugins.source import PluginSource
from model.result import EpochResult

from ..executors.cores import threads_each, usable_cores
from ..executors.local import LocalExecutor
from ..executors.protocol import Evaluated, Failed, Job, Started
from ..paths import Home
from ..show.disk import size_of
from ..text import plural

TOLERANCE = 0.05
"""Share of the highest speed that is given up for fewer workers, which need less memory."""

LIMIT_SECONDS = 120.0
"""When measuring ends, whatever is left to measure."""

EPOCH_SECONDS = 1.0
"""Least time that one worker alone trains in a measured epoch."""

MEASURED_EPOCHS = 2
"""Epochs that are measured, after one to warm up."""

_ROWS = 8  # of each task to evaluate on: hardly any, but a score must exist
_ENDLESS = 10_000  # epochs; every trial goes on until the last one is measured, so that all share the machine


class UnmeasuredError(Exception):
    """Nothing was measured; the message says why."""


@dataclass(frozen=True)
class Speed:
    """What a number of workers came to.

    Attributes:
        workers: Trials at once.
        threads: CPU threads of each.
        steps: Training steps a second, of all of them together.
        peak_memory_mb: Highest memory of one of them, in MiB.
        start_seconds: Time until one of them began to train.
        run_bytes: What one of them had on the disk: checkpoints, weights, predictions.
        weights_bytes: The weights alone.
    """

    workers: int
    threads: int
    steps: float
    peak_memory_mb: float
    start_seconds: float = 0.0
    run_bytes: int = 0
    weights_bytes: int = 0

    def __str__(self) -> str:
        """For example ``2 x 1 thread``."""
        return f"{self.workers} x {plural(self.threads, 'thread')}"


@dataclass(frozen=True)
class WorkerChoice:
    """A number of workers, and why it is this one.

    Attributes:
        workers: Trials at once.
        name: The same in words, with the threads where they were measured.
        notes: What was found.
    """

    workers: int
    name: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        """The line that the user reads."""
        return f"workers auto: {self.name} ({'; '.join(self.notes)})"


def choose_workers(
    config: AnyConfig,
    home: Home,
    data: Path | None,
    most: int,
    plugins: tuple[PluginSource, ...] = (),
    *,
    cpus: int | None = None,
) -> WorkerChoice:
    """Measures which number of workers trains the most steps a second in all.

    A few seconds for a small encoder; about half a minute for one of the size of MiniLM on two cores. Trials
    on another device than the CPU run one at a time. Whatever goes wrong, the answer is one worker.

    Args:
        config: The trial to measure with; a shortened copy of it is trained.
        home: Its cache is used, and filled, as the sweep will use it; nothing else stays in it.
        data: Folder of the user's data files, if there is one.
        most: Trials that are left to run: more workers would have nothing to do.
        plugins: Own code of the study.
        cpus: CPU threads of each trial, whatever their number; None: they share the cores.
    """
    numbers = candidates(usable_cores(), most)
    if numbers == [1]:
        return _one("there is one trial to run" if most <= 1 else "there is one core")
    if not isinstance(config, TrainConfig):
        return _one("the trainer is own code, which is not measured")
    if config.device not in ("auto", "cpu"):
        return _one(_on_device(config.device))
    began = time.monotonic()
    try:
        bench = Bench(config, home, data, began + LIMIT_SECONDS, plugins, cpus=cpus)
        choice = choose(numbers, bench.measure, psutil.virtual_memory().available / 2**20)
    except UnmeasuredError as error:
        return _one(str(error))
    except OSError as error:
        return _one(f"not measured: {error}")
    return replace(choice, notes=(*choice.notes, f"measured in {time.monotonic() - began:.0f} s"))


def candidates(cores: int, most: int) -> list[int]:
    """Numbers of workers worth a try: they divide the cores, and each is at least twice the one before.

    Args:
        cores: Cores to share.
        most: Highest number that is of any use.
    """
    found = [1]
    for number in range(2, min(cores, most) + 1):
        if cores % number == 0 and number >= 2 * found[-1]:
            found.append(number)
    return found


def choose(numbers: Iterable[int], measure: Callable[[int], Speed | None], memory_mb: float) -> WorkerChoice:
    """The fewest workers whose speed is within `TOLERANCE` of the highest.

    Measured from the fewest up. Where more workers are slower than fewer, or the memory would not hold
    them, still more are not tried.

    Args:
        numbers: Candidates, rising.
        measure: Measures one of them; None where the time was up.
        memory_mb: Memory that all workers together may take, in MiB.

    Raises:
        UnmeasuredError: If the time was up before the first was measured, or a trial failed.
    """
    speeds: list[Speed] = []
    notes: list[str] = []
    for number in numbers:
        need = number * max((speed.peak_memory_mb for speed in speeds), default=0.0)
        if need > memory_mb:
            notes.append(f"{number} workers need {need:,.0f} MiB of memory, {memory_mb:,.0f} MiB are free")
            break
        speed = measure(number)
        if speed is None:
            notes.append(f"{number} x {threads_each(number)} not measured within {LIMIT_SECONDS:.0f} s")
            break
        speeds.append(speed)
        if speed.steps < (1 - TOLERANCE) * _fastest(speeds):
            break
    if not speeds:
        raise UnmeasuredError("; ".join(notes))
    best = next(speed for speed in speeds if speed.steps >= (1 - TOLERANCE) * _fastest(speeds))
    figures = ", ".join(f"{speed}: {speed.steps:.3g} steps/s" for speed in speeds)
    return WorkerChoice(best.workers, str(best), (figures, *notes))


def _fastest(speeds: Iterable[Speed]) -> float:
    return max(speed.steps for speed in speeds)


class Bench:
    """Trains a short copy of a trial in several processes at once, every one of them the same steps.

    Args:
        config: The trial.
        home: As in `choose_workers`.
        data: As in `choose_workers`.
        deadline: When it ends, by the monotonic clock.
        plugins: Own code of the study.
        cpus: As in `choose_workers`.
    """

    def __init__(
        self,
        config: TrainConfig,
        home: Home,
        data: Path | None,
        deadline: float,
        plugins: tuple[PluginSource, ...],
        *,
        cpus: int | None,
    ) -> None:
        self._config = config
        self._home = home
        self._data = data
        self._deadline = deadline
        self._plugins = plugins
        self._cpus = cpus
        self._steps = 1

    def measure(self, workers: int) -> Speed | None:
        """The speed of so many workers; None if the time is up before.

        Raises:
            UnmeasuredError: If a trial failed.
        """
        speed = self._run(workers)
        seconds = workers * self._steps / speed.steps if speed else math.inf
        if self._steps == 1 and seconds < EPOCH_SECONDS:
            # So short an epoch says little, and its evaluation and checkpoint leave the cores to the others.
            self._steps = math.ceil(EPOCH_SECONDS / seconds)
            speed = self._run(workers)
        return speed

    def _run(self, workers: int) -> Speed | None:
        epochs: dict[int, list[EpochResult]] = {number: [] for number in range(workers)}
        threads = 1
        executor, began, start = LocalExecutor(workers), time.monotonic(), 0.0
        # In the home: elsewhere temporary files may lie in memory, and checkpoints are large.
        with temporary_folder(self._home.root, "measuring") as folder:
            try:
                for number in epochs:
                    executor.submit(self._job(number, workers, folder))
                while any(len(results) <= MEASURED_EPOCHS for results in epochs.values()):
                    left = self._deadline - time.monotonic()
                    if left <= 0:
                        return None
                    for event in executor.poll(left):
                        match event:
                            case Started(device=str(device)) if device != "cpu":
                                raise UnmeasuredError(_on_device(device))
                            case Started():
                                threads = event.threads
                            case Evaluated(number=number, result=result):
                                epochs[number].append(result)
                                trained = result.train_seconds + result.eval_seconds
                                start = start or max(time.monotonic() - began - trained, 0.0)
                            case Failed():
                                raise UnmeasuredError(f"not measured, a trial failed: {event.message}")
                run_bytes, weights = size_of(folder / "0"), size_of(RunFolder(folder / "0").weights)
            finally:
                executor.close()
        return Speed(
            workers,
            threads,
            sum(MEASURED_EPOCHS * self._steps / _seconds(results) for results in epochs.values()),
            max(result.peak_memory_mb for results in epochs.values() for result in results),
            start,
            run_bytes,
            weights,
        )

    def _job(self, number: int, workers: int, folder: Path) -> Job:
        config = shortened(self._config, self._steps)
        place, threads = folder / str(number), self._cpus or threads_each(workers)
        return Job(number, config, place, self._data, self._home.cache, threads, plugins=self._plugins)


def shortened(config: TrainConfig, steps: int) -> TrainConfig:
    """The same training, evaluated every few steps on a few rows.

    Args:
        config: The trial.
        steps: Steps of an epoch.
    """
    tasks = {
        name: task.model_copy(update={"dev_rows": min(task.dev_rows or _ROWS, _ROWS)})
        for name, task in config.tasks.items()
    }
    short = {"epochs": _ENDLESS, "steps_per_epoch": steps, "train_sample": _ROWS, "score_test": False}
    return config.model_copy(update={"tasks": tasks, **short})


def _seconds(results: list[EpochResult]) -> float:
    """Seconds of the measured epochs, the same ones of every worker."""
    return sum(result.train_seconds for result in results[1 : 1 + MEASURED_EPOCHS])


def _one(reason: str) -> WorkerChoice:
    return WorkerChoice(1, "1", (reason,))


def _on_device(device: str) -> str:
    return f"trials on {device} run one at a time"
