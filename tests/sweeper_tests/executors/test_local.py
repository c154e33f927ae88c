"""The server of trials' processes."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import pytest

from sweeper.executors import local
from sweeper.executors.local import LocalExecutor
from sweeper.executors.protocol import Failed, Finished
from sweeper.trial import ErrorClass
from tests.sweeper_tests.executors.story import fork_server, gone, job, story
from tests.sweeper_tests.executors.telling import short_child


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
