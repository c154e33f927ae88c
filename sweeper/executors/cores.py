"""The cores of this machine, and how the trials that run at once share them."""

import math
import os
from contextlib import suppress
from pathlib import Path

CONTROL_GROUPS = Path("/sys/fs/cgroup")
"""Where Linux says what a group of processes, such as a container, is given (cgroup v2)."""


def usable_cores() -> int:
    """Cores that this process may use; all of them where neither the system nor SLURM says less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Not every cluster confines a job to the cores that it has been given.
    given = os.environ.get("SLURM_CPUS_ON_NODE", "")
    cores = min(cores, int(given)) if given.isdigit() else cores
    return math.ceil(min(cores, granted_cores()))


def granted_cores(memberships: Path = Path("/proc/self/cgroup"), root: Path = CONTROL_GROUPS) -> float:
    """Cores whose time a container's quota, or that of a group around it, comes to; infinite without one.

    Args:
        memberships: Where the system says in which groups this process is.
        root: Folder of all groups.
    """
    granted = math.inf
    with suppress(OSError, UnicodeError):
        [own] = [line[3:] for line in memberships.read_text().splitlines() if line.startswith("0::")] or ["/"]
        group = root / own.strip("/")
        for folder in (group, *group.parents):
            with suppress(OSError, ValueError):
                quota, period = map(float, (folder / "cpu.max").read_text().split())
                if quota > 0 < period:
                    granted = min(granted, quota / period)
            if folder == root:
                break
    return granted


def threads_each(workers: int) -> int:
    """CPU threads of each of so many workers."""
    return max(1, usable_cores() // workers)
