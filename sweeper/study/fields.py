"""The types of what stands in study and workload files alike: names, settings, the entries of a space."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from ..errors import InputError
from ..paths import check_name
from .entry import parse_entry
from .problem import FieldError, FieldPath
from .settings import Leaf, Paths, leaves

OWN = "space"
"""Under this key of an arm stands what varies in that arm alone."""


def _safe_name(name: str) -> str:
    if "/" in name:
        raise ValueError("is a path: a name must stand here")
    try:
        return check_name(name, "the")
    except InputError as error:
        raise ValueError(str(error)) from None


def _check_settings(settings: dict[str, Any]) -> dict[str, Any]:
    seen: Paths[Leaf] = Paths()
    for leaf in leaves(settings):
        if leaf.path[0] == "seed":
            raise FieldError(leaf.written, "is set by `seeds` at the top of a study file")
        for below, value in _values(leaf.value):
            if isinstance(value, float) and not math.isfinite(value):
                raise FieldError((*leaf.written, *below), "must be a finite number", value)
        if other := seen.overlapping(leaf.path):
            raise FieldError(leaf.written, f"sets the same field as {'.'.join(other.written)}")
        seen.add(leaf.path, leaf)
    return settings


def _values(value: Any) -> Iterator[tuple[FieldPath, Any]]:
    """The single values of a setting, each with its positions in the lists that hold it."""
    if not isinstance(value, list | tuple):
        yield (), value
        return
    for position, one in enumerate(value):
        for below, single in _values(one):
            yield (position, *below), single


def _check_arm(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of an arm, with the entries of its own `space` read."""
    own = settings.get(OWN, {})
    if not isinstance(own, Mapping):
        raise FieldError((OWN,), "must be a mapping of settings to what they may be", own)
    try:
        entries = parse_space(own)
    except FieldError as error:
        raise FieldError((OWN, *error.path), error.reason, error.value) from None
    rest = _check_trial_settings({key: value for key, value in settings.items() if key != OWN})
    return {**rest, OWN: entries} if entries else rest


def _check_trial_settings(settings: dict[str, Any]) -> dict[str, Any]:
    if "tasks" in settings:
        raise FieldError(("tasks",), "belongs to the workload; name one field, for example tasks.sts.loss")
    return _check_settings(settings)


def distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A list in which nothing stands twice.

    Raises:
        FieldError: If something does; its path is the position.
    """
    seen: set[Any] = set()
    for position, value in enumerate(values):
        if value in seen:
            raise FieldError((position,), "stands in the list twice", value)
        seen.add(value)
    return values


def parse_space(written: Any) -> Any:
    """Reads the entries of a `space`; what is no mapping is left for the model to refuse.

    Raises:
        FieldError: If a key is no single setting, or an entry does not fit it.
    """
    if not isinstance(written, Mapping):
        return written
    entries: dict[str, Any] = {}
    for key, entry in _check_trial_settings(dict(written)).items():
        try:
            entries[key] = parse_entry(key, entry)
        except FieldError as error:
            raise FieldError((key, *error.path), error.reason, error.value) from None
    return entries


def parse_ranges(written: Any) -> Any:
    """Reads the entries of a workload's `ranges`, as `parse_space`; conditions and `WORKLOAD` are refused."""
    for key, entry in written.items() if isinstance(written, Mapping) else ():
        if isinstance(entry, Mapping) and "when" in entry:
            raise FieldError((key, "when"), "stands in a study's `space` alone: leave it out")
        if not isinstance(entry, Mapping | list | tuple | BaseModel):
            raise FieldError((key,), "must be a list of choices or a mapping with low and high", entry)
    return parse_space(written)


Name = Annotated[str, AfterValidator(_safe_name)]


WorkloadSettings = Annotated[dict[str, Any], AfterValidator(_check_settings)]


Settings = Annotated[dict[str, Any], AfterValidator(_check_trial_settings)]


OwnTrainer = Annotated[str, Field(min_length=1)] | None


Plugins = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(distinct)]


ArmSettings = Annotated[dict[str, Any], AfterValidator(_check_arm)]


Seed = Annotated[int, Field(ge=0, lt=2**32)]
