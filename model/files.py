"""What lies in the folder of a trial, and how a file is written: beside its place, then renamed. No torch."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKPOINTS = "checkpoints"


LOG = "log.txt"


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
    def config(self) -> Path:
        """The configuration of the latest attempt."""
        return self.root / "config.json"

    @property
    def log(self) -> Path:
        """What the trial's process printed, in all attempts."""
        return self.root / LOG

    def discard_checkpoints(self) -> None:
        """Removes the checkpoints of a trial that has its outcome and no further use for them."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)


@contextmanager
def beside(path: Path, *, contended: bool = False) -> Iterator[Path]:
    """A place to write a file or a folder to, which becomes `path` when that is done.

    The place is a hidden name in the same folder, which is made where it does not exist. What an earlier
    process left there is removed at the start, and what an exception leaves at the end.

    Args:
        path: Where it belongs. A file that stands there is replaced; a folder must be removed before the end.
        contended: Whether several processes may write it at once: each then has a place of its own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.name}.{secrets.token_hex(4)}" if contended else f".{path.name}")
    _remove(place)
    try:
        yield place
        place.replace(path)
    finally:
        _remove(place)


def write_beside(path: Path, content: str | bytes) -> None:
    """Writes text, or bytes, that several processes may write at once (see `beside`)."""
    with beside(path, contended=True) as place:
        place.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
