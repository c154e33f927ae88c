"""How long the names of a study may be: what every database keeps, so that it can move between them.

SQLite keeps text of any length; PostgreSQL refuses what is longer than its column.
"""

ARM = 255
"""Characters of the name of an arm."""

TASK = 64
"""Characters of the name of a task."""
