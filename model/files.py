"""What lies in the folder of a trial, and how a file is written: beside its place, then renamed. No torch."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from .maker import is_marked, temporary_name

CHECKPOINTS = "checkpoints"
"""The folder of checkpoints in a run folder."""

LOG = "log.txt"
"""The log in a run folder."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of a trial.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def checkpoints(self) -> Path:
        """Folder of the newest checkpoints, which a trial that goes on begins from."""
        return self.root / CHECKPOINTS

    @property
    def weights(self) -> Path:
        """The weights of the best epoch so far; their metadata name the `epoch`."""
        return self.root / "best.safetensors"

    @property
    def predictions(self) -> Path:
        """The dev predictions of the best epoch so far."""
        return self.root / "predictions.npz"

    @property
    def test_predictions(self) -> Path:
        """Those of the test rows, where the trial is scored on them."""
        return self.root / "test-predictions.npz"

    @property
    def signed(self) -> tuple[Path, ...]:
        """What is of the best epoch, and of no other trial: ``origin.json`` says so."""
        return self.predictions, self.test_predictions, self.weights

    @property
    def config(self) -> Path:
        """The configuration of the latest attempt."""
        return self.root / "config.json"

    @property
    def log(self) -> Path:
        """What the trial's process printed, in all attempts."""
        return self.root / LOG

    @property
    def lock(self) -> Path:
        """What the process that trains the trial holds; it goes with the end of the attempt."""
        return self.root / ".lock"

    def open_log(self) -> BinaryIO:
        """Opens the log, to be written on at its end; a link or a pipe in its place goes first."""
        if os.path.lexists(self.log) and not stat.S_ISREG(self.log.lstat().st_mode):
            remove(self.log)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        return os.fdopen(os.open(self.log, flags, 0o666), "ab", buffering=0)

    def temporary(self) -> list[Path]:
        """What is being written, or was when its process was killed.

        Where a link leads to a folder, that may be anybody's: there its name must say that it is ours.
        """
        linked = self.root.is_symlink()
        return [
            path
            for folder in (self.root, self.checkpoints)
            for path in folder.glob(".*")
            if path != self.lock and (is_marked(path) or not (linked or folder.is_symlink()))
        ]

    def discard_checkpoints(self) -> None:
        """Removes the checkpoints: nothing goes on from them any more."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)


def open_file(path: Path) -> BufferedReader:
    """Opens a file to be read.

    Raises:
        OSError: If it cannot be read, or is none: a pipe would be waited for, and a device might never end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
    return os.fdopen(descriptor, "rb")


def read_file(path: Path) -> bytes:
    """All that stands in a file; errors as in `open_file`."""
    with open_file(path) as file:
        return file.read()


def sha256(path: Path) -> str:
    """SHA-256 of a file; errors as in `open_file`."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A place to write a file or a folder to, which becomes `path` when that is done.

    The place is a hidden name in the same folder, which is made where it does not exist. Each process has one
    of its own, so that several may write at once. What an exception leaves there is removed; of what a killed
    process leaves, `maker.is_left` says so.

    Args:
        path: Where it belongs. A file that stands there is replaced; a folder must be removed before the end.

    Raises:
        OSError: If it cannot be written; if a pipe or a device stands there, which all programs would lose.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if _is_no_file(path):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
    place = path.with_name(temporary_name(path.name))
    try:
        yield place
        place.replace(path)
    except OSError as error:
        if error.filename == str(place):  # of which the user knows nothing
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        remove(place)


def _is_no_file(path: Path) -> bool:
    """Whether a path is a pipe or a device, or leads to one that is open, as /dev/stdout does."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return str(path.readlink()).startswith("/proc/")
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def write_beside(path: Path, content: str | bytes) -> None:
    """Writes text, or bytes, beside its place (see `beside`)."""
    with beside(path) as place, place.open("xb") as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def temporary_folder(parent: Path, name: str) -> Iterator[Path]:
    """A hidden folder that is removed at the end; `maker.is_left` tells one that a killed process left.

    Args:
        parent: Where; made where it does not exist.
        name: A word for it.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / temporary_name(name)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        remove(folder)


def remove(path: Path) -> None:
    """Removes a file or a folder, as far as it is there and others do not remove it at the same time."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def to_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, would outlast a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
