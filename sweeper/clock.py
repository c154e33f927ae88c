"""The time, handed in to whoever waits or looks at it: a test or a simulation has one of its own."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the time is."""

    def monotonic(self) -> float:
        """Seconds since some moment; they go on evenly when the machine's clock is set."""

    def now(self) -> datetime:
        """The time of day, UTC."""

    def sleep(self, seconds: float) -> None:
        """Waits."""


class SystemClock:
    """The time of this machine."""

    def monotonic(self) -> float:
        """Seconds since some moment; they go on evenly when the machine's clock is set."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)


class StoppedClock(SystemClock):
    """A clock that stands: what is written by it is always the same.

    Args:
        moment: Where it stands, UTC.
    """

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """The moment."""
        return self._moment
