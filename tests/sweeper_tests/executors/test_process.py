"""A trial in its process: the threads that it has, and what a full disk makes of it."""

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from model.plugins.load import load
from model.plugins.source import find_source
from sweeper.errors import InputError
from sweeper.executors import process
from sweeper.executors.inline import InlineExecutor
from sweeper.executors.process import disk_full, run_trial
from sweeper.executors.protocol import Evaluated, Event, Failed, Noted, Started, Stopped
from sweeper.sharedfolder import SharedFolder
from sweeper.url import Url
from tests.sweeper_tests.executors.story import SST, job, story


def test_a_trial_keeps_the_threads_that_it_began_with_and_says_so(tmp_path: Path) -> None:
    mine = replace(job(tmp_path), began_with=2)
    began, said, *_ = story(InlineExecutor(), mine)[mine.number]
    assert isinstance(began, Started)
    assert began.threads == 2
    assert said == Noted(
        mine.number,
        "goes on with 2 threads, as it began, not with the 1 of its share here: its numbers stay the same",
    )


def test_a_stop_while_what_all_machines_share_is_out_of_reach_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise InputError("SWEEPER_HOME 's3://b' cannot be reached: the network is down")

    mine = replace(job(tmp_path), shared=Url(f"file://{tmp_path}/shared/trial"))
    told: list[Event] = []
    for event in run_trial(mine, lambda: any(isinstance(one, Evaluated) for one in told)):
        told.append(event)
        if isinstance(event, Evaluated):
            monkeypatch.setattr(SharedFolder, "publish", cut)
    said = "its steps since its last epoch will be trained again: SWEEPER_HOME 's3://b' cannot be reached: "
    assert told[-2:] == [Noted(mine.number, f"{said}the network is down"), Stopped(mine.number)]


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("78125 requested and 0 written"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
        RuntimeError("PytorchStreamWriter failed: No space left on device"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_full_disk_is_told_as_such(wrapped: bool, error: Exception) -> None:
    assert disk_full(_caused_by(error) if wrapped else error)
    assert not disk_full(OSError(errno.EACCES, "Permission denied"))


def _caused_by(cause: Exception) -> Exception:
    try:
        raise ValueError("cannot be read back") from cause
    except ValueError as error:
        return error


@pytest.mark.parametrize(("module", "name"), [(Path, "mkdir"), (os, "open"), (process, "write_beside")])
def test_a_full_disk_is_no_fault_of_the_trial_whose_folder_it_is(
    module: object, name: str, tmp_path: Path
) -> None:
    """Neither the run folder, nor the lock in it, nor a file can be made."""
    mine = job(tmp_path)
    if name != "mkdir":
        mine.rundir.mkdir()
    with patch.object(module, name, side_effect=FULL):
        [failed] = run_trial(mine, lambda: False)
    assert isinstance(failed, Failed)
    assert failed.disk_full


def test_own_code_that_ends_python_fails_its_trial_and_ours_ends_it(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "import sys\nfrom model.penalties import PENALTIES, Penalty\n"
        "PENALTIES.add('mine', Penalty('mine', lambda task, passes: sys.exit(0)))",
        encoding="utf-8",
    )
    source = find_source("own.py", tmp_path)
    load([source])
    task = SST.model_copy(update={"penalty": "mine"})
    try:
        mine = replace(job(tmp_path, tasks={"sst": task}), plugins=(source,))
        failed = list(run_trial(mine, lambda: False))[-1]
    finally:
        load(())
    assert isinstance(failed, Failed)
    assert failed.message == f"PluginError: {source.path}:3: SystemExit: 0"
    with pytest.raises(SystemExit):
        list(run_trial(job(tmp_path), lambda: sys.exit(3)))
