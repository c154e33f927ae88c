"""The server of trials' processes."""

import os
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from multiprocessing import Pipe
from pathlib import Path
from unittest.mock import patch

import pytest

from sweeper.executors import local
from sweeper.executors.local import LocalExecutor, _send_if_heard
from sweeper.executors.protocol import Failed, Finished, Noted, Progressed
from sweeper.trial import ErrorClass
from tests.sweeper_tests.executors.story import ENDLESS, fork_server, gone, job, story
from tests.sweeper_tests.executors.telling import fast_child, short_child


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that has nothing loaded, for trials that train nothing; none is left to others."""
    monkeypatch.setattr(local, "_child", short_child)
    _end_server()
    yield
    _end_server()


def _end_server() -> None:
    local._start_server()
    server = fork_server()
    server.kill()
    assert gone(server)


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("when", ["before", "at once", "always"])
def test_a_dead_server_is_restarted(when: str, tmp_path: Path) -> None:
    executor, mine = LocalExecutor(preloaded=()), job(tmp_path)
    local._start_server()
    server = fork_server()
    server.kill()
    if when == "before":
        assert gone(server)
    with patch.object(local, "_start_server", side_effect=EOFError) if when == "always" else nullcontext():
        told = story(executor, mine)[mine.number]
    last = told[-1]
    if when == "always":
        assert isinstance(last, Failed)
        assert last.error_class is ErrorClass.KILLED
        assert last.message == "the trial's process could not be started: EOFError"
    else:
        assert isinstance(last, Finished)


@pytest.mark.usefixtures("light")
def test_a_trial_that_ended_while_nobody_listened_is_heard_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_child", fast_child)
    executor, mine = LocalExecutor(preloaded=()), job(tmp_path)
    executor.submit(mine)
    executor._children[mine.number].process.join()
    heard = executor.poll(timeout=60)
    assert heard == [*(Noted(mine.number, text) for text in "abc"), Finished(mine.number)]
    assert executor.poll(timeout=0) == []


def test_steps_of_an_epoch_are_heard_while_it_lasts_and_no_trial_waits_for_that(tmp_path: Path) -> None:
    long = job(tmp_path, steps_per_epoch=ENDLESS)
    executor = LocalExecutor()
    executor.submit(long)
    try:
        deadline = time.monotonic() + 180
        heard: list[Progressed] = []
        while len(heard) < 2 and time.monotonic() < deadline:
            heard += [event for event in executor.poll(1) if isinstance(event, Progressed)]
    finally:
        executor.close()
    first, second = (event.report for event in heard[:2])
    assert 0 < first.step < second.step < ENDLESS == second.steps
    assert second.seconds_left is not None
    assert second.seconds_left > 0
    receiver, sender = Pipe(duplex=False)
    with receiver, sender:
        os.set_blocking(sender.fileno(), False)
        with suppress(BlockingIOError):
            while True:
                os.write(sender.fileno(), b"x" * 4096)
        os.set_blocking(sender.fileno(), True)
        _send_if_heard(sender, heard[0])  # returns
