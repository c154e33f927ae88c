"""The cores of this machine, and how the trials that run at once share them."""

import os


def usable_cores() -> int:
    """Cores that this process may use; all of them where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_each(workers: int) -> int:
    """CPU threads of each of so many workers."""
    return max(1, usable_cores() // workers)
