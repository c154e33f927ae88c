"""Which driver a trial belongs to, and whether that driver still lives."""

import platform
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Owner:
    """A driver: its host, its process, and when that process began (pids are used again).

    Attributes:
        host: Name of the machine.
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
        return cls(platform.node(), process.pid, _began(process))

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """The owner that `str` wrote."""
        host, pid, began = text.rsplit(":", 2)
        return cls(host, int(pid), int(began))

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}:{self.began}"

    def is_dead(self) -> bool:
        """Whether it ran on this host and is gone; False where that cannot be known."""
        if self.host != platform.node():
            return False
        try:
            process = psutil.Process(self.pid)
            # A corrected clock shifts the start by a second or so; a pid is not used again as quickly.
            another = abs(_began(process) - self.began) > 2
            return another or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


def _began(process: psutil.Process) -> int:
    return round(process.create_time())
