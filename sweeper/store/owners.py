"""Which driver a trial belongs to, and whether that driver still lives."""

import platform
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path

import psutil

from ..clock import Clock

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


class Life(Enum):
    """What is known of a trial's driver."""

    GONE = "gone"
    ALIVE = "alive"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Lease:
    """A lease, since when it has been seen from here, and whether it was seen to be renewed."""

    until: datetime | None
    since: float
    renewed: bool = False


class Liveness:
    """Judges the drivers of unfinished trials.

    On this host the process tells, whatever a clock says. A driver elsewhere is gone once its lease has run
    out, or once a whole lease has passed here without a renewal; a renewal seen from here says that it lives.

    Args:
        me: The owner that judges.
        lease_seconds: How long a lease lasts.
        clock: The time here.
    """

    def __init__(self, me: str, lease_seconds: float, clock: Clock) -> None:
        self._me = me
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._seen: dict[tuple[int, str], _Lease] = {}

    def judge(self, number: int, owner: str | None, lease: datetime | None, expired: bool) -> Life:
        """Whether the driver of a trial is gone.

        Args:
            number: Number of the trial.
            owner: Its driver as recorded.
            lease: When its lease runs out; None for a number that was claimed and has no run yet.
            expired: Whether that moment has passed, by the clock that sets leases.
        """
        if owner is None or owner == self._me or (expired and not Owner.parse(owner).is_here()):
            return Life.GONE
        parsed = Owner.parse(owner)
        if parsed.is_here():
            return Life.GONE if parsed.is_dead() else Life.ALIVE
        now = self._clock.monotonic()
        seen = self._seen.setdefault((number, owner), _Lease(lease, now))
        if lease != seen.until:
            seen = self._seen[number, owner] = _Lease(lease, now, renewed=True)
        if now - seen.since > self._lease_seconds:
            return Life.GONE
        return Life.ALIVE if seen.renewed else Life.UNKNOWN
