"""Settings as study files write them: dotted fields of TrainConfig, nested objects, other names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from model.config import TrainConfig
from model.config.trainers import settings_in_force
from model.earlier import SWITCH, precision_of
from model.options import OptionsOf

Of = TypeVar("Of")

SHORT_NAMES = {
    "sst_head": "tasks.sst.head",
    "paraphrase_head": "tasks.para.head",
    "sts_head": "tasks.sts.head",
    "sts_loss": "tasks.sts.loss",
}
"""The paper's names, and the fields that they stand for."""

EARLIER_NAMES = {SWITCH: "precision"}
"""What fields were called before; files and records that say so mean what they meant."""


_OTHER_NAMES = SHORT_NAMES | EARLIER_NAMES


def field_path(key: str) -> tuple[str, ...]:
    """The field that a key names, for example ``("tasks", "sts", "head")`` for ``sts_head``."""
    return tuple(_OTHER_NAMES.get(key, key).split("."))


def declared(key: str) -> FieldInfo | None:
    """What a value of a key is declared to be; None where it names no field."""
    return FieldInfo(annotation=bool) if key == SWITCH else setting_at(field_path(key))


@dataclass(frozen=True)
class Leaf:
    """One setting of a nested mapping.

    Attributes:
        path: The field of TrainConfig.
        written: The keys that lead to it in the file.
        value: Its value.
    """

    path: tuple[str, ...]
    written: tuple[str, ...]
    value: Any


def leaves(settings: Mapping[str, Any]) -> Iterator[Leaf]:
    """Every setting of a mapping whose keys are dotted, nested or short."""
    for key, value in settings.items():
        yield from _leaves(value, field_path(key), (key,))


def _leaves(value: Any, path: tuple[str, ...], written: tuple[str, ...]) -> Iterator[Leaf]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, (*path, *str(key).split(".")), (*written, str(key)))
    else:
        yield Leaf(path, written, value)


def flat(settings: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Every value of nested mappings, by the keys that lead to it; an empty mapping is a value."""
    found: dict[tuple[str, ...], Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            found |= {(key, *path): below for path, below in flat(value).items()}
        else:
            found[key,] = value
    return found


def overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two paths name the same field, or one names a group that holds the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


class Paths(Generic[Of]):
    """A mapping from paths to things that finds what overlaps another path without looking at all of them."""

    def __init__(self, things: Iterable[tuple[tuple[str, ...], Of]] = ()) -> None:
        self._at: dict[tuple[str, ...], Of] = {}
        self._below: dict[tuple[str, ...], Of] = {}
        for path, thing in things:
            self.add(path, thing)

    def add(self, path: tuple[str, ...], thing: Of) -> None:
        """Puts a thing at a path."""
        self._at.setdefault(path, thing)
        for length in range(len(path)):
            self._below.setdefault(path[:length], thing)

    def overlapping(self, path: tuple[str, ...]) -> Of | None:
        """What is at a path that overlaps this one (see `overlap`); the first added, if one is below it."""
        above = (self._at[path[:length]] for length in range(len(path) + 1) if path[:length] in self._at)
        return next(above, self._below.get(path))


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings with every dotted, short or earlier key unfolded into nested mappings."""
    read = {key: precision_of(value) if key == SWITCH else value for key, value in settings.items()}
    return _unfolded((field_path(key), value) for key, value in read.items())


def _unfolded(settings: Iterable[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for (*groups, name), value in settings:
        below = value.items() if isinstance(value, Mapping) else None
        unfolded = {
            name: value if below is None else _unfolded((tuple(key.split(".")), one) for key, one in below)
        }
        for group in reversed(groups):
            unfolded = {group: unfolded}
        _merge(result, unfolded)
    return result


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two nested mappings in one; where both set a field, `over` wins.

    A mapping whose `kind` differs from the one beneath replaces it whole: a source of another kind has
    other fields.
    """
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and _same_kind(below, value):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


def _merge(under: dict[str, Any], over: Mapping[str, Any]) -> None:
    """As `merged`, but in place: a copy for each key of many would take long."""
    for key, value in over.items():
        below = under.get(key)
        if isinstance(value, Mapping) and isinstance(below, dict) and _same_kind(below, value):
            _merge(below, value)
        else:
            under[key] = value


def _same_kind(under: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    # A task has a kind too: without a source of its own the one above is a part of it.
    part = "source" in under and "source" not in over
    return part or "kind" not in over or "kind" not in under or over["kind"] == under["kind"]


def field_at(model: type[BaseModel], path: tuple[str | int, ...]) -> FieldInfo | None:
    """The declaration of the field at `path` under `model`, or None where there is no such field."""
    field: FieldInfo | None = FieldInfo(annotation=model)
    for name in path:
        if field is None:
            return None
        own = options_of(field)
        field = _child(field.annotation, name) if own is None else own.declared(name)
    return field


def setting_at(path: tuple[str | int, ...]) -> FieldInfo | None:
    """The declaration of a setting of the trainer in force, else of ours, of which workloads have some."""
    return field_at(settings_in_force(), path) or field_at(TrainConfig, path)


def options_of(field: FieldInfo) -> OptionsOf | None:
    """What a field says of options of own code; None of any other field."""
    return next((mark for mark in field.metadata if isinstance(mark, OptionsOf)), None)


def names_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Names of the fields under `path`; none where it is a single value."""
    field = field_at(model, path)
    if field is None:
        return []
    if (own := options_of(field)) is not None:
        return own.option_names()
    return [name for member in members(field.annotation) for name in getattr(member, "model_fields", ())]


def setting_names(path: tuple[str | int, ...]) -> list[str]:
    """Names that may stand under `path` in a mapping of settings; dotted and short ones at its top."""
    names = names_at(settings_in_force(), path)
    if path:
        return names
    dotted = [f"{name}.{below}" for name in names for below in names_at(settings_in_force(), (name,))]
    return [name for name in names if name not in ("seed", "tasks", "trainer")] + list(SHORT_NAMES) + dotted


def _child(annotation: Any, name: str | int) -> FieldInfo | None:
    for member in members(annotation):
        if name in getattr(member, "model_fields", ()):
            found: FieldInfo = member.model_fields[name]
            return found
        if get_origin(member) is dict:
            return FieldInfo(annotation=get_args(member)[1])
        if get_origin(member) is tuple and isinstance(name, int):
            return FieldInfo(annotation=get_args(member)[0])
    return None


def members(annotation: Any) -> tuple[Any, ...]:
    """The types that an annotation allows, without what is annotated: those of a union, or itself."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(member for each in get_args(annotation) for member in members(each))
    return (annotation,)
