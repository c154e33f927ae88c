"""What the names of a study may be, and how large a number may be.

Their lengths are what every database keeps, so that a study can move between them: SQLite keeps text of any
length, PostgreSQL refuses what is longer than its column.
"""

COLUMNS = (
    *("number", "arm", "state", "seed", "overall", "best_epoch", "epochs", "seconds", "peak_memory_mb"),
    *("device", "threads", "attempts", "halvings", "reused_from", "driver", "error_class", "traceback"),
    *("created", "started", "finished", "processor_seconds", "step_seconds", "pair_seconds", "side_by_side"),
    "config",
)
"""The columns beside the tasks' scores wherever trials are listed; no task can have such a name."""

LARGEST_NUMBER = 2**31 - 1
"""The largest number that a database can hold, and so the largest that an option or an argument may have."""

STUDY = 92
"""Characters of the name of a study: with ``-confirm`` behind it, what a name may have."""

ARM = 255
"""Characters of the name of an arm."""

OWN_ARM = ARM - len(f" (trial {LARGEST_NUMBER})")
"""The same in a file: a study that confirms it names a trial behind it."""

TASK = 64
"""Characters of the name of a task."""
