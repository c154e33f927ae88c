"""``python -m sweeper`` on a clock an hour slow, as if it had been set back before this process began.

    python -m tests.faults.slow_clock run --study faults --workload steps --trials 4

Where Linux derives a moment from the clock, that moment is an hour earlier too: the time at which the machine
was started, and with it the beginning of every process.
"""

import datetime
import time

import psutil

BEHIND = 3600.0
"""Seconds."""

_now, _time, _boot_time = datetime.datetime.now, time.time, psutil.boot_time


class _Slow(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_Slow":
        moment = _now(tz) - datetime.timedelta(seconds=BEHIND)
        return cls.fromtimestamp(moment.timestamp(), tz)


def _slow_time() -> float:
    return _time() - BEHIND


def _slow_boot_time() -> float:
    return _boot_time() - BEHIND


if __name__ in ("__main__", "__mp_main__"):
    datetime.datetime = _Slow  # type: ignore[misc]
    time.time = _slow_time
    if psutil.LINUX:
        psutil._pslinux.boot_time = _slow_boot_time

if __name__ == "__main__":
    from sweeper.cli import main

    main()
