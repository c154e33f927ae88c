"""Folders that machines without a common disk share by URL, such as ``s3://bucket/folder``, through fsspec.

A trial trains in a folder of its own machine, which is published here whenever a checkpoint has been written,
and fetched by the machine that goes on with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from model.files import CHECKPOINTS, LOG, RunFolder, beside

from .errors import InputError
from .url import Url


class SharedFolder:
    """A folder with a URL.

    Args:
        url: Of the folder, which need not be there yet.

    Raises:
        InputError: If fsspec knows no such URLs, or lacks the package for them.
    """

    def __init__(self, url: Url) -> None:
        from fsspec.core import url_to_fs

        try:
            self._files, self._root = url_to_fs(url.whole)
        except (ImportError, ValueError) as error:
            raise InputError(f"SWEEPER_HOME {url!r} cannot be used: {url.hide(str(error))}") from error
        self._url = url
        self._published: dict[Path, tuple[int, int]] = {}

    def check(self) -> None:
        """Looks, without writing, whether the folder can be reached.

        Raises:
            InputError: If not.
        """
        with self._explained():
            self._files.exists(self._root)

    def holds(self, name: str) -> bool:
        """Whether a file or folder of this name is in it.

        Raises:
            InputError: If it cannot be reached; from `publish` and `remove` too.
        """
        self._files.invalidate_cache()
        with self._explained():
            return bool(self._files.exists(f"{self._root}/{name}"))

    def vacant(self) -> bool:
        """Whether nothing is in it.

        Raises:
            InputError: If it cannot be reached; from `read` and `write` too.
        """
        self._files.invalidate_cache()
        with self._explained():
            return not self._files.exists(self._root) or not self._files.find(self._root)

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is no such file."""
        self._files.invalidate_cache()
        with self._explained(), suppress(FileNotFoundError):
            return bytes(self._files.cat_file(f"{self._root}/{name}"))
        return None

    def write(self, name: str, content: bytes) -> None:
        """Writes a file, in the place of one of this name."""
        with self._explained():
            self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(f"{self._root}/{name}", content)

    def fetch(self, folder: Path, checkpoints: bool = True) -> None:
        """Brings its files into a folder of this machine; the log, which is written there, stays what it is.

        Args:
            folder: Where to; the checkpoints that lie there are removed first, if there is an answer at all.
            checkpoints: Whether they are wanted.

        Raises:
            InputError: If it cannot be reached.
        """
        with self._explained():
            names = self._names()
            RunFolder(folder).discard_checkpoints()
            for name in names:
                wanted = checkpoints or name.parts[0] != CHECKPOINTS
                if wanted and not (name == PurePosixPath(LOG) and RunFolder(folder).log.exists()):
                    with beside(folder / name) as place:
                        self._files.get_file(f"{self._root}/{name}", str(place))

    def publish(self, folder: Path) -> None:
        """Copies what is new or changed in a folder of this machine, then removes the checkpoints gone there.

        In this order: if the copying of a checkpoint is interrupted, which its checksums tell, an older one
        is still beside it. Predictions and weights come before the checkpoint of their epoch: whoever goes
        on from it does not make them again.
        """
        own: dict[PurePosixPath, Path] = {}
        for path in folder.rglob("*"):
            name = PurePosixPath(path.relative_to(folder))
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                own[name] = path
        with self._explained():
            for name, path in sorted(own.items(), key=lambda one: (one[0].parts[0] == CHECKPOINTS, one[0])):
                with suppress(FileNotFoundError):  # another attempt may remove it meanwhile
                    state = (path.stat().st_mtime_ns, path.stat().st_size)
                    if self._published.get(path) != state:
                        self._files.makedirs(f"{self._root}/{name.parent}", exist_ok=True)
                        self._files.put_file(str(path), f"{self._root}/{name}")
                        self._published[path] = state
            for name in self._names():
                if name not in own and name.parts[0] == CHECKPOINTS:
                    with suppress(FileNotFoundError):
                        self._files.rm_file(f"{self._root}/{name}")

    def remove(self, name: str) -> None:
        """Removes a file, or a folder with all that is in it, if it is there."""
        if self.holds(name):
            with self._explained(), suppress(FileNotFoundError):  # another driver may remove it meanwhile
                self._files.rm(f"{self._root}/{name}", recursive=True)

    def clear(self, last: str) -> None:
        """Removes the folder with all that is in it, if it is there.

        Args:
            last: Name of the file that goes last: whose the rest is, if this is cut short.

        Raises:
            InputError: If it cannot be reached.
        """
        self._files.invalidate_cache()
        with self._explained(), suppress(FileNotFoundError):
            for path in self._files.ls(self._root, detail=False):
                if PurePosixPath(path).name != last:
                    self._files.rm(path, recursive=True)
            self._files.rm(self._root, recursive=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # each kind of storage has exceptions of its own
            reason = self._url.hide(str(error))
            raise InputError(f"SWEEPER_HOME {self._url!r} cannot be reached: {reason}") from error

    def _names(self) -> list[PurePosixPath]:
        self._files.invalidate_cache()
        names = [PurePosixPath(path).relative_to(self._root) for path in self._files.find(self._root)]
        return [name for name in names if ".." not in name.parts]
