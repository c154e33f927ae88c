"""Where each setting of a trial came from: which line of which file, or what else."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any, Literal

from pydantic import TypeAdapter

from ..errors import DatabaseError
from ..study.armspace import ArmSpace
from ..study.entry import parse_entry
from ..study.load import stored_study
from ..study.problem import FieldError, FieldPath, field_name
from ..study.recorded import config_of
from ..study.settings import field_path, flat, merged, nested
from ..study.space import WORKLOAD, Value
from ..study.written import Written, WrittenFile
from ..trial import PastTrial, StudyRow, TrialRow

Source = Literal[
    "space", "enqueue", "warm_start", "seeds", "memory", "arm", "base", "workload", "confirm", "default"
]

SOURCES: tuple[Source, ...] = (
    *("space", "enqueue", "warm_start", "seeds", "memory", "confirm"),
    *("arm", "base", "workload", "default"),
)
"""All there are, in the order in which they are shown."""


@dataclass(frozen=True)
class Origin:
    """Where the value of a setting came from.

    Attributes:
        source: What gave it. ``memory``: what was done after memory had run out; ``default``: nothing wrote
            it.
        name: Of the arm, of the workload, or of the search that is confirmed; the sampler of what was drawn.
        file: Path of the file as it was read; None where it is not known, and for what no file says.
        line: Line in it, from 1.
        key: Keys that lead there, dotted, for example ``arms.S-BERT.gradient``.
        range_of: The workload whose range a value of the space was drawn from, if it was not the study's own.
        proposed: What was proposed, where memory did not suffice for it.
    """

    source: Source
    name: str | None = None
    file: str | None = None
    line: int | None = None
    key: str | None = None
    range_of: str | None = None
    proposed: "Setting | None" = None


@dataclass(frozen=True)
class Setting:
    """One setting of a trial.

    Attributes:
        name: Its dotted name.
        value: Its value, fit for JSON.
        origin: Where that came from.
    """

    name: str
    value: Any
    origin: Origin


@dataclass(frozen=True)
class _Placed:
    """A value with its origin, which `merged` does not look at."""

    value: Any
    origin: Origin = field(compare=False)


@dataclass(frozen=True)
class _Document:
    """A file of the study, or what the database has of it.

    Attributes:
        data: What it says.
        file: It as it was read; None where it is not known.
    """

    data: Mapping[str, Any]
    file: WrittenFile | None = None

    def origin(self, source: Source, name: str | None, path: FieldPath) -> Origin:
        """What this document says at a path."""
        if self.file is None:
            return Origin(source, name, key=field_name(path))
        return Origin(source, name, self.file.path, self.file.line(path), field_name(path))

    def layer(self, source: Source, name: str | None, section: FieldPath) -> dict[str, Any]:
        """The settings of a section, by their fields, each with its place."""
        found: Any = self.data
        for key in section:
            found = found.get(key) or {}
        return nested(_placed(found, lambda path: self.origin(source, name, (*section, *path))))


def _placed(
    settings: Mapping[str, Any], origin: Callable[[FieldPath], Origin], above: FieldPath = ()
) -> dict[str, Any]:
    """Settings as a file has them, each value with its origin, which is asked by its path."""
    return {
        key: _placed(value, origin, (*above, key))
        if isinstance(value, Mapping)
        else _Placed(value, origin((*above, key)))
        for key, value in settings.items()
    }


def configuration(run: TrialRow) -> dict[tuple[str, ...], Any]:
    """Every setting of a trial; what its version did not know yet has its default.

    Where this version cannot read them, they are as they were stored.
    """
    try:
        return flat(config_of(run).model_dump(mode="json"))
    except DatabaseError:
        return flat(run.config)


def settings_of(
    study: StudyRow, trial: TrialRow, written: Written | None, past: Iterable[PastTrial]
) -> list[Setting]:
    """Every setting of a trial with its origin, in the order of ``TrainConfig``.

    Args:
        study: Its study, as stored.
        trial: The trial.
        written: The study's files as they were when it was proposed; None where they are not known: then
            what the study says now is asked, and no file is named.
        past: All trials of the study.
    """
    documents = _Documents(study, written)
    nothing: dict[str, Any] = {}
    tree = reduce(merged, documents.layers(trial, documents.enqueued(trial, past)), nothing)
    found = {path: (value, _origin_at(tree, path)) for path, value in configuration(trial).items()}
    if trial.halvings:
        now, before = found["accumulation",]
        proposed = Setting("accumulation", now // 2**trial.halvings, before)
        found["accumulation",] = now, Origin("memory", proposed=proposed)
    return [Setting(".".join(path), value, origin) for path, (value, origin) in found.items()]


def _origin_at(tree: Mapping[str, Any], path: Sequence[str]) -> Origin:
    """What set the value at a path, or the group that holds it."""
    found: Any = tree
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else found
    return found.origin if isinstance(found, _Placed) else Origin("default")


class _Documents:
    """What gives the settings of the trials of a study.

    Args:
        study: The study, as stored.
        written: Its files, if they are known.
    """

    def __init__(self, study: StudyRow, written: Written | None) -> None:
        self._row = study
        self._confirms = written.confirms if written else None
        self._study = _Document(study.study)
        self._workloads = [_Document(study.workload)]
        if written is not None:
            self._study = _Document(written.study.data, written.study)
            self._workloads = [_Document(file.data, file) for file in written.workloads]

    def layers(self, trial: TrialRow, enqueued: int | None) -> Iterator[dict[str, Any]]:
        """All that sets a field of a trial, the weakest first."""
        for document in reversed(self._workloads):
            yield document.layer("workload", document.data["name"], ("train",))
        yield self._study.layer("base", None, ("base",))
        if self._confirms is None:
            yield self._study.layer("arm", trial.arm, ("arms", trial.arm))
        else:
            known, confirmed = self._study.data.get("base") or {}, Origin("confirm", self._confirms)
            added = {key: value for key, value in self._row.study["base"].items() if key not in known}
            for settings in (added, self._row.study["arms"][trial.arm]):
                yield nested(_placed(settings, lambda path: confirmed))
        yield nested(
            {key: self._drawn(trial.arm, key, value, enqueued) for key, value in trial.params.items()}
        )
        yield {"seed": _Placed(trial.seed, self._seed(trial))}

    def enqueued(self, trial: TrialRow, past: Iterable[PastTrial]) -> int | None:
        """Place of the entry of the queue that a trial has, as `search.propose` hands them out."""
        earlier = {
            one.configuration: one.params
            for one in past
            if one.arm == trial.arm and one.configuration < trial.configuration
        }
        space = self._spaces.get(trial.arm)
        queue = self._queue if space is None else [space.part(entry) for entry in self._queue]
        # One that has values, none of them this arm's, is none for it.
        waiting = {at: part for at, part in enumerate(queue) if part or not self._queue[at]}
        for _, params in sorted(earlier.items()):
            had = _first(waiting, params)
            if had is not None:
                del waiting[had]
        return _first(waiting, trial.params)

    @cached_property
    def _spaces(self) -> Mapping[str, ArmSpace]:
        """What varies in each arm, where not all varies everywhere."""
        try:
            spaces = stored_study(self._row).spaces
        except DatabaseError:
            return {}
        return {} if all(space.plain for space in spaces.values()) else spaces

    @property
    def _queue(self) -> list[Mapping[str, Value]]:
        """What the file enqueues, and what was taken over from earlier studies when this one began."""
        warm = self._row.study.get("warm_start") or {}
        return [*(self._study.data.get("enqueue") or ()), *(warm.get("configurations") or ())]

    def _drawn(self, arm: str, key: str, value: Value, enqueued: int | None) -> _Placed:
        if enqueued is not None and key in self._queue[enqueued]:
            if enqueued < len(self._study.data.get("enqueue") or ()):
                return _Placed(value, self._study.origin("enqueue", None, ("enqueue", enqueued, key)))
            earlier = ", ".join(self._row.study["warm_start"]["studies"])
            return _Placed(value, self._study.origin("warm_start", earlier, ("warm_start",)))
        sampler = self._row.study.get("sampler", {}).get("name")
        own = (
            (self._study.data["arms"].get(arm) or {}).get("space") or {}
            if self._study.data.get("arms")
            else {}
        )
        section: FieldPath = ("arms", arm, "space") if key in own else ("space",)
        entry = (own if key in own else self._study.data.get("space") or {}).get(key)
        entry = entry.get("values") if isinstance(entry, Mapping) and "values" in entry else entry
        # In studies begun before there were `ranges`, entries of the workload took the place of the study's.
        forced = {field_path(name): entry for name, entry in self._row.workload.get("space", {}).items()}
        if entry == WORKLOAD or field_path(key) in forced:
            return _Placed(value, self._recommended(key, sampler, forced.get(field_path(key))))
        return _Placed(value, self._study.origin("space", sampler, (*section, key)))

    def _recommended(self, key: str, sampler: str | None, recorded: Any) -> Origin:
        """The workload's range for a key of the space; one that is recorded must be what its line says."""
        for document in self._workloads:
            for section in ("ranges", "space"):
                for name, entry in (document.data.get(section) or {}).items():
                    if field_path(name) != field_path(key) or recorded not in (None, _stored(name, entry)):
                        continue
                    origin = document.origin("space", sampler, (section, name))
                    return replace(origin, range_of=document.data["name"])
        return Origin("space", sampler, range_of=self._row.workload["name"])

    def _seed(self, trial: TrialRow) -> Origin:
        if self._confirms is not None:
            return Origin("confirm", self._confirms)
        seeds = self._study.data.get("seeds") or ()
        if trial.seed in seeds:
            return self._study.origin("seeds", None, ("seeds", seeds.index(trial.seed)))
        return Origin("default")


def _stored(key: str, entry: Any) -> Any:
    """A range as the database has it; None where this version cannot read it."""
    try:
        return TypeAdapter(Any).dump_python(parse_entry(key, entry), mode="json")
    except FieldError:
        return None


def _first(waiting: Mapping[int, Mapping[str, Value]], params: Mapping[str, Value]) -> int | None:
    """The first entry of `enqueue` that a configuration has."""
    for at, entry in waiting.items():
        if all(key in params and params[key] == value for key, value in entry.items()):
            return at
    return None
