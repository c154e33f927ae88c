"""Which driver has a trial, and whether that driver still lives."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import psutil

from model import maker

from ..clock import Clock
from ..errors import DatabaseError
from ..text import one_line


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
        return cls(maker.host(), process.pid, maker.began(process))

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """The owner that `str` wrote.

        Raises:
            DatabaseError: If it wrote none such.
        """
        try:
            host, pid, began = text.rsplit(":", 2)
            return cls(host, int(pid), began)
        except ValueError:
            raise DatabaseError(f"owner = {one_line(text)}: is no driver: the database is damaged") from None

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}:{self.began}"

    def is_here(self) -> bool:
        """Whether it runs, or ran, where this process can see it.

        Not what this machine ran before it was last started: another one may have the same name.
        """
        return self._lives() is not None

    def is_dead(self) -> bool:
        """Whether it ran here and is gone; False where that cannot be known."""
        return self._lives() is False

    def _lives(self) -> bool | None:
        if self.host != maker.host() or not maker.in_this_boot(self.began):
            return None
        return maker.lives(self.pid, lambda began: began == self.began)


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

    On this host the process tells, whatever a clock says. A driver elsewhere, or one that cannot be seen from
    here, is gone once its lease has run out, or once a whole lease has passed here without a renewal; a
    renewal seen from here says that it lives.

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
