"""Where a trial runs."""

from .protocol import Evaluated, Event, Executor, Failed, Finished, Job, Noted, Started, Stopped

__all__ = ["Evaluated", "Event", "Executor", "Failed", "Finished", "Job", "Noted", "Started", "Stopped"]
