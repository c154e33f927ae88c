"""Where a trial runs."""

from .protocol import (
    Evaluated,
    Event,
    Executor,
    Failed,
    Finished,
    Job,
    Loaded,
    NodeLost,
    Noted,
    Started,
    Stopped,
)

__all__ = [
    "Evaluated",
    "Event",
    "Executor",
    "Failed",
    "Finished",
    "Job",
    "Loaded",
    "NodeLost",
    "Noted",
    "Started",
    "Stopped",
]
