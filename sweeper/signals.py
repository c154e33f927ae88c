"""Ctrl-C, and SIGTERM as a service manager or a batch system sends it: once gently, twice at once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def gently(stop: Callable[[], None]) -> Iterator[None]:
    """Lets the first Ctrl-C or SIGTERM ask for an end, and the second one interrupt.

    Args:
        stop: Called at the first signal; what runs inside is expected to come to its end then.

    Raises:
        KeyboardInterrupt: At the second signal at once; after the first at the end.
        TerminatedError: The same, if that signal was SIGTERM.
    """
    came: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            raise _error(number)
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise _error(came[0])


@contextmanager
def terminable() -> Iterator[None]:
    """Raises TerminatedError when SIGTERM comes, so that a sweep is left in order."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise _error(number)


def _error(number: int) -> KeyboardInterrupt:
    return TerminatedError() if number == signal.SIGTERM else KeyboardInterrupt()
