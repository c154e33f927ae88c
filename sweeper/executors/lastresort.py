"""The last resort: what nobody foresaw becomes one line, and its details go to a file of the user's alone."""

import logging
import os
import sys
import tempfile
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from ..errors import SweeperError
from ..paths import Home
from ..text import one_line
from ..url import scrubbed
from ..version import __version__

KEPT = 20
"""Files of details that stay in a home; the oldest go."""

DEBUG = "SWEEPER_DEBUG"
"""The variable that tells the processes that a command starts that it was typed with ``--debug``."""

SAFE = "the trials recorded so far are safe, and the same command goes on"


def one_line_of(error: BaseException) -> str:
    """What happened, what is safe, and where the details are.

    Args:
        error: What nobody foresaw. Its traceback is written to a file in ``errors/`` under SWEEPER_HOME, or,
            where there is no home yet, in the temporary folder.
    """
    said = (
        f"memory ran out: {error}" if isinstance(error, MemoryError) else f"{type(error).__name__}: {error}"
    )
    file = keep("".join(traceback.format_exception(error)))
    where = "type it with --debug for the details" if file is None else f"details: {file}"
    return one_line(scrubbed(f"sweeper did not foresee this: {said}; {SAFE}; {where}"))


def keep(details: str) -> Path | None:
    """Writes details to a new file, without the secrets of URLs; None where nothing can be written."""
    head = [f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, sweeper {__version__}, Python {sys.version}"]
    text = scrubbed("\n".join([*head, " ".join(sys.argv), details]))
    for folder in (_errors(), Path(tempfile.gettempdir())):
        with suppress(OSError):
            if folder is None:
                continue
            # New and for this user alone, whatever lies in the folder.
            opened, name = tempfile.mkstemp(".txt", f"sweeper-{datetime.now(UTC):%Y%m%d-%H%M%S}-", folder)
            with os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return Path(name)
    return None


def _errors() -> Path | None:
    """The folder of details in the home; None where there is no home yet."""
    try:
        home = Home.from_environment().root
        if not home.is_dir():
            return None
        folder = home / "errors"
        folder.mkdir(exist_ok=True, mode=0o700)
        for old in sorted(folder.glob("sweeper-*.txt"))[: 1 - KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, ValueError, SweeperError):
        return None
    return folder


def install() -> None:
    """Makes what nobody catches, in any thread, end in one line on the terminal and not in a traceback.

    Nothing is changed where `DEBUG` asks for tracebacks.
    """
    if DEBUG in os.environ:
        return
    sys.excepthook = _ended
    threading.excepthook = sys.unraisablehook = _passed_over
    logging.raiseExceptions = False


def _ended(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        _say(error)


def _passed_over(ended: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
    """Says what ended a thread, or what Python cannot raise anywhere: the process goes on."""
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit | KeyboardInterrupt):
        _say(ended.exc_value)


def _say(error: BaseException) -> None:
    # At the end of a process its streams may be gone.
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"Error: {one_line_of(error)}\n")
        sys.stderr.flush()
