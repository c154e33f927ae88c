"""All executors tell the same story of a trial; a process of its own also dies alone, and with its driver."""

import platform
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psutil import Process

from model.config import TrainConfig
from model.errors import DataError, NonFiniteLossError
from sweeper.executors.inline import InlineExecutor
from sweeper.executors.local import LocalExecutor
from sweeper.executors.process import error_class
from sweeper.executors.processor import processor
from sweeper.executors.protocol import (
    Evaluated,
    Event,
    Executor,
    Failed,
    Finished,
    Job,
    Loaded,
    Started,
    Stopped,
)
from sweeper.study.workload import Resources
from sweeper.trial import ErrorClass
from tests.sweeper_tests.executors.story import (
    ENDLESS,
    SST,
    TINY,
    follow,
    gone,
    job,
    scores,
    started,
    story,
    trials,
)
from tests.sweeper_tests.executors.telling import printing_child

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

DIVERGING = {
    "optimizer": "sgd",
    "max_grad_norm": None,
    "head_learning_rate_scale": 1e36,
    "steps_per_epoch": 20,
}


@pytest.fixture(scope="module")
def local() -> Iterator[LocalExecutor]:
    """One for all tests: its fork server takes seconds to start."""
    executor = LocalExecutor(workers=2)
    yield executor
    executor.close()


@pytest.fixture(scope="module")
def on_ray(ray_cluster: "Cluster") -> Iterator[Executor]:
    """One for all tests, for the same reason."""
    from sweeper.executors.ray import RayExecutor

    executor = RayExecutor(Resources(cpus=1), workers=2)
    yield executor
    executor.close()


@pytest.fixture(params=["inline", "local", "on_ray"])
def executor(request: pytest.FixtureRequest) -> Executor:
    return InlineExecutor(workers=2) if request.param == "inline" else request.getfixturevalue(request.param)


@pytest.fixture(params=["local", "on_ray"])
def apart(request: pytest.FixtureRequest) -> Executor:
    """An executor whose trials are processes of their own."""
    executor: Executor = request.getfixturevalue(request.param)
    return executor


def test_all_report_the_same_events_and_numbers(apart: Executor, tmp_path: Path) -> None:
    mine, theirs = job(tmp_path / "inline"), job(tmp_path / "apart")
    [inline] = story(InlineExecutor(), mine).values()
    [forked] = story(apart, theirs).values()
    assert [type(event) for event in inline] == [Started, Loaded, Evaluated, Evaluated, Evaluated, Finished]
    assert [type(event) for event in forked] == [type(event) for event in inline]
    here = f"{platform.node()}, {platform.machine()}"
    assert inline[0] == Started(mine.number, 1, "cpu", here, processor=processor())
    assert forked[0] == Started(theirs.number, 1, "cpu", here, processor=processor())
    assert isinstance(inline[1], Loaded)
    assert forked[1] == Loaded(theirs.number, inline[1].inputs)
    assert scores(forked) == scores(inline)
    for folder in (mine.rundir, theirs.rundir):
        assert TrainConfig.model_validate_json((folder / "config.json").read_text()) == mine.config
        assert (folder / "predictions.npz").exists()


def stopped(executor: Executor, folder: Path) -> Job:
    """A trial that has stopped in its midst; one that was at its end before it heard of it is tried again."""
    while True:
        halted = job(folder, steps_per_epoch=8)
        executor.submit(halted)
        events = follow(executor)
        assert [type(next(events)) for _ in range(3)] == [Started, Loaded, Evaluated]
        executor.stop()
        last = next(event for event in events if not isinstance(event, Evaluated))
        if last == Stopped(halted.number):
            return halted
        assert last == Finished(halted.number)


def test_a_trial_that_is_asked_to_stop_loses_no_step(executor: Executor, tmp_path: Path) -> None:
    whole = job(tmp_path, steps_per_epoch=8)
    expected = story(InlineExecutor(), whole)[whole.number]
    halted = stopped(executor, tmp_path)
    checkpoints = halted.rundir / "checkpoints"
    steps = [tuple(map(int, path.name.split("."))) for path in checkpoints.iterdir()]
    assert max(steps) >= (1, 0)
    [again] = story(InlineExecutor(), halted).values()
    assert scores(again) == scores(expected)


def test_a_cancelled_trial_is_not_heard_of_again(executor: Executor, tmp_path: Path) -> None:
    endless, short = job(tmp_path, epochs=ENDLESS), job(tmp_path)
    executor.submit(endless)
    assert isinstance(next(follow(executor)), Started)
    executor.cancel(endless.number)
    assert isinstance(story(executor, short)[short.number][-1], Finished)
    executor.cancel(short.number)  # an epoch that it told with its end may be the one that prunes it


def test_several_trials_do_not_disturb_each_other(executor: Executor, tmp_path: Path) -> None:
    alone = job(tmp_path, seed=1)
    [expected] = story(executor, alone).values()
    together = [job(tmp_path, seed=2), job(tmp_path, seed=1)]
    told = story(executor, *together)
    assert scores(told[together[1].number]) == scores(expected)
    assert scores(told[together[0].number]) != scores(expected)
    assert all([type(event) for event in events] == [type(e) for e in expected] for events in told.values())


