"""The errors that a user can cause.

::

    SweeperError              one clear line on the terminal, exit code 2
    ├── InputError            a file, a name or an option is wrong
    │   └── NoSuchStudyError  no study of that name has run
    ├── DatabaseError         the database cannot be read, or is of a newer version
    │   ├── NoStudiesError    there is nothing in the database yet
    │   │   └── NoDatabaseError   nor is there a file of that name
    │   └── DatabaseGoneError its file was removed while it was open
    ├── ConflictError         the request contradicts what the study began with
    ├── DiskFullError         a trial cannot write its files
    └── JobsError             jobs of a cluster cannot be followed, or ended before their study

Errors in the data or the configuration of a trial come from ``model.errors``.
"""


class SweeperError(Exception):
    """Root of the tree. The message names the file, the field, the value and the way out."""


class InputError(SweeperError):
    """A file, a name or an option that the user gave is wrong."""


class NoSuchStudyError(InputError):
    """No study of that name has run, or none at all."""


class DatabaseError(SweeperError):
    """The database cannot be read or written, or belongs to a newer sweeper.

    Attributes:
        passing: Whether waiting may help: it is locked, or its server does not answer.
    """

    def __init__(self, message: str, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class NoStudiesError(DatabaseError):
    """There is no database yet, or one without sweeper's tables."""


class NoDatabaseError(NoStudiesError):
    """There is no file where the database should be."""


class DatabaseGoneError(DatabaseError):
    """The file of the database was removed, or another put in its place, while it was open."""


class ConflictError(SweeperError):
    """The request contradicts what the study began with."""


class DiskFullError(SweeperError):
    """A trial cannot write its files; all trials can be resumed once there is room."""


class JobsError(SweeperError):
    """The jobs of a cluster cannot be followed, or have ended before their study."""
