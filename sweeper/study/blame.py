"""Which line of which file set the value that TrainConfig refuses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..text import nearest
from .conditional import plain
from .problem import Document, FieldError, FieldPath, SettingError
from .settings import Leaf, field_path, leaves, nested, overlap
from .space import WORKLOAD, Choice, Space
from .spec import StudySpec
from .workload import Workload

Place = tuple[Document, FieldPath, Leaf]
"""A setting, with the file and the path that it comes from."""

_SECTIONS = ("space", "ranges", "arms", "base", "train")
"""Parts of a study and workload file, the strongest first."""


@dataclass(frozen=True)
class Blame:
    """What a study and its workload set, and where.

    Attributes:
        spec: What the study says.
        workload: What it runs on.
        name: The name under which its results are stored.
    """

    spec: StudySpec
    workload: Workload
    name: str

    def place_of(self, key: str, arm: str | None) -> tuple[Document, FieldPath]:
        """The file that holds the entry in force for a key of the space, and its path there.

        Args:
            key: The key.
            arm: The arm whose entry is asked for; None for what stands in `space`.
        """
        own = self.spec.own(arm) if arm is not None else {}
        written = own[key] if key in own else self.spec.space[key]
        if plain(written) == WORKLOAD:
            for name in self.workload.ranges:
                if field_path(name) == field_path(key):
                    return "workload", ("ranges", name)
        return "study", ("arms", arm, "space", key) if arm is not None and key in own else ("space", key)

    def set_by(self, arm: str) -> Iterator[Place]:
        """What an arm sets."""
        for leaf in leaves(self.spec.settings(arm)):
            yield "study", ("arms", arm, *leaf.written), leaf

    def set_for_all(self) -> Iterator[Place]:
        """What is set for all arms, the strongest first."""
        for leaf in leaves(self.spec.base):
            yield "study", ("base", *leaf.written), leaf
        for leaf in leaves(self.workload.train):
            yield "workload", ("train", *leaf.written), leaf

    def _settings(self, arm: str, params: Mapping[str, Any], entries: Mapping[str, Space]) -> Iterator[Place]:
        """Every setting of a trial with the file and path that it comes from, the strongest first."""
        for leaf in leaves(params):
            document, path = self.place_of(leaf.written[0], arm)
            yield document, (*path, *_end(leaf, entries)), leaf
        yield from self.set_by(arm)
        yield from self.set_for_all()

    def explain(
        self, problem: FieldError, arm: str, params: Mapping[str, Any], entries: Mapping[str, Space]
    ) -> SettingError:
        """Names the file and key that set the field of which TrainConfig complains.

        Args:
            problem: The complaint.
            arm: Name of the arm.
            params: Values for the space.
            entries: What varies in the arm.
        """
        where = f"study {self.name!r}, arm {arm!r}"
        # pydantic puts the kind of a source into the path of its fields; files have no such level.
        path = tuple(str(p) for i, p in enumerate(problem.path) if i == 0 or problem.path[i - 1] != "source")
        reason = self._reason(path, problem.reason)
        # Nothing sets a missing field; those beside it lead to the place where it belongs.
        group = path[:-1] if problem.reason == "is missing" else path
        setters = [place for place in self._settings(arm, params, entries) if overlap(place[2].path, group)]
        # A complaint about a group of settings names those that do not fit together.
        ranked = [(_SECTIONS.index(_section(place[1])), _named(place[2].path, reason)) for place in setters]
        named = sorted((rank, at) for at, rank in enumerate(ranked) if rank[1] >= 0)
        # What stands in a group's place hides what is set below it, which the reason may name.
        itself = [place for place in setters if place[2].path == path]
        for document, written, leaf in (
            itself or [setters[at] for _, at in named] or (setters if group else [])
        ):
            return SettingError(document, FieldError(written, reason, leaf.value), where)
        return SettingError("workload", FieldError(("train", *path), reason), where)

    def _reason(self, path: tuple[str, ...], reason: str) -> str:
        if reason != "is missing" or len(path) == 1:
            return reason
        declared = nested(self.workload.train).get("tasks", {})
        if path[0] == "tasks" and path[1] not in declared:
            return f"workload {self.workload.name!r} has no task {path[1]!r}{nearest(path[1], declared)}"
        return f"{'.'.join(path)} is missing"


def _named(path: tuple[str, ...], reason: str) -> int:
    """Where a reason names a setting: by its last part, else by a dotted name of its group; -1: nowhere."""
    whole = f".{'.'.join(path)}."
    last = (found.start() for found in re.finditer(r"\w+", reason) if found[0] == path[-1])
    dotted = (found.start() for found in re.finditer(r"\w+(?:\.\w+)+", reason) if f".{found[0]}." in whole)
    return next(last, next(dotted, -1))


def _section(path: FieldPath) -> str:
    """The part of a file in which a path lies; an arm's own space is as strong as that of all."""
    return "space" if path[0] == "arms" and path[2:3] == ("space",) else str(path[0])


def _end(leaf: Leaf, entries: Mapping[str, Space]) -> FieldPath:
    """Which end of its range a drawn value is, where it is one."""
    entry = entries[leaf.written[0]]
    if isinstance(entry, Choice):
        return ()
    return next(((end,) for end in ("low", "high") if getattr(entry, end) == leaf.value), ())
