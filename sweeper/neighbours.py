"""Which unfinished trials have lost their driver."""

import time
from datetime import datetime
from enum import Enum

from .owner import Owner


class Verdict(Enum):
    """What is known of a trial's driver."""

    GONE = "gone"
    ALIVE = "alive"
    UNKNOWN = "unknown"


class Neighbours:
    """Judges the drivers of unfinished trials.

    On this host the process tells, whatever a clock says. A driver elsewhere is gone once its lease has run
    out, or once a whole lease has passed here without a renewal; one renewal seen from here, and it lives.

    Args:
        me: The owner that judges.
        lease_seconds: How long a lease lasts.
    """

    def __init__(self, me: str, lease_seconds: float) -> None:
        self._me = me
        self._lease_seconds = lease_seconds
        self._first_seen: dict[tuple[int, str], tuple[datetime | None, float]] = {}

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
        seen, since = self._first_seen.setdefault((number, owner), (lease, now))
        if lease != seen:
            return Verdict.ALIVE
        return Verdict.GONE if now - since > self._lease_seconds else Verdict.UNKNOWN