@pytest.mark.parametrize(
    ("settings", "expected", "said"),
    [
        (DIVERGING, ErrorClass.NAN, "NonFiniteLossError: the loss of task sst is"),
        # More bytes than an address space has: no machine can have this memory.
        ({"encoder": {**TINY, "hidden_size": 10**12}}, ErrorClass.OOM, "allocate memory"),
        ({"tasks": {"sst": {**SST.model_dump(), "label": "missing"}}}, ErrorClass.ERROR,
         "DataError: task 'sst': the demo corpus 'sst' has no column 'missing'"),
    ],
)  # fmt: skip
def test_a_failure_has_a_class_and_a_traceback(
    settings: dict[str, object], expected: ErrorClass, said: str, executor: Executor, tmp_path: Path
) -> None:
    [events] = story(executor, job(tmp_path, **settings)).values()
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert failed.error_class is expected
    assert said in failed.message
    assert failed.traceback.startswith("Traceback (most recent call last):")
    assert isinstance(events[0], Started)


def test_a_folder_that_cannot_be_made_is_a_failure_of_its_trial(executor: Executor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [events] = story(executor, job(tmp_path / "file")).values()
    [failed] = events
    assert isinstance(failed, Failed)
    assert failed.error_class is ErrorClass.ERROR
    assert "NotADirectoryError" in failed.message


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), ErrorClass.OOM),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), ErrorClass.OOM),
        (NonFiniteLossError("the loss is nan"), ErrorClass.NAN),
        (DataError("no such column"), ErrorClass.ERROR),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ErrorClass.ERROR),
    ],
)
def test_classes_of_failure(error: Exception, expected: ErrorClass) -> None:
    assert error_class(error) is expected


def test_cuda_out_of_memory_is_oom() -> None:
    import torch

    assert error_class(torch.OutOfMemoryError("CUDA out of memory")) is ErrorClass.OOM


def test_a_killed_trial_is_a_failure_and_others_go_on(apart: Executor, tmp_path: Path) -> None:
    victim, survivor = job(tmp_path, epochs=ENDLESS), job(tmp_path, epochs=40)
    process = started(apart, victim)
    apart.submit(survivor)
    process.send_signal(signal.SIGKILL)
    last: dict[int, Event] = {}
    for event in follow(apart):
        last[event.number] = event
        if len([e for e in last.values() if isinstance(e, Finished | Failed)]) == 2:
            break
    killed = last[victim.number]
    assert isinstance(killed, Failed)
    assert killed.error_class is ErrorClass.KILLED
    assert "was killed by SIGKILL (by the system, if memory ran out)" in killed.message
    assert last[survivor.number] == Finished(survivor.number)


def assert_continues(executor: Executor, folder: Path, others: Sequence[Process] = ()) -> None:
    """Closes an executor in the middle of a trial, which must leave no process, and goes on with it."""
    [expected] = story(InlineExecutor(), job(folder)).values()
    stopped = job(folder)
    executor.submit(stopped)
    next(e for e in follow(executor) if isinstance(e, Evaluated) and e.number == stopped.number)
    executor.close()
    assert executor.poll(timeout=0) == []
    assert all(gone(process) for process in others)
    [events] = story(executor, stopped).values()
    assert scores(events) == scores(expected)
    assert isinstance(events[0], Started)
    assert events[0].epochs is not None
    assert events[0].epochs >= 1


def test_a_closed_trial_continues(tmp_path: Path) -> None:
    assert_continues(InlineExecutor(), tmp_path)


def test_close_but_not_ctrl_c_reaches_the_trials(apart: Executor, tmp_path: Path) -> None:
    process = started(apart, job(tmp_path, epochs=ENDLESS))
    process.send_signal(signal.SIGINT)
    assert isinstance(next(follow(apart)), Evaluated)
    assert isinstance(next(follow(apart)), Evaluated)
    process.suspend()  # it has shown what it shall, and need not take a core from the other
    assert_continues(apart, tmp_path, [process])


def test_what_a_trial_prints_goes_into_its_log(
    local: LocalExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    noisy = job(tmp_path)
    noisy.rundir.mkdir(parents=True)
    (noisy.rundir / "log.txt").write_text("of an earlier attempt\n")
    monkeypatch.setattr("sweeper.executors.local._child", printing_child)
    assert story(local, noisy)[noisy.number] == [Finished(noisy.number)]
    log = (noisy.rundir / "log.txt").read_text()
    assert log.startswith("of an earlier attempt\n")
    assert "printed in Python" in log
    assert "printed below Python" in log
    assert "a warning" in log
    assert capfd.readouterr() == ("", "")


def test_a_trial_ends_with_its_driver(tmp_path: Path) -> None:
    """The driver is a process of its own here, this file as a script; Ray's stands in ``tests/faults``."""
    before = trials()
    command = [sys.executable, "-m", "tests.sweeper_tests.executors.test_protocol", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "an epoch is done\n"
        [trial] = trials() - before
        server = trial.parent()
        assert server is not None
        driver.kill()
        driver.wait()
        assert gone(trial)
        assert gone(server)


def main(folder: Path) -> None:
    executor = LocalExecutor()
    executor.submit(job(folder, epochs=ENDLESS))
    next(event for event in follow(executor) if isinstance(event, Evaluated))
    print("an epoch is done", flush=True)
    for _ in follow(executor):
        pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
