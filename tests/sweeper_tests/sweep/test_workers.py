"""How many workers `--workers auto` takes, from made figures and from a measurement."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from model.config import TrainConfig
from model.result import EpochResult
from model.trainer import train
from sweeper.cli.executor import number_of_workers
from sweeper.executors import cores
from sweeper.executors.local import LocalExecutor
from sweeper.executors.protocol import Evaluated, Event, Failed, Job, Started
from sweeper.paths import Home
from sweeper.study.study import Study
from sweeper.study.workload import Resources
from sweeper.sweep import workers as concurrency
from sweeper.sweep.order import Order, Places
from sweeper.sweep.runners import AUTO
from sweeper.sweep.sweep import run
from sweeper.sweep.workers import Speed, UnmeasuredError, candidates, choose, choose_workers, shortened
from sweeper.trial import ErrorClass
from tests.sweeper_tests.executors.story import fork_server
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.typed import Command, refused

MEMORY = 1000.0


@pytest.fixture
def config(study: Study) -> TrainConfig:
    """The demo workload, on fewer rows."""
    whole = study.config("Baseline", {}, 11711)
    tasks = {name: task.model_copy(update={"train_rows": 300}) for name, task in whole.tasks.items()}
    return whole.model_copy(update={"tasks": tasks})


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (concurrency, cores):
        monkeypatch.setattr(module, "usable_cores", lambda: 2)


@pytest.mark.parametrize(
    ("cores", "most", "expected"),
    [
        (1, 9, [1]),
        (2, 9, [1, 2]),
        (6, 9, [1, 2, 6]),
        (7, 9, [1, 7]),
        (8, 9, [1, 2, 4, 8]),
        (8, 5, [1, 2, 4]),
        (8, 1, [1]),
        (96, 999, [1, 2, 4, 8, 16, 32, 96]),
    ],
)
def test_what_is_tried_shares_the_cores_evenly(cores: int, most: int, expected: list[int]) -> None:
    assert candidates(cores, most) == expected


@pytest.mark.parametrize(
    ("steps", "workers", "tried"),
    [
        ([30, 40], 2, [1, 2]),
        ([40, 30], 1, [1, 2]),
        ([30, 30], 1, [1, 2]),
        ([39, 40], 1, [1, 2]),  # within 5 %: less memory is worth more
        ([37, 40], 2, [1, 2]),
        ([20, 40, 41, 42], 2, [1, 2, 4, 8]),  # within 5 % of the last, and the fewest that are
        ([20, 40, 80, 160], 8, [1, 2, 4, 8]),
        ([20, 40, 30, 160], 2, [1, 2, 4]),  # slower: more are not tried
    ],
)
def test_the_fewest_of_the_fastest_are_taken(steps: list[float], workers: int, tried: list[int]) -> None:
    measured = []

    def measure(number: int) -> Speed:
        measured.append(number)
        return Speed(number, 8 // number, steps[len(measured) - 1], peak_memory_mb=1.0)

    assert choose([1, 2, 4, 8][: len(steps)], measure, MEMORY).workers == workers
    assert measured == tried


def test_what_memory_does_not_hold_is_not_tried() -> None:
    """Four times the highest peak so far is more than there is, though four times the first is not."""
    peaks = {1: 200.0, 2: 300.0}
    choice = choose([1, 2, 4, 8], lambda n: Speed(n, 8 // n, 10.0 * n, peaks[n]), MEMORY)
    assert str(choice) == (
        "workers auto: 2 x 4 threads (1 x 8 threads: 10 steps/s, 2 x 4 threads: 20 steps/s; "
        "4 workers need 1,200 MiB of memory, 1,000 MiB are free)"
    )


def test_when_the_time_is_up_the_measured_ones_count() -> None:
    choice = choose([1, 2, 4], lambda n: Speed(n, 4 // n, 10.0 * n, 1.0) if n < 4 else None, MEMORY)
    assert choice.workers == 2
    assert re.search("4 x .* not measured within 120 s", str(choice))
    with pytest.raises(UnmeasuredError, match="not measured within 120 s"):
        choose([1, 2], lambda _: None, MEMORY)


@pytest.mark.parametrize(
    ("settings", "most", "reason"),
    [
        ({}, 1, "there is one trial to run"),
        ({"device": "cuda"}, 4, "trials on cuda run one at a time"),
    ],
)
@pytest.mark.usefixtures("two_cores")
def test_one_worker_without_a_measurement(
    settings: dict[str, str], most: int, reason: str, config: TrainConfig, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    choice = choose_workers(config.model_copy(update=settings), home, None, most)
    assert str(choice) == f"workers auto: 1 ({reason})"
    assert not home.root.exists()


class Gpu(InstantExecutor):
    """Its trials find that the device is another than the CPU."""

    def submit(self, job: Job) -> None:
        super().submit(job)
        self._events[job.number][0] = Started(job.number, 1, "cuda", "here")


class Broken(InstantExecutor):
    def submit(self, job: Job) -> None:
        super().submit(job)
        if job.number == 1:
            self._events[1] = [Failed(1, ErrorClass.OOM, "MemoryError: no room", "")]


class Full(InstantExecutor):
    def submit(self, job: Job) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("executor", "reason"),
    [
        (Gpu, "trials on cuda run one at a time"),
        (Broken, "not measured, a trial failed: MemoryError: no room"),
        (Full, "not measured: [Errno 28] No space left on device"),
    ],
)
@pytest.mark.usefixtures("two_cores")
def test_what_goes_wrong_is_said_and_leaves_one_worker(
    executor: Callable[[int], InstantExecutor],
    reason: str,
    config: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = []

    def start(workers: int) -> InstantExecutor:
        started.append(executor(workers))
        return started[-1]

    monkeypatch.setattr(concurrency, "LocalExecutor", start)
    # The made trials take no time.
    monkeypatch.setattr(concurrency, "_seconds", lambda _: 10.0)
    choice = choose_workers(config, Home(tmp_path), None, 4)
    assert (choice.workers, str(choice)) == (1, f"workers auto: 1 ({reason})")
    assert all(one.closed for one in started)
    assert list(tmp_path.iterdir()) == []


def test_a_shortened_trial_trains_the_same_rows(config: TrainConfig) -> None:
    short = shortened(config, 5)
    TrainConfig.model_validate(short.model_dump())
    changed = {"epochs", "steps_per_epoch", "train_sample", "tasks"}
    assert short.model_dump(exclude=changed) == config.model_dump(exclude=changed)
    for name, task in config.tasks.items():
        other = short.tasks[name].model_dump(exclude={"dev_rows"})
        assert other == task.model_dump(exclude={"dev_rows"})


class Heard(LocalExecutor):
    """Notes what its trials tell of their epochs, and how many steps these have."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.steps: int | None = None
        self.results: list[EpochResult] = []

    def submit(self, job: Job) -> None:
        self.steps = job.config.steps_per_epoch
        super().submit(job)

    def poll(self, timeout: float) -> list[Event]:
        events = super().poll(timeout)
        self.results += [event.result for event in events if isinstance(event, Evaluated)]
        return events


