"""How far something raises the memory of its process. Linux only: others cannot reset the high-water mark."""

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

STEPS = 3


def growth(step: Callable[[], None], tidy: Callable[[], None]) -> int:
    """Bytes that a step adds to the resident memory at its peak, the most of three steps.

    Args:
        step: What is measured.
        tidy: What follows each step and is not measured.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    idle = resident("VmRSS")
    grown = []
    for _ in range(STEPS):
        reset_peak()
        step()
        grown.append(resident("VmHWM") - idle)
        tidy()
    return max(grown)


def reset_peak() -> None:
    """Forgets the highest resident memory, which a process has from the one that began it."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def resident(field: str) -> int:
    """Bytes of this process in memory: now (``VmRSS``) or at most (``VmHWM``)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
