"""Ctrl-C, SIGTERM, and SIGHUP of a terminal that closes: once gently, twice at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, MappingProxyType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a sweep to stop: Ctrl-C; a service manager or a batch system; the end of its terminal."""


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came."""


class HungUpError(KeyboardInterrupt):
    """SIGHUP came: the terminal has closed."""


_ERRORS = MappingProxyType({signal.SIGTERM: TerminatedError, signal.SIGHUP: HungUpError})


def exit_code(stop: KeyboardInterrupt) -> int:
    """The exit code of a command that was stopped: 130, 143 or 129, as shells count the signals."""
    number = next((number for number, error in _ERRORS.items() if isinstance(stop, error)), signal.SIGINT)
    return 128 + number


@contextmanager
def gently(stop: Callable[[], None]) -> Iterator[None]:
    """Lets the first signal ask for an end, and the second one interrupt; in the main thread alone.

    A shell and the system both send SIGHUP when a terminal closes: a second one asks for nothing more.

    Args:
        stop: Called at the first signal; what runs inside is expected to come to its end then.

    Raises:
        KeyboardInterrupt: At the second signal at once; after the first at the end.
        TerminatedError: The same, if that signal was SIGTERM.
        HungUpError: At the end, if SIGHUP came first.
    """
    came: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        if came and number == signal.SIGHUP:
            return
        came.append(number)
        if len(came) > 1:
            raise _error(number)
        stop()

    with _handled(STOPPING, handle):
        yield
    if came:
        raise _error(came[0])


@contextmanager
def terminable() -> Iterator[None]:
    """Raises an error when SIGTERM or SIGHUP comes, so that a sweep is left in order."""
    with _handled((signal.SIGTERM, signal.SIGHUP), _terminate):
        yield


@contextmanager
def _handled(
    numbers: tuple[signal.Signals, ...], handle: Callable[[int, FrameType | None], None]
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # Python hears signals in the main thread alone, whose they are
        return
    # Under nohup SIGHUP is ignored from the start, and stays so.
    heard = [n for n in numbers if n != signal.SIGHUP or signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise _error(number)


def _error(number: int) -> KeyboardInterrupt:
    return _ERRORS.get(signal.Signals(number), KeyboardInterrupt)()
