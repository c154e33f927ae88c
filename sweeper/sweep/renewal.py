"""When a driver extends its leases: between two polls, and within one that is a whole epoch."""

from ..clock import Clock
from ..errors import DatabaseError
from ..store.leases import Leases

RENEWALS = 8
"""How often a lease is renewed before it would run out."""


class Renewal:
    """Renews the leases of a driver in time.

    Args:
        leases: The driver's.
        clock: The driver's.
    """

    def __init__(self, leases: Leases, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock
        self._looked = self._renewed = clock.monotonic()
        self._broken = False

    @property
    def due(self) -> bool:
        """Whether it is time to renew them, and to look which are left."""
        return self._is_due(self._looked)

    def renew(self) -> set[int]:
        """Extends them; returns the numbers of the trials that are still the driver's."""
        mine = self._leases.renew()
        self._looked = self._renewed = self._clock.monotonic()
        self._broken = False
        return mine

    def between(self) -> None:
        """Extends them between the steps of a trial that the driver trains itself, if it is time to.

        Neither a trial that was lost nor a database that is gone is a fault of the trial that hears of it:
        the next `renew` meets both.
        """
        if self._broken or not self._is_due(self._renewed):
            return
        try:
            self._leases.renew()
        except DatabaseError:
            self._broken = True  # it has been waited for long enough
        self._renewed = self._clock.monotonic()

    def _is_due(self, since: float) -> bool:
        return self._clock.monotonic() - since >= self._leases.seconds / RENEWALS
