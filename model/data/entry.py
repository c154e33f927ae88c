"""An entry of the cache: some files under the name of what they were made from, whole or not there."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..files import beside, read_file, sha256

SUMS = "sha256.json"

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Entry:
    """An entry of the cache, which is never trusted blindly.

    Attributes:
        root: Its folder, named by a hash of everything that it was made from.
        names: Its files.
    """

    root: Path
    names: tuple[str, ...]

    def read(self, load: Callable[[Path], _Value | None]) -> _Value | None:
        """What is made of its files.

        Args:
            load: Makes it of the folder; may raise what a damaged file raises, and gives None for a
                foreign one.

        Returns:
            None if the entry is not there, half-written, damaged, unreadable, or made from something else.
        """
        try:
            sums = json.loads(read_file(self.root / SUMS))
            if sums != {"content": self.root.name, **{name: sha256(self.root / name) for name in self.names}}:
                return None
            with suppress(OSError):  # of another user, or on a disk that is read only
                os.utime(self.root / SUMS)  # says when it was last read
            return load(self.root)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, fill: Callable[[Path], None], load: Callable[[Path], object | None]) -> None:
        """Writes it beside its place; what stands there and cannot be read goes.

        Args:
            fill: Writes its files into a folder.
            load: As for `read`.

        Raises:
            OSError: It cannot be written, and no other process has written it.
        """
        try:
            with beside(self.root) as place:
                place.mkdir()
                fill(place)
                sums = {name: sha256(place / name) for name in self.names}
                (place / SUMS).write_text(json.dumps(sums | {"content": self.root.name}), encoding="utf-8")
                if self.root.exists() and self.read(load) is None:
                    shutil.rmtree(self.root, ignore_errors=True)
        except OSError:
            if self.read(load) is None:  # not another trial's finished work
                raise
