"""Which unfinished trials have lost their driver."""

import time
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .owner import Owner


class Verdict(Enum):
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


class Neighbours:
    """Judges the drivers of unfinished trials.

    On this host the process tells, whatever a clock says. A driver elsewhere is gone once its lease has run
    out, or once a whole lease has passed here without a renewal; a renewal seen from here says that it lives.

    Args:
        me: The owner that judges.
        lease_seconds: How long a lease lasts.
    """

    def __init__(self, me: str, lease_seconds: float) -> None:
        self._me = me
        self._lease_seconds = lease_seconds
        self._seen: dict[tuple[int, str], _Lease] = {}

    def judge(self, number: int, owner: str | None, lease: datetime | None, expired: bool) -> Verdict:
        """Whether the driver of a trial is gone.

        Args:
            number: Number of the trial.
            owner: Its driver as recorded.
            lease: When its lease runs out; None for a number that was claimed and has no run yet.
            expired: Whether that moment has passed, by the clock that sets leases.
        """
        if owner is None or owner == self._me or (expired and not Owner.parse(owner).is_here()):
            return Verdict.GONE
        parsed = Owner.parse(owner)
        if parsed.is_here():
            return Verdict.GONE if parsed.is_dead() else Verdict.ALIVE
        now = time.monotonic()
        seen = self._seen.setdefault((number, owner), _Lease(lease, now))
        if lease != seen.until:
            seen = self._seen[number, owner] = _Lease(lease, now, renewed=True)
        if now - seen.since > self._lease_seconds:
            return Verdict.GONE
        return Verdict.ALIVE if seen.renewed else Verdict.UNKNOWN
