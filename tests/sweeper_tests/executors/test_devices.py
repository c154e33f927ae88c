"""Each trial sees one device alone, the freest; what cannot be is one clear error. No device is needed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from model.device import device_name
from sweeper.errors import InputError
from sweeper.executors.devices import VISIBLE, devices_named
from sweeper.executors.local import PRELOADED, LocalExecutor
from sweeper.executors.protocol import Event, Finished, Job, Noted
from tests.sweeper_tests.executors.telling import telling_child
from tests.sweeper_tests.made import PARAMS, study
from tests.sweeper_tests.typed import Command, refused

SEEN = "sweeper.executors.devices._seen_by_torch"


def job(folder: Path, number: int) -> Job:
    config = study().config("S-BERT", PARAMS, 11711)
    return Job(number, config, folder / str(number), data=None, cache=folder / "cache", threads=1)


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeper.executors.local._child", telling_child)
    monkeypatch.delenv(VISIBLE, raising=False)


def seen(executor: LocalExecutor, job: Job) -> str:
    executor.submit(job)
    [event] = heard(executor)
    assert isinstance(event, Noted)
    assert event.number == job.number
    return event.text


def heard(executor: LocalExecutor) -> list[Event]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if events := executor.poll(timeout=1):
            return events
    raise TimeoutError("no event has come")


@pytest.mark.usefixtures("telling")
def test_a_trial_gets_a_device_that_is_free_and_else_the_one_with_the_fewest(tmp_path: Path) -> None:
    executor = LocalExecutor(5, ("0", "GPU-5f", "3"))
    jobs = [job(tmp_path, number) for number in range(9)]
    try:
        assert [seen(executor, one) for one in jobs[:3]] == ["0", "GPU-5f", "3"]
        executor.cancel(1)
        assert seen(executor, jobs[3]) == "GPU-5f"
        (jobs[2].rundir / "end").touch()
        assert heard(executor) == [Finished(2)]
        assert seen(executor, jobs[4]) == "3"
        # None is free: they take turns.
        assert [seen(executor, one) for one in jobs[5:8]] == ["0", "GPU-5f", "3"]
        executor.cancel(0)
        executor.cancel(5)
        assert seen(executor, jobs[8]) == "0"
    finally:
        executor.close()


@pytest.mark.usefixtures("telling")
def test_without_devices_a_trial_sees_what_its_driver_sees(tmp_path: Path) -> None:
    executor = LocalExecutor()
    try:
        assert seen(executor, job(tmp_path, 0)) == "all"
    finally:
        executor.close()


def test_what_the_server_loads_leaves_cuda_alone() -> None:
    """A child forked from it could not choose its device any more."""
    script = f"""
import importlib, torch
def touched(*_): raise SystemExit("CUDA was used")
for name in ("is_available", "device_count", "current_device", "init", "_lazy_init"):
    setattr(torch.cuda, name, touched)
for name in {PRELOADED}: importlib.import_module(name)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("device", "visible", "name"),
    [
        ("cpu", "1", "cpu"),
        ("cuda", None, "cuda:0"),
        ("cuda", "3", "cuda:3"),
        ("cuda", "GPU-5f", "cuda:GPU-5f"),
        ("cuda", "2, 3", "cuda:2"),
        ("cuda:1", "2, 3", "cuda:3"),
        ("cuda:1", None, "cuda:1"),
    ],
)
def test_the_record_says_which_device_of_the_machine_it_was(
    device: str, visible: str | None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VISIBLE, raising=False)
    if visible is not None:
        monkeypatch.setenv(VISIBLE, visible)
    assert device_name(torch.device(device)) == name


@pytest.mark.parametrize(
    ("written", "visible", "expected"),
    [
        ("all", None, ("0", "1", "2")),
        (" all ", "4,5, 7", ("4", "5", "7")),
        ("cuda:2,cuda:0", None, ("2", "0")),
        ("1", None, ("1",)),
        ("0, cuda:1", "GPU-a,GPU-b,GPU-c", ("GPU-a", "GPU-b")),
    ],
)
def test_devices_are_named_as_torch_counts_them(
    written: str, visible: str | None, expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SEEN, lambda: 3)
    monkeypatch.delenv(VISIBLE, raising=False)
    if visible is not None:
        monkeypatch.setenv(VISIBLE, visible)
    assert devices_named(written) == expected


@pytest.mark.parametrize(
    ("written", "there", "said"),
    [
        ("", 2, "write for example cuda:0,cuda:1 or 0,1 or all"),
        ("0,,1", 2, "write for example"),
        ("cpu", 2, "write for example"),
        ("cuda", 2, "write for example"),
        ("-1", 2, "write for example"),
        ("0,cuda:0", 2, "names a device twice"),
        ("1,2", 2, "there is no cuda:2; torch sees cuda:0 to cuda:1"),
        ("cuda:1", 1, "there is no cuda:1; torch sees cuda:0 alone"),
        ("all", 0, "torch sees no CUDA device here"),
    ],
)
def test_what_cannot_be_is_one_clear_error(
    written: str, there: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SEEN, lambda: there)
    with pytest.raises(InputError) as caught:
        devices_named(written)
    assert str(caught.value).startswith(f"--devices {written!r}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_the_command_line_says_so(sweeper: Command) -> None:
    said = refused(sweeper, "run", "--study", "quickstart", "--devices", "0,1")
    assert said.startswith("Error: --devices '0,1': torch sees no CUDA device here; ")
