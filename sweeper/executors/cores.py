"""The cores of this machine, and how the trials that run at once share them."""

import os


def usable_cores() -> int:
    """Cores that this process may use; all of them where neither the system nor SLURM says less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Not every cluster confines a job to the cores that it has been given.
    given = os.environ.get("SLURM_CPUS_ON_NODE", "")
    return min(cores, int(given)) if given.isdigit() else cores


def threads_each(workers: int) -> int:
    """CPU threads of each of so many workers."""
    return max(1, usable_cores() // workers)
