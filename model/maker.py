"""Which process made a temporary file: its name says so, and whether that process still lives."""

import hashlib
import platform
import re
import secrets
import time
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
    mark = f"{_digest(host())}-{process.pid}-{_digest(began(process))}-{secrets.token_hex(8)}"
    return f".{name[:_LONGEST]}.{mark}"


def is_left(path: Path) -> bool:
    """Whether nobody writes a temporary file or folder any more.

    Its maker ran on this host and is dead, or nothing in it has changed for `STALE_SECONDS`: hosts may
    share a folder, and versions before this one did not write who made a file.
    """
    marked = _MARKED.fullmatch(path.name)
    if marked and marked["host"] == _digest(host()) and not _lives(int(marked["pid"]), marked["began"]):
        return True
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
    stat, boot = Path(f"/proc/{process.pid}/stat"), Path("/proc/sys/kernel/random/boot_id")
    if not boot.exists():
        return str(round(process.create_time()))
    # The name of the program, in brackets, may hold anything; the start is the 22nd field.
    ticks = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    return f"{boot.read_text(encoding='ascii')[:8]}-{ticks}"


def _lives(pid: int, start: str) -> bool:
    try:
        return _digest(began(psutil.Process(pid))) == start
    except (psutil.Error, OSError):
        return False


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
