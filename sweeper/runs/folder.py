"""The folder of a study's runs: no other study has it, and one database writes there."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from model.files import write_beside

from ..paths import Home, check_study
from ..sharedfolder import SharedFolder
from ..trial import StudyRow, began_without_uuid
from ..url import Url
from .origin import Origin

MARK = "study.json"
"""File in such a folder that says whose it is."""


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
class _Mark:
    """What a mark says.

    Attributes:
        uuid: Whose the folder is; None where that cannot be read.
        holder: Which database has it; None where that is not known.
    """

    uuid: str | None
    holder: Holder | None = None


class StudyFolder:
    """Where the runs of a study are.

    The folder is called as the study. Where another study of that name has it, or runs from before there were
    marks lie in it that are not the study's, the first letters of the study's UUID are added.

    Args:
        home: The folder of all studies.
        row: The study.
    """

    def __init__(self, home: Home, row: StudyRow) -> None:
        self.home = home
        self.uuid = row.uuid
        self._study = check_study(row.name)

    @cached_property
    def name(self) -> str:
        """Name of the folder in this home."""
        return self._found(_Local(self.home.runs))

    @property
    def folder(self) -> Path:
        """The folder in this home."""
        return self.home.runs / self.name

    def run(self, number: int) -> Path:
        """Folder of a trial: config, log, checkpoints, predictions, best weights."""
        return self.folder / str(number)

    def url(self, number: int) -> Url | None:
        """URL of what all machines share of that folder; None where they need none."""
        if self.home.shared is None:
            return None
        return _shared_runs(self.home.shared).within(f"{self._shared_name}/{number}")

    def numbers(self) -> set[int]:
        """Numbers of the trials that have a folder in this home."""
        return _numbers(self.folder)

    @property
    def jobs(self) -> Path:
        """Folder of the jobs of a batch system that work on the study: scripts and logs."""
        return self.home.root / "slurm" / self.name

    def take(self, holder: Holder) -> Holder | None:
        """Makes it the folder of the study, in which one database writes from now on.

        Args:
            holder: That database.

        Returns:
            Another database that had it so far, a copy of this one or the one that it is a copy of.
        """
        places: list[_Place] = [_Local(self.home.runs)]
        if self.home.shared is not None:
            places.append(_Shared(self.home.shared))
        before = [self._take(place, holder) for place in places]
        for name in ("name", "_shared_name"):
            self.__dict__.pop(name, None)  # found anew: it may be another one than before
        return before[-1]

    def taken_from(self, holder: Holder) -> Holder | None:
        """The database that took it from this one meanwhile; None as long as that has not happened."""
        place, name = _Local(self.home.runs), self.name
        if self.home.shared is not None:
            place, name = _Shared(self.home.shared), self._shared_name
        mark = _read(place, name)
        if mark is None or mark.holder is None or mark.uuid != self.uuid:
            return None
        return None if mark.holder.same(holder) else mark.holder

    @cached_property
    def _shared_name(self) -> str:
        return self._found(_Shared(self.home.shared or Url("")))

    def _found(self, place: "_Place") -> str:
        own = f"{self._study}.{self.uuid[:8]}"
        # In this order: a driver of the same study that takes it in between is not taken for another one's.
        vacant = place.vacant(self._study)
        mark = _read(place, self._study)
        if mark is not None and mark.uuid == self.uuid:
            return self._study
        others = mark is not None or not (vacant or began_without_uuid(self.uuid))
        return own if others or _read(place, own) is not None else self._study

    def _take(self, place: "_Place", holder: Holder) -> Holder | None:
        while True:
            name = self._found(place)
            mark = _read(place, name)
            content = {"uuid": self.uuid, "study": self._study, "holder": asdict(holder)}
            written = json.dumps(content, indent=1).encode()
            if mark is None:
                if place.add(name, written):
                    return None
                continue  # somebody was quicker
            if mark.holder is None or not mark.holder.same(holder):
                place.put(name, written)
            return None if mark.holder is None or mark.holder.same(holder) else mark.holder


class _Place(Protocol):
    """Where folders of studies lie."""

    def read(self, name: str) -> bytes | None:
        """The mark of a folder; None without one."""

    def add(self, name: str, content: bytes) -> bool:
        """Marks a folder, unless it is marked; returns whether it was done."""

    def put(self, name: str, content: bytes) -> None:
        """Marks a folder anew."""

    def vacant(self, name: str) -> bool:
        """Whether no runs are in a folder."""

    def origins(self, name: str) -> Iterator[Origin]:
        """What the runs in a folder say of themselves."""


class _Local:
    def __init__(self, runs: Path) -> None:
        self._runs = runs

    def read(self, name: str) -> bytes | None:
        try:
            return (self._runs / name / MARK).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            return b""

    def add(self, name: str, content: bytes) -> bool:
        mark = self._runs / name / MARK
        mark.parent.mkdir(parents=True, exist_ok=True)
        place = mark.with_name(f".{MARK}.{secrets.token_hex(4)}")
        try:
            place.write_bytes(content)
            os.link(place, mark)  # whole or not at all, and never in the place of another
        except FileExistsError:
            return False
        except OSError:  # no second names on this file system
            with suppress(FileExistsError), mark.open("xb") as file:
                file.write(content)
                return True
            return False
        finally:
            place.unlink(missing_ok=True)
        return True

    def put(self, name: str, content: bytes) -> None:
        write_beside(self._runs / name / MARK, content)

    def vacant(self, name: str) -> bool:
        return not _numbers(self._runs / name)

    def origins(self, name: str) -> Iterator[Origin]:
        for number in sorted(_numbers(self._runs / name)):
            with suppress(ValueError):
                origin = Origin.read(self._runs / name / str(number))
                if origin is not None:
                    yield origin


class _Shared:
    """By URL, where nothing is exclusive: of two that are quick in the same second the second has it."""

    def __init__(self, shared: Url) -> None:
        self._runs = _shared_runs(shared)

    def read(self, name: str) -> bytes | None:
        return self._folder(name).read(MARK)

    def add(self, name: str, content: bytes) -> bool:
        if self.read(name) is not None:
            return False
        self.put(name, content)
        return self.read(name) == content

    def put(self, name: str, content: bytes) -> None:
        self._folder(name).write(MARK, content)

    def vacant(self, name: str) -> bool:
        return self._folder(name).vacant()

    def origins(self, name: str) -> Iterator[Origin]:
        return iter(())

    def _folder(self, name: str) -> SharedFolder:
        return SharedFolder(self._runs.within(name))


def _shared_runs(shared: Url) -> Url:
    return shared.within("runs")


def _numbers(folder: Path) -> set[int]:
    try:
        return {int(path.name) for path in folder.iterdir() if path.name.isdecimal()}
    except OSError:
        return set()


def _read(place: _Place, name: str) -> _Mark | None:
    """What the mark of a folder says; None without one. Where it is damaged, the runs say whose they are."""
    content = place.read(name)
    if content is None:
        return None
    try:
        said: Any = json.loads(content)
    except ValueError:
        said = None
    if not isinstance(said, Mapping) or not isinstance(said.get("uuid"), str):
        return _Mark(next((origin.study for origin in place.origins(name)), None))
    return _Mark(said["uuid"], _holder(said.get("holder")))


def _holder(said: Any) -> Holder | None:
    try:
        return Holder(str(said["database"]), tuple(map(str, said["known_as"])))
    except (KeyError, TypeError):
        return None
