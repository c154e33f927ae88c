"""Puts a folder in the place of an earlier one, so that at any moment one of the two stands there."""

import ctypes
import os
from glob import escape
from pathlib import Path

from model.files import remove
from model.maker import is_left, is_marked

_AT_FDCWD = -100


_EXCHANGE = 2


def put(new: Path, folder: Path) -> None:
    """Makes `new` the folder; what stood there before is in the place of `new` then, or beside it.

    Where the system cannot exchange two folders, the earlier one lies for a moment beside `new`, from where
    `recover` brings it back after a kill.

    Args:
        new: A folder in a temporary folder beside `folder`.
        folder: Where it belongs.
    """
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        aside = _aside(new.parent)
        folder.rename(aside)
        try:
            new.rename(folder)
        except BaseException:
            aside.rename(folder)
            raise


def recover(folder: Path) -> None:
    """Cleans up after a process that was killed while it exported to a folder.

    An earlier export goes back to its place, unless a new one is there.
    """
    for place in sorted(folder.parent.glob(f".{escape(folder.name[:100])}.*")):
        if is_marked(place) and is_left(place):  # the folder is the user's, and others have files there
            if _aside(place).exists() and not folder.exists():
                _aside(place).rename(folder)
            remove(place)


def _aside(temporary: Path) -> Path:
    return temporary / "old"


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two folders in one step; False where the system or the file system cannot do that."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0)
