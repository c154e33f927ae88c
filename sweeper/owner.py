"""Which driver a trial belongs to, and whether that driver still lives."""

import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

_FIRST_NAMESPACE = 0xEFFFFFFC
"""What Linux calls the process numbers of the machine itself, outside all containers."""


@dataclass(frozen=True)
class Owner:
    """A driver: its host, its process, and when that process began (pids are used again).

    Attributes:
        host: Name of the machine; of the container too, if its process numbers are its own.
        pid: Process number.
        began: What tells the process from a later one of that number, and of another boot.
    """

    host: str
    pid: int
    began: str

    @classmethod
    def this_process(cls) -> "Owner":
        """The driver that runs here."""
        process = psutil.Process()
        return cls(_host(), process.pid, _began(process))

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """The owner that `str` wrote."""
        host, pid, began = text.rsplit(":", 2)
        return cls(host, int(pid), began)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}:{self.began}"

    def is_here(self) -> bool:
        """Whether it runs, or ran, where this process can see it."""
        return self.host == _host()

    def is_dead(self) -> bool:
        """Whether it ran on this host and is gone; False where that cannot be known."""
        if not self.is_here():
            return False
        try:
            process = psutil.Process(self.pid)
            another = _began(process) != self.began
            return another or process.status() == psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            return True


@cache
def _host() -> str:
    namespace = Path("/proc/self/ns/pid")
    number = namespace.stat().st_ino if namespace.exists() else _FIRST_NAMESPACE
    return platform.node() if number == _FIRST_NAMESPACE else f"{platform.node()}/{number}"


def _began(process: psutil.Process) -> str:
    """When a process began, by something that does not move when the clock is set."""
    stat, boot = Path(f"/proc/{process.pid}/stat"), Path("/proc/sys/kernel/random/boot_id")
    if not boot.exists():
        return str(round(process.create_time()))
    # The name of the program, in brackets, may hold anything; the start is the 22nd field.
    ticks = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    return f"{boot.read_text(encoding='ascii')[:8]}-{ticks}"
