"""The folder of a study's runs: no other study has it, and one database writes there."""

import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Protocol
from uuid import UUID

from ..errors import InputError
from ..paths import Home, check_study
from ..url import Url
from .mark import Holder, LocalRuns, Mark, Marks, SharedRuns, numbers_in, read_mark


class Named(Protocol):
    """A study, or one that was deleted; as `StudyRow`."""

    @property
    def name(self) -> str:
        """``<study>@<workload>``."""

    @property
    def uuid(self) -> str:
        """What tells it from any other study."""

    @property
    def folder(self) -> str | None:
        """Name of the folder of its runs; None: its own name."""


class StudyFolder:
    """Where the runs of a study are.

    The folder is called as the study was when it began. Where another study of that name has it, or runs
    from before there were marks lie in it that are not the study's, the first letters of the study's UUID are
    added.

    Args:
        home: The folder of all studies.
        row: The study.
    """

    def __init__(self, home: Home, row: Named) -> None:
        self.home = home
        self.uuid = row.uuid
        self._study = check_study(row.folder or row.name)

    @cached_property
    def name(self) -> str:
        """Name of the folder in this home."""
        return self._found(LocalRuns(self.home.runs))

    @property
    def folder(self) -> Path:
        """The folder in this home."""
        return self.home.runs / self.name

    def run(self, number: int) -> Path:
        """Folder of a trial: config, log, checkpoints, predictions, best weights."""
        return self.folder / str(number)

    def url(self, number: int) -> Url | None:
        """URL of what all machines share of that folder; None where they need none."""
        return None if self.shared is None else self.shared.within(str(number))

    @property
    def shared(self) -> Url | None:
        """URL of the folder in the home that all machines share; None where they need none."""
        return None if self.home.shared is None else self.home.shared_runs.within(self._shared_name)

    def numbers(self) -> set[int]:
        """Numbers of the trials that have a folder in this home."""
        return numbers_in(self.folder)

    @property
    def beside(self) -> tuple[Path, ...]:
        """Folders of this home that have the name of that of the runs: of jobs, of logs for other tools."""
        logs = (self.home.root / tool / self.name for tool in ("tensorboard", "wandb"))
        return self.jobs, *logs

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

        Raises:
            InputError: If it cannot be written.
        """
        places: list[Marks] = [LocalRuns(self.home.runs)]
        if self.home.shared is not None:
            places.append(SharedRuns(self.home.shared_runs))
        try:
            before = [self._take(place, holder) for place in places]
        except OSError as error:
            raise InputError(f"{str(self.home.runs)!r} cannot be written: {error.strerror}") from error
        for name in ("name", "_shared_name"):
            self.__dict__.pop(name, None)  # found anew: it may be another one than before
        return before[-1]

    def taken_from(self, holder: Holder) -> Holder | None:
        """The database that took it from this one meanwhile; None as long as that has not happened."""
        try:
            mark = self.mark()
        except InputError:
            return None  # out of reach: the trials will say so
        if mark is None or mark.holder is None or mark.uuid != self.uuid:
            return None
        return None if mark.holder.same(holder) else mark.holder

    def mark(self) -> Mark | None:
        """What says whose the folder is, the one that all machines share if there is one; None: nothing.

        Raises:
            InputError: If that cannot be reached.
        """
        if self.home.shared is None:
            return read_mark(LocalRuns(self.home.runs), self.name)
        return read_mark(SharedRuns(self.home.shared_runs), self._shared_name)

    @property
    def own(self) -> bool:
        """Whether what lies in the folder of this home is the study's, beyond doubt."""
        mark = read_mark(LocalRuns(self.home.runs), self.name)
        if mark is None:
            return self._began_without_uuid and bool(self.numbers())
        return mark.uuid == self.uuid

    @property
    def _began_without_uuid(self) -> bool:
        """Whether a migration gave it one, made of its name; those of other studies are random."""
        return UUID(self.uuid).version == 5

    @cached_property
    def _shared_name(self) -> str:
        return self._found(SharedRuns(self.home.shared_runs))

    def _found(self, place: Marks) -> str:
        own = f"{self._study}.{self.uuid[:8]}"
        # In this order: a driver of the same study that takes it in between is not taken for another one's.
        vacant = place.vacant(self._study)
        mark = read_mark(place, self._study)
        if mark is not None and mark.uuid == self.uuid:
            return self._study
        others = mark is not None or not (vacant or self._began_without_uuid)
        return own if others or read_mark(place, own) is not None else self._study

    def _take(self, place: Marks, holder: Holder) -> Holder | None:
        while True:
            name = self._found(place)
            mark = read_mark(place, name)
            content = {"uuid": self.uuid, "study": self._study, "holder": asdict(holder)}
            written = json.dumps(content, indent=1).encode()
            if mark is None:
                if place.add(name, written):
                    return None
                continue  # somebody was quicker
            if mark.holder is None or not mark.holder.same(holder):
                place.put(name, written)
            return None if mark.holder is None or mark.holder.same(holder) else mark.holder
