"""Which process made a temporary file: its name says so, and whether that process still lives."""

import hashlib
import os
import platform
import re
import secrets
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import psutil

STALE_SECONDS = 7 * 24 * 3600.0
"""How long a temporary file lies untouched before it counts as left, whoever made it."""

_FIRST_NAMESPACE = 0xEFFFFFFC
"""What Linux calls the process numbers of the machine itself, outside all containers."""

_LONGEST = 100
"""Characters of a file's own name in that of its temporary one: file systems take 255 bytes in all."""

_MARKED = re.compile(r".*\.(?P<host>[0-9a-f]{8})-(?P<pid>\d{1,10})-(?P<began>[0-9a-f]{8})-[0-9a-f]{16}")


def temporary_name(name: str) -> str:
    """A hidden name that no other process makes, nor can guess; it says who made it.

    Args:
        name: Of what is to be written, or a word for it.
    """
    process = psutil.Process()
    mark = f"{_here()}-{process.pid}-{_digest(began(process))}-{secrets.token_hex(8)}"
    return f".{name[:_LONGEST]}.{mark}"


def is_marked(path: Path) -> bool:
    """Whether a name is one that `temporary_name` has made, and so no file of anybody else's."""
    return _MARKED.fullmatch(path.name) is not None


def is_left(path: Path) -> bool:
    """Whether nobody writes a temporary file or folder any more.

    Its maker ran on this host, since that was started, and is dead. Of what cannot be seen from here, nothing
    in it has changed for `STALE_SECONDS`: hosts may share a folder, and early versions did not write who made
    a file.
    """
    marked = _MARKED.fullmatch(path.name)
    if marked and marked["host"] in (_here(), _digest(host())):  # the latter of earlier versions
        start = marked["began"]
        living = lives(int(marked["pid"]), lambda began: _digest(began) == start)
        if living is not None:
            return not living  # whatever its age: a sweep may last for weeks
    try:
        newest = max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    except OSError:
        return False  # it changes under our eyes
    return time.time() - newest > STALE_SECONDS


@cache
def host() -> str:
    """Name of the machine; of the container too, if its process numbers are its own."""
    namespace = Path("/proc/self/ns/pid")
    number = namespace.stat().st_ino if namespace.exists() else _FIRST_NAMESPACE
    return platform.node() if number == _FIRST_NAMESPACE else f"{platform.node()}/{number}"


def began(process: psutil.Process) -> str:
    """When a process began, by something that does not move when the clock is set."""
    if not _boot():
        return str(round(process.create_time()))
    stat = Path(f"/proc/{process.pid}/stat")
    # The name of the program, in brackets, may hold anything; the start is the 22nd field.
    ticks = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    return f"{_boot()[:8]}-{ticks}"


def in_this_boot(start: str) -> bool:
    """Whether what `began` says of a process can be of one here, since this machine was started.

    False of one before that, and of one of another machine that has the same name.
    """
    boot, dash, _ = start.partition("-")
    return not dash or boot == _boot()[:8]


def lives(pid: int, is_it: Callable[[str], bool]) -> bool | None:
    """Whether a process of this host lives.

    Args:
        pid: Its number, which another one may have by now.
        is_it: Whether it is the one of which `began` says that.

    Returns:
        None where that cannot be seen: a system may hide the processes of other users.
    """
    try:
        process = psutil.Process(pid)
        return is_it(began(process)) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.ZombieProcess:
        return False
    except (psutil.AccessDenied, PermissionError):
        return None
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None if _exists(pid) else False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # another user's
    return True


@cache
def _boot() -> str:
    """What the system calls the time since it was started; empty where it calls it nothing."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return boot.read_text(encoding="ascii") if boot.exists() else ""


def _here() -> str:
    return _digest(f"{host()} {_boot()}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
