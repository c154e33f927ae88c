"""A run folder belongs to one attempt, whose process holds a lock on a file in it for as long as it lives."""

import errno
import fcntl
import os
import platform
from pathlib import Path
from types import TracebackType
from typing import Self

from model.files import RunFolder, read_file

from ..text import one_line

_TAKEN = (errno.EWOULDBLOCK, errno.EACCES)


class Hold:
    """The hold of a process on a run folder. A context manager; the system ends it with the process.

    Where a file system knows no locks, every process holds every folder. Files are written beside their
    places and renamed, so that two attempts at work in one folder do not make each other fail.

    Args:
        folder: The run folder, which exists.

    Attributes:
        file: What is locked; it is there while somebody holds the folder, and after a kill.
        sure: Whether nobody else can hold it; known once it is taken.
    """

    def __init__(self, folder: Path) -> None:
        self.file = RunFolder(folder).lock
        self._descriptor: int | None = None
        self.sure = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def take(self) -> bool:
        """Takes hold of the folder, without waiting; returns whether that succeeded.

        Raises:
            OSError: If the file cannot be made, for example on a full disk.
        """
        while True:
            descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(descriptor)
                return error.errno not in _TAKEN
            if self._is_there(descriptor):
                break
            os.close(descriptor)  # whoever had it has removed it meanwhile
        self._descriptor, self.sure = descriptor, True
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}".encode())
        return True

    def holder(self) -> str:
        """Who has it, in words."""
        try:
            return one_line(read_file(self.file).decode(errors="replace")) or "another process"
        except OSError:
            return "another process"

    def leave(self) -> None:
        """Gives the folder back."""
        if self._descriptor is not None:
            self.file.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor, self.sure = None, False

    def _is_there(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.file.stat())
        except FileNotFoundError:
            return False
