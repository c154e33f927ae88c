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
        began: Start of the process in seconds since 1970.
    """

    host: str
    pid: int
    began: int

    @classmethod
    def this_process(cls) -> "Owner":
        """The driver that runs here."""
        process = psutil.Process()
        return cls(_host(), process.pid, _began(process))

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """The owner that `str` wrote."""
        host, pid, began = text.rsplit(":", 2)
        return cls(host, int(pid), int(began))

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
            # A corrected clock shifts the start by a second or so; a pid is not used again as quickly.
            another = abs(_began(process) - self.began) > 2
            return another or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


@cache
def _host() -> str:
    namespace = Path("/proc/self/ns/pid")
    number = namespace.stat().st_ino if namespace.exists() else _FIRST_NAMESPACE
    return platform.node() if number == _FIRST_NAMESPACE else f"{platform.node()}/{number}"


def _began(process: psutil.Process) -> int:
    return round(process.create_time())
