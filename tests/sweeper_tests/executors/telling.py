"""Processes of trials that train nothing. Each imports this module anew, which therefore imports little."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from sweeper.executors import local
from sweeper.executors.devices import VISIBLE
from sweeper.executors.protocol import Event, Finished, Job, Noted, Progressed

Ear = Callable[[Progressed], object]
Events = Callable[[Job, Callable[[], bool], Ear], Iterator[Event]]


def telling_child(job: Job, sender: Connection, watched: Connection, device: str | None) -> None:
    """Says which devices it sees, and ends when a file tells it to."""

    def events(job: Job, _stop: Callable[[], bool], _progressed: Ear) -> Iterator[Event]:
        yield Noted(job.number, os.environ.get(VISIBLE, "all"))
        while not (job.rundir / "end").exists():
            time.sleep(0.01)
        yield Finished(job.number)

    _run(events, job, sender, watched, device)


def short_child(job: Job, sender: Connection, watched: Connection, device: str | None) -> None:
    """Ends at once."""

    def events(job: Job, _stop: Callable[[], bool], _progressed: Ear) -> Iterator[Event]:
        yield Finished(job.number)

    _run(events, job, sender, watched, device)


def fast_child(job: Job, sender: Connection, watched: Connection, device: str | None) -> None:
    """Says three things, and ends."""

    def events(job: Job, _stop: Callable[[], bool], _progressed: Ear) -> Iterator[Event]:
        yield from (Noted(job.number, text) for text in "abc")
        yield Finished(job.number)

    _run(events, job, sender, watched, device)


def printing_child(job: Job, sender: Connection, watched: Connection, device: str | None) -> None:
    """Prints in three ways."""

    def events(_job: Job, _stop: Callable[[], bool], _progressed: Ear) -> Iterator[Event]:
        print("printed in Python", flush=True)
        print("a warning", file=sys.stderr, flush=True)
        os.write(1, b"printed below Python\n")
        yield Finished(job.number)

    _run(events, job, sender, watched, device)


def _run(events: Events, job: Job, sender: Connection, watched: Connection, device: str | None) -> None:
    local.run_trial = events  # type: ignore[assignment]
    local._child(job, sender, watched, device)
