"""Standard output and error that never fail: whoever listens may leave, or be unable to show a character."""

import codecs
import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_QUIET = (errno.EPIPE, errno.EIO, errno.ECONNRESET, errno.EBADF)
"""Errors of a stream to which nobody listens any more: a pipe's reader, or a terminal, that is gone."""

_PLAIN = str.maketrans(
    {**dict.fromkeys("‐‑‒–—―−", "-"), "·": ".", "×": "x", "†": "+", "±": "+-", "…": "...", "→": "->"}
    | {**dict.fromkeys("‘’", "'"), **dict.fromkeys("“”„", '"'), "≤": "<=", "≥": ">="}
)
"""What stands for signs of ours on a stream that cannot show them."""

_ERRORS = "sweeper.plain"


class _Listener(io.FileIO):
    """A stream's end that takes everything, even once it cannot be written.

    Attributes:
        lost: Why what was written last went nowhere; None while all of it was taken.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.lost: OSError | None = None

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]
        """Writes, or drops what nobody takes."""
        while True:
            try:
                written: int | None = super().write(data)
            except OSError as error:
                self.lost = error
                # From here on for all who write to it, the processes that inherit it among them.
                _open_null(self.fileno())
                return memoryview(data).nbytes
            if written is not None:
                return written
            select.select([], [self.fileno()], [])  # somebody has made it one that does not wait


class _Text(io.TextIOWrapper):
    buffer = None  # type: ignore[assignment]  # else `typer.echo` writes UTF-8 to a stream that is ASCII


class Streams:
    """The standard streams while a command runs."""

    def __init__(self, listeners: list[_Listener]) -> None:
        self._listeners = listeners

    def lost(self) -> str | None:
        """Why a stream did not take what was written, other than that nobody listens; None if it did."""
        _flush()
        for listener in self._listeners:
            if listener.lost is not None and listener.lost.errno not in _QUIET:
                return f"standard {_NAMES[listener.fileno()]} cannot be written: {listener.lost.strerror}"
        return None


@contextmanager
def unfailing() -> Iterator[Streams]:
    """Makes the standard streams such that a write to them never raises.

    What a stream's encoding lacks is replaced. One that is closed, full, or a pipe without a reader leads
    nowhere. Streams that are no files, as those of tests, stay as they are.
    """
    _fill_descriptors()
    codecs.register_error(_ERRORS, _plainly)
    before = sys.stdout, sys.stderr
    listeners: list[_Listener] = []
    sys.stdout, sys.stderr = (_unfailing(stream, at, listeners) for at, stream in enumerate(before, start=1))
    try:
        yield Streams(listeners)
    finally:
        _flush()
        sys.stdout, sys.stderr = before


_NAMES = {1: "output", 2: "error"}


def _unfailing(stream: io.TextIOBase | None, descriptor: int, listeners: list[_Listener]) -> io.TextIOBase:
    encoding, by_line = "utf-8", False
    if stream is not None:
        if not isinstance(stream, io.TextIOWrapper):
            return stream
        try:
            descriptor = stream.fileno()
        except OSError:
            return stream
        with suppress(OSError):
            stream.flush()
        encoding, by_line = stream.encoding, stream.line_buffering
    listener = _Listener(descriptor)
    listeners.append(listener)
    return _Text(io.BufferedWriter(listener), encoding, _ERRORS, line_buffering=by_line)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = (sign.translate(_PLAIN) for sign in error.object[error.start : error.end])
    return "".join(sign if sign.isascii() else "?" for sign in signs), error.end


def _fill_descriptors() -> None:
    """Opens the standard descriptors that are closed, whose numbers, and text, the next file would get."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            _open_null(descriptor)


def _open_null(descriptor: int) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
