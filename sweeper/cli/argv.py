"""The command line of this process as others see it: without the secrets of the URLs in it."""

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..url import Url


def hide_secrets() -> None:
    """Takes the secrets out of what ``ps`` shows of this process, and out of ``sys.argv``.

    Processes that are started from here may get ``sys.argv``. Linux says where it keeps the command line of
    a process; on other systems ``ps`` goes on to show what was typed.
    """
    changed: dict[bytes, bytes] = {}
    for place, typed in enumerate(sys.argv):
        shown = str(Url(typed)) if "://" in typed else typed
        if shown != typed:
            changed[os.fsencode(typed)] = os.fsencode(shown)
            sys.argv[place] = shown
    if changed:
        _overwrite(changed)


def _overwrite(changed: Mapping[bytes, bytes]) -> None:
    try:
        stat = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace")
        # The name before them may hold spaces. Then fields 3 and on of proc_pid_stat(5).
        fields = stat.rpartition(")")[2].split()
        begin, end = int(fields[45]), int(fields[46])
    except (OSError, ValueError, IndexError):
        return
    if not 0 < begin < end:
        return
    whole = ctypes.string_at(begin, end - begin)
    for typed, shown in changed.items():
        place = whole.find(b"\0" + typed + b"\0") + 1
        if place:
            room = len(typed)
            ctypes.memmove(begin + place, shown[:room].ljust(room), room)
