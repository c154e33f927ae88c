"""What says whose a folder of runs is, and which database writes there."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from model.files import read_file, write_beside
from model.maker import temporary_name

from ..sharedfolder import SharedFolder
from ..url import Url
from .origin import RunOrigin

FILE = "study.json"
"""The mark in the folder of a study's runs."""

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What a file system says that knows no second names."""


@dataclass(frozen=True)
class Holder:
    """The database whose drivers write in a folder.

    Attributes:
        database: Its URL without secrets, and the machine from which it was used, for messages.
        known_as: What tells it from others. Two that share one of these are one database, under two names.
    """

    database: str
    known_as: tuple[str, ...]

    def same(self, other: "Holder") -> bool:
        """Whether both are one database."""
        return not {*self.known_as}.isdisjoint(other.known_as)


@dataclass(frozen=True)
class Mark:
    """What a mark says.

    Attributes:
        uuid: Whose the folder is; None where that cannot be read.
        holder: Which database has it; None where that is not known.
    """

    uuid: str | None
    holder: Holder | None = None


class Marks(Protocol):
    """The marks of the folders in the place where those of all studies lie."""

    def read(self, name: str) -> bytes | None:
        """The mark of a folder; None without one."""

    def add(self, name: str, content: bytes) -> bool:
        """Marks a folder, unless it is marked; returns whether it was done."""

    def put(self, name: str, content: bytes) -> None:
        """Marks a folder anew."""

    def vacant(self, name: str) -> bool:
        """Whether no runs are in a folder."""

    def origins(self, name: str) -> Iterator[RunOrigin]:
        """What the runs in a folder say of themselves."""


class LocalRuns:
    """Marks of the folders that lie in a folder of this machine.

    Args:
        runs: The folder of the runs of all studies.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs

    def read(self, name: str) -> bytes | None:
        """The mark of a folder; empty where it cannot be read."""
        mark = self._runs / name / FILE
        try:
            return read_file(mark)
        except OSError as error:
            return None if isinstance(error, FileNotFoundError) and not mark.is_symlink() else b""

    def add(self, name: str, content: bytes) -> bool:
        """Marks a folder, unless it is marked: whole or not at all."""
        mark = self._runs / name / FILE
        mark.parent.mkdir(parents=True, exist_ok=True)
        place = mark.with_name(temporary_name(FILE))
        try:
            with place.open("xb") as file:
                file.write(content)
            os.link(place, mark)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS or os.path.lexists(mark):
                raise
            place.replace(mark)
        finally:
            place.unlink(missing_ok=True)
        return True

    def put(self, name: str, content: bytes) -> None:
        """Marks a folder anew."""
        write_beside(self._runs / name / FILE, content)

    def vacant(self, name: str) -> bool:
        """Whether no trial has a folder in it."""
        return not numbers_in(self._runs / name)

    def origins(self, name: str) -> Iterator[RunOrigin]:
        """What the trials in it say, by number."""
        for number in sorted(numbers_in(self._runs / name)):
            with suppress(ValueError):
                origin = RunOrigin.read(self._runs / name / str(number))
                if origin is not None:
                    yield origin


class SharedRuns:
    """Marks of the folders behind a URL.

    Nothing is exclusive there: of two that mark a folder in the same second the later has it.

    Args:
        runs: URL of the folder of the runs of all studies.
    """

    def __init__(self, runs: Url) -> None:
        self._runs = runs

    def read(self, name: str) -> bytes | None:
        """The mark of a folder; None without one."""
        return self._folder(name).read(FILE)

    def add(self, name: str, content: bytes) -> bool:
        """Marks a folder, unless it is marked or another is quicker."""
        if self.read(name) is not None:
            return False
        self.put(name, content)
        return self.read(name) == content

    def put(self, name: str, content: bytes) -> None:
        """Marks a folder anew."""
        self._folder(name).write(FILE, content)

    def vacant(self, name: str) -> bool:
        """Whether nothing is in a folder."""
        return self._folder(name).vacant()

    def origins(self, name: str) -> Iterator[RunOrigin]:
        """Nothing: they are not asked over a network, trial by trial."""
        return iter(())

    def _folder(self, name: str) -> SharedFolder:
        return SharedFolder(self._runs.within(name))


def numbers_in(folder: Path) -> set[int]:
    """Numbers of the trials that have a folder in the folder of a study; none where it cannot be read."""
    try:
        return {int(path.name) for path in folder.iterdir() if path.name.isdecimal()}
    except OSError:
        return set()


def read_mark(place: Marks, name: str) -> Mark | None:
    """What the mark of a folder says, or its runs, where it is lost or damaged; None if nothing does."""
    content = place.read(name)
    try:
        said: Any = json.loads(content or b"")
    except (ValueError, RecursionError):  # the latter of lists within lists, too deep to be read
        said = None
    if isinstance(said, Mapping) and isinstance(said.get("uuid"), str):
        return Mark(said["uuid"], _holder(said.get("holder")))
    of_runs = next((origin.study for origin in place.origins(name)), None)
    return None if content is None and of_runs is None else Mark(of_runs)


def _holder(said: Any) -> Holder | None:
    try:
        return Holder(str(said["database"]), tuple(map(str, said["known_as"])))
    except (KeyError, TypeError):
        return None
