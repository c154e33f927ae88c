"""Where a trial runs."""

from .protocol import Evaluated, Event, Executor, Failed, Finished, Job, Started

__all__ = ["Evaluated", "Event", "Executor", "Failed", "Finished", "Job", "Started"]