@pytest.mark.usefixtures("two_cores")
def test_a_measurement(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker's speed is what its trial told of its steps; nothing but the cache stays behind."""
    monkeypatch.setattr(concurrency, "EPOCH_SECONDS", 0.1)
    benches: list[Heard] = []

    def bench(workers: int) -> Heard:
        benches.append(Heard(workers))
        return benches[-1]

    monkeypatch.setattr(concurrency, "LocalExecutor", bench)
    home = Home(tmp_path / "home")
    own = config.model_copy(update={"threads": None})
    choice = choose_workers(own, home, None, 4, cpus=2)
    said = re.fullmatch(
        r"workers auto: ([12]) x 2 threads \(1 x 2 threads: ([\d.]+) steps/s, 2 x 2 threads: "
        r"([\d.]+) steps/s; measured in \d+ s\)",
        str(choice),
    )
    assert said
    one, two = float(said[2]), float(said[3])
    assert choice.workers == int(said[1]) == (2 if one < 0.95 * two else 1)
    alone = [bench for bench in benches if bench.workers == 1][-1]
    seconds = sum(result.train_seconds for result in alone.results[1:3])
    assert said[2] == f"{2 * alone.steps / seconds:.3g}"

    assert [path.name for path in home.root.iterdir()] == ["cache"]
    assert fork_server().children() == []

    cached = {path.name: path.stat().st_mtime_ns for path in (home.cache / "tokens").iterdir()}
    results = train(shortened(config, 20), tmp_path / "trial", data=None, cache=home.cache)
    next(results)
    # Three tasks' training rows, dev rows and samples: the trial of here has found them all in the cache.
    assert len(cached) == 9
    assert {path.name: path.stat().st_mtime_ns for path in (home.cache / "tokens").iterdir()} == cached


@pytest.mark.usefixtures("two_cores")
def test_a_sweep_takes_the_workers_that_were_chosen(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for when trials are left, and only then, for at most as many as are left."""
    asked: list[tuple[int, int]] = []
    workload = study.workload.model_copy(update={"resources": Resources(cpus=2)})

    def chosen(
        _config: TrainConfig, _home: Home, _data: Path | None, most: int, _plugins: object, *, cpus: int
    ) -> concurrency.WorkerChoice:
        asked.append((most, cpus))
        return concurrency.WorkerChoice(3, "3 x 1 thread", ("made",))

    made: list[int] = []

    def executor(workers: int = 1) -> InstantExecutor:
        made.append(workers)
        return InstantExecutor(workers)

    monkeypatch.setattr("sweeper.sweep.sweep.choose_workers", chosen)
    monkeypatch.setattr("sweeper.sweep.sweep.LocalExecutor", executor)
    home, out = Home(tmp_path / "home"), io.StringIO()
    places = Places(home.storage, home, data=None)
    for trials in (5, 5, 7):
        run(Order(replace(study, workload=workload), trials, places, Console(file=out)))
    assert (asked, made) == ([(5, 2), (2, 2)], [3, 1, 3])
    assert out.getvalue().count("workers auto: 3 x 1 thread (made)\n") == 2


@pytest.mark.parametrize(("written", "number"), [("auto", AUTO), (" auto ", AUTO), ("1", 1), ("012", 12)])
def test_a_number_or_auto(written: str, number: int) -> None:
    assert number_of_workers(written) == number


@pytest.mark.parametrize("command", ["run --study quickstart", "resume", "confirm"])
@pytest.mark.parametrize("written", ["0", "-1", "many", "1.5", "Auto"])
def test_another_value_is_one_clear_error(command: str, written: str, sweeper: Command) -> None:
    assert refused(sweeper, *command.split(), "--workers", written) == (
        f"Error: Invalid value for '--workers': {written!r}: write a number of at least 1, or auto\n"
    )


@pytest.mark.usefixtures("two_cores")
def test_the_command_line(folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured in a sweep's first call; what is done already is not measured again; inline is one worker."""
    monkeypatch.setattr(concurrency, "EPOCH_SECONDS", 0.1)

    def said(*options: str) -> str:
        found = sweeper("run", "--study", "mine", "--workers", "auto", *options)
        assert found.code == 0
        return found.out

    first = said("--trials", "2")
    assert len(re.findall(r"^workers auto: [12] x 1 thread \(1 x 1 thread: .* steps/s; .*", first, re.M)) == 1
    assert "mine@small: 2 of 2 trials" in first
    for again in (said("--trials", "2"), said("--trials", "3", "--executor", "inline")):
        assert "workers auto" not in again
    assert not list((folder / ".sweeper").glob(".measuring*"))
