"""Which studies are at work in this process: each in one sweep at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from ..errors import InputError
from ..runs.mark import Holder
from ..store.study import StudyStore

_lock = Lock()

# With the process, as one that is forked inherits the list and sweeps nothing yet.
_at_work: list[tuple[int, str, Holder]] = []


@contextmanager
def alone(store: StudyStore) -> Iterator[None]:
    """Keeps a study for one sweep of this process, until that has ended in whatever way.

    A driver is known by its process: in the database the trials of one thread would be those of the other
    too, which would take them over while they are trained, and give them away when it ends.

    Args:
        store: The study.

    Raises:
        InputError: If this process is running the study already.
    """
    place = _place(store)
    with _lock:
        _check(store, place)
        _at_work.append(place)
    try:
        yield
    finally:
        with _lock:
            _at_work.remove(place)


def check_alone(store: StudyStore) -> None:
    """Looks whether this process is running a study, before anything of that is changed.

    Raises:
        InputError: If it is.
    """
    place = _place(store)
    with _lock:
        _check(store, place)


def _place(store: StudyStore) -> tuple[int, str, Holder]:
    # A copy of the database has the study under the same UUID.
    return os.getpid(), str(store.row.uuid), store.holder()


def _check(store: StudyStore, place: tuple[int, str, Holder]) -> None:
    process, uuid, holder = place
    if any(held[:2] == (process, uuid) and held[2].same(holder) for held in _at_work):
        raise InputError(
            f"study {store.row.name!r} is being run by this process already: wait until that sweep has "
            "ended, or stop it"
        )
