"""Standard output and error that never fail: whoever listens may leave, or be unable to show a character."""

import codecs
import errno
import io
import os
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TextIO

_QUIET = (errno.EPIPE, errno.EIO, errno.ECONNRESET, errno.EBADF)
"""Errors of a stream to which nobody listens any more: a pipe's reader, or a terminal, that is gone."""

_PLAIN = str.maketrans(
    {**dict.fromkeys("‐‑‒–—―−", "-"), "·": ".", "×": "x", "†": "+", "±": "+-", "…": "...", "→": "->"}
    | {**dict.fromkeys("‘’", "'"), **dict.fromkeys("“”„", '"'), "≤": "<=", "≥": ">="}
)
"""What stands for signs of ours on a stream that cannot show them."""

_ERRORS = "sweeper.plain"


class _Stream(io.TextIOWrapper):
    """A stream that takes everything, even once it cannot be written.

    Attributes:
        name_told: What the user calls it.
        lost: Why what was written last went nowhere; None while all of it was taken.
    """

    buffer = None  # type: ignore[assignment]  # else `typer.echo` writes UTF-8 to one that is ASCII

    def __init__(self, descriptor: int, name: str, encoding: str, by_line: bool) -> None:
        self._descriptor = descriptor
        self.name_told = name
        self.lost: OSError | None = None
        written = open(descriptor, "wb", closefd=False)  # noqa: SIM115
        super().__init__(written, encoding, _ERRORS, line_buffering=by_line)

    def write(self, text: str, /) -> int:
        """Writes, or drops what nobody takes."""
        try:
            super().write(text)
        except BlockingIOError:
            self.flush()
        except OSError as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Waits until all is taken, or dropped."""
        while True:
            try:
                super().flush()
            except BlockingIOError:  # somebody has made it one that does not wait
                select.select([], [self._descriptor], [])
            except OSError as error:
                self._lose(error)
            else:
                return

    def _lose(self, error: OSError) -> None:
        self.lost = error
        # From here on for all who write to it, the processes that inherit it among them.
        _open_null(self._descriptor)


class Streams:
    """The standard streams while a command runs."""

    def __init__(self, streams: Sequence[_Stream]) -> None:
        self._streams = streams

    def lost(self) -> str | None:
        """Why a stream did not take what was written, other than that nobody listens; None if it did."""
        for stream in self._streams:
            stream.flush()
            if stream.lost is not None and stream.lost.errno not in _QUIET:
                return f"{stream.name_told} cannot be written: {stream.lost.strerror}"
        return None


def is_heard() -> bool:
    """Whether standard output still takes what is written, as far as is known."""
    return not (isinstance(sys.stdout, _Stream) and sys.stdout.lost)


@contextmanager
def unfailing() -> Iterator[Streams]:
    """Makes the standard streams such that a write to them never raises.

    What a stream's encoding lacks is replaced. One that is closed, full, or a pipe without a reader leads
    nowhere. Streams that are no files, as those of tests, stay as they are.
    """
    _fill_descriptors()
    codecs.register_error(_ERRORS, _plainly)
    before = sys.stdout, sys.stderr
    sys.stdout = _unfailing(before[0], 1, "standard output")
    sys.stderr = _unfailing(before[1], 2, "standard error")
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, _Stream)]
    try:
        yield Streams(streams)
    finally:
        for stream in streams:
            stream.flush()
        sys.stdout, sys.stderr = before


def _unfailing(stream: TextIO | None, descriptor: int, name: str) -> TextIO:
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
    return _Stream(descriptor, name, encoding, by_line)


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
